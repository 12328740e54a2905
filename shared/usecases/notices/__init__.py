"""Notify people about limits."""
