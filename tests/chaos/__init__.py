"""Faults under load: what is acknowledged must be stored, once, and counted."""
