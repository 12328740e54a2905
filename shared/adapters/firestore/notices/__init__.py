"""Firestore documents of notices."""
