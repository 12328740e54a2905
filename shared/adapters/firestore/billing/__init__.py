"""Firestore documents of billing."""
