"""Golden tests call the functions, loaded as in tests/http."""

from tests.http.conftest import clock, functions, functions_on_firestore, key, set_up

__all__ = ["clock", "functions", "functions_on_firestore", "key", "set_up"]
