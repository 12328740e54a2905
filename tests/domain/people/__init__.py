"""Tests of shared/domain/people."""
