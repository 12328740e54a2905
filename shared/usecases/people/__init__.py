"""Let keys and members in, and manage them."""
