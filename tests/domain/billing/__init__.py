"""Tests of shared/domain/billing."""
