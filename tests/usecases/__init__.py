"""Tests of the use cases: what they do to a store, whatever happens in between."""
