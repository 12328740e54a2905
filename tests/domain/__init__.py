"""Tests of the pure rules in shared/domain."""
