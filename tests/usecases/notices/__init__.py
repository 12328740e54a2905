"""Tests of shared/usecases/notices."""
