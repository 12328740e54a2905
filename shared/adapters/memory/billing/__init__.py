"""The in-memory part of billing."""
