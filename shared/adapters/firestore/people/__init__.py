"""Firestore documents of people."""
