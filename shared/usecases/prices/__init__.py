"""What the platform itself pays: its own prices, before the catalog."""
