"""Watch the service itself."""
