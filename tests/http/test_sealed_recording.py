"""Sealed batches over HTTP: recorded once, acknowledged when repeated, found by their ids."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.metering.sealed_ids import SealedId, batch_of_key
from tests.http.serving import Clock, Functions, bearer, refused, succeeded
from tests.sample_batches import BATCH_ID, PRODUCER

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


def test_other_events_under_the_ids_of_a_batch_are_conflicts_and_the_first_stand(
    functions: Functions, key: str
) -> None:
    send(functions, key, sealed(CALL, CALL))
    cut_again = sealed(CALL, {**CALL, "run_id": "run-2"}, CALL)
    again = succeeded(send(functions, key, cut_again))
    assert (again["accepted"], again["duplicates"]) == (0, 1)
    assert [(each["index"], each["code"]) for each in again["rejected"]] == [
        (1, "id_conflict"),
        (2, "id_conflict"),
    ]
    assert calls_counted(functions, key) == 2


def test_only_other_events_are_refused(functions: Functions, key: str) -> None:
    send(functions, key, sealed(CALL))
    document = refused(send(functions, key, sealed({**CALL, "provider": "mistral"})), 422)
    assert [each["code"] for each in document["errors"]] == ["id_conflict"]
    assert calls_counted(functions, key) == 1


def test_a_bad_event_of_a_batch_loses_none_of_the_others_and_stays_rejected(
    functions: Functions, key: str, clock: Clock
) -> None:
    early = {**CALL, "ts": (clock.now + timedelta(minutes=11)).isoformat()}
    batch = sealed(CALL, BAD, early, CALL)
    first = succeeded(send(functions, key, batch))
    assert (first["accepted"], first["ids"]) == (2, [batch[0]["id"], batch[3]["id"]])
    rejected = [(each["index"], each["field"], each["code"]) for each in first["rejected"]]
    assert rejected == [(1, "model", "missing"), (2, "ts", "ts_in_future")]
    again = succeeded(send(functions, key, batch))
    assert (again["duplicates"], again["rejected"]) == (2, first["rejected"])
    clock.now += timedelta(minutes=5)
    later = succeeded(send(functions, key, batch))
    assert (later["accepted"], later["duplicates"], later["ids"]) == (0, 2, first["ids"])
    assert [(each["index"], each["field"], each["code"]) for each in later["rejected"]] == rejected
    assert later["rejected"][1]["message"] == "ts: rejected as ts_in_future when the batch was recorded"
    assert calls_counted(functions, key) == 2


def test_a_batch_is_known_again_when_all_of_it_is_too_old(
    functions: Functions, key: str, clock: Clock
) -> None:
    batch = sealed({**CALL, "ts": clock.now.isoformat()}, {**CALL, "ts": clock.now.isoformat()})
    first = succeeded(send(functions, key, batch))
    clock.now += timedelta(days=36)
    again = succeeded(send(functions, key, batch))
    assert (again["accepted"], again["duplicates"], again["ids"]) == (0, 2, first["ids"])


def test_a_batch_is_known_again_when_its_events_without_a_time_would_now_be_too_far_from_the_others(
    functions: Functions, key: str, clock: Clock
) -> None:
    batch = sealed({**CALL, "ts": clock.now.isoformat()}, CALL)
    send(functions, key, batch)
    clock.now += timedelta(days=2)
    assert succeeded(send(functions, key, batch))["duplicates"] == 2


def test_nothing_is_stored_of_a_batch_without_a_valid_event(
    functions: Functions, key: str, clock: Clock
) -> None:
    early = {**CALL, "ts": (clock.now + timedelta(minutes=11)).isoformat()}
    refused(send(functions, key, sealed(early, BAD)), 422)
    clock.now += timedelta(minutes=5)
    assert succeeded(send(functions, key, sealed(early, BAD)))["accepted"] == 1


def test_a_malformed_event_takes_its_place_in_the_batch(functions: Functions, key: str) -> None:
    first, _, third = (json.dumps(event) for event in sealed(CALL, CALL, CALL))
    body = f'[{first}, {{"id": nonsense}}, {third}]'
    for counts in ((2, 0), (0, 2)):
        answer = functions.record_usage.post(
            "/v1/events", data=body, content_type="application/json", headers=bearer(key)
        )
        content = succeeded(answer)
        assert (content["accepted"], content["duplicates"]) == counts
        assert [(each["index"], each["code"]) for each in content["rejected"]] == [(1, "malformed_json")]


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        ([*sealed(CALL), {**CALL, "id": "own"}], "mixed_ids"),
        ([*sealed(CALL), *sealed(CALL, CALL, batch=f"{PRODUCER}.8")[1:]], "mixed_batches"),
        (sealed(CALL, CALL)[::-1], "out_of_order"),
        (sealed(CALL, batch=f"{PRODUCER}.{2**70}"), "invalid_sealed_id"),
        (sealed(CALL, batch=batch_of_key("a-key")), "invalid_sealed_id"),
        (
            sealed({**CALL, "ts": "2026-11-20T12:00:00Z"}, {**CALL, "ts": "2026-11-19T11:59:59Z"}),
            "batch_too_wide",
        ),
    ],
)
def test_what_is_no_batch_is_refused_whole(
    batch: list[dict[str, Any]], code: str, functions: Functions, key: str
) -> None:
    document = refused(send(functions, key, batch), 422, code)
    assert [each["code"] for each in document["errors"]] == [code]
    assert calls_counted(functions, key) == 0


def test_501_events_are_refused(functions: Functions, key: str) -> None:
    refused(send(functions, key, sealed(*[CALL] * 501)), 413, "too_many_events")


def test_a_body_that_unpacks_to_20_mib_is_refused(functions: Functions, key: str) -> None:
    body = gzip.compress(json.dumps(sealed({**CALL, "metadata": {"text": "x" * 20 * 1024 * 1024}})).encode())
    answer = functions.record_usage.post(
        "/v1/events",
        data=body,
        content_type="application/json",
        headers={**bearer(key), "Content-Encoding": "gzip"},
    )
    refused(answer, 413, "unpacked_too_large")
    assert calls_counted(functions, key) == 0
