"""The use cases, one verb per module. They receive their ports as arguments."""
