"""Tests of shared/usecases/billing."""
