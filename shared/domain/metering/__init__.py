"""Metering events: their validation, and the amounts they add to usage."""
