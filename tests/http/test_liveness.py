"""Every function says that it is alive, also while its store is away."""

import pytest

from tests.http.serving import Functions


@pytest.mark.parametrize("name", ["record_usage", "usage_api", "stripe_webhook", "aggregate"])
def test_a_function_is_alive_without_a_store(
    name: str, functions_on_firestore: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef")
    away = functions_on_firestore.another()
    answer = getattr(away, name).get("/")
    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ok"}
