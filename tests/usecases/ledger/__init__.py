"""Tests of shared/usecases/ledger."""
