"""Tell people about limits."""
