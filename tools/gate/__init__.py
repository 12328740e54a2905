"""Checks of a whole installation: each does something, looks at what comes of it, and is a row of a table."""
