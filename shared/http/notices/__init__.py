"""The routes of alerts."""
