"""Golden behaviours are shown on the functions themselves, as the tests of tests/functions load them."""

from tests.http.conftest import clock, functions, functions_on_firestore, key, set_up

__all__ = ["clock", "functions", "functions_on_firestore", "key", "set_up"]
