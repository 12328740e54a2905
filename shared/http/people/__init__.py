"""The routes of members, keys and the audit log."""
