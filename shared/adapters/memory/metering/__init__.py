"""The in-memory part of metering."""
