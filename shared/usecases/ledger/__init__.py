"""Fold usage, and read it."""
