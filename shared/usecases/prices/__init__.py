"""The prices that this platform really pays, and a newer catalog."""
