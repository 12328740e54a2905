"""Sealed batches over HTTP: recorded once, told when repeated, found by their ids."""

from typing import Any

from shared.domain.metering.sealed_ids import SealedId
from tests.http.serving import Functions, bearer, refused, succeeded
from tests.sample_batches import BATCH_ID

CALL = {
    "category": "llm",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "run_id": "run-1",
    "tokens": {"input_tokens": 100, "output_tokens": 20},
}
BAD = {"category": "llm", "provider": "openai"}


def sealed(*events: dict[str, Any], batch: str = BATCH_ID) -> list[dict[str, Any]]:
    """Return events under the ids of a batch."""
    return [{**event, "id": SealedId(batch, number).text} for number, event in enumerate(events)]


def send(functions: Functions, key: str, body: object, **headers: str) -> Any:
    return functions.record_usage.post("/v1/events", json=body, headers={**bearer(key), **headers})


def calls_counted(functions: Functions, key: str) -> Any:
    return functions.usage(key)["total_llm_calls"]


def test_a_batch_is_recorded_once_however_often_it_is_sent(functions: Functions, key: str) -> None:
    batch = sealed(CALL, CALL, CALL)
    first = succeeded(send(functions, key, batch))
    assert (first["accepted"], first["duplicates"]) == (3, 0)
    assert first["ids"] == [event["id"] for event in batch]
    for _ in range(2):
        again = succeeded(send(functions, key, {"events": batch}))
        assert (again["accepted"], again["duplicates"], again["ids"]) == (0, 3, first["ids"])
    assert calls_counted(functions, key) == 3


def test_an_event_of_a_batch_is_read_by_its_id(functions: Functions, key: str) -> None:
    batch = sealed({**CALL, "metadata": {"step": "search"}}, CALL)
    send(functions, key, batch)
    answer = functions.usage_api.get(f"/api/v1/tenants/acme/events/{batch[0]['id']}", headers=bearer(key))
    event = succeeded(answer)
    assert (event["id"], event["metadata"]) == (batch[0]["id"], {"step": "search"})
    beyond = SealedId(BATCH_ID, 2).text
    refused(functions.usage_api.get(f"/api/v1/tenants/acme/events/{beyond}", headers=bearer(key)), 404)
