"""Routes of members, invitations, API keys and the audit log."""
