"""Tests of shared/usecases/metering."""
