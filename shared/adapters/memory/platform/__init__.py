"""The in-memory part of the service itself."""
