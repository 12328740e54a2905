"""Tests of shared/domain/prices."""
