"""Counters, days and months by the UTC calendar, and how usage is read from them."""
