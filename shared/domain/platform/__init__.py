"""The service itself, as its operator sees it."""
