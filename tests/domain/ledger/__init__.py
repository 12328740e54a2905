"""Tests of shared/domain/ledger."""
