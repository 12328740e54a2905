"""Tests of shared/usecases/limits."""
