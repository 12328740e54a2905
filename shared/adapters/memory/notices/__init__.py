"""Notices on dictionaries."""
