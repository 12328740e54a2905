"""Tests of shared/domain/metering."""
