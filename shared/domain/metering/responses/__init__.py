"""A provider's raw response: its formats, and how its usage is read so that nothing is left out unsaid."""
