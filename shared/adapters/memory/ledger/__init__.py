"""The in-memory part of ledger."""
