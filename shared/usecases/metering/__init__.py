"""Record events."""
