"""Firestore documents of metering."""
