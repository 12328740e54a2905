"""Tests of shared/usecases/prices."""
