"""The routes that record."""
