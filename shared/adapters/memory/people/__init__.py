"""The in-memory part of people."""
