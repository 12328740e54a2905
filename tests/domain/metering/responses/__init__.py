"""Tests of reading responses."""
