"""Tenants, keys and members."""
