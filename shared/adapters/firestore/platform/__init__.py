"""Firestore documents of the service itself."""
