"""Tests of shared/domain/notices."""
