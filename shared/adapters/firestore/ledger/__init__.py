"""Firestore documents of ledger."""
