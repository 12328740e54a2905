"""Tests of the running product: every process is the one that developers and production start."""
