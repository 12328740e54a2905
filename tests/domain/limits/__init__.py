"""Tests of shared/domain/limits."""
