"""Tests of shared/usecases/people."""
