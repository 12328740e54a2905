"""The platform's plans in memory."""
