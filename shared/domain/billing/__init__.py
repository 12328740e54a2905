"""Subscriptions, invoices and what they grant."""
