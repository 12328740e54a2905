"""Recording over HTTP: every accepted shape, duplicates, conflicts, and batches with invalid events."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.http.serving import Clock, Functions, bearer, refused, succeeded

SHAPES = json.loads(Path(__file__).with_name("cases").joinpath("accepted_shapes.json").read_text("utf-8"))
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
BAD = {"category": "llm", "provider": "openai"}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in SHAPES])
def test_every_accepted_shape_is_recorded(case: dict[str, Any], functions: Functions, key: str) -> None:
    answer = functions.record_usage.post(
        "/v1/events",
        data=json.dumps(case["body"]),
        content_type=case["type"],
        headers={**bearer(key), **case.get("headers", {})},
    )
    assert succeeded(answer) == {
        "accepted": len(case["ids"]),
        "duplicates": 0,
        "rejected": [],
        "truncated": False,
        "ids": case["ids"],
        "status": None,
        "run": None,
        "redacted": 0,
        "metering_enabled": True,
    }
    assert {event["id"] for event in functions.events(key)} == set(case["ids"])


@pytest.mark.parametrize("envelope", ["structured", "binary"])
def test_the_time_of_a_cloudevent_is_the_events_time(envelope: str, functions: Functions, key: str) -> None:
    attributes = {
        "specversion": "1.0",
        "id": "1",
        "source": "s",
        "type": "t",
        "time": "2026-11-20T09:30:00+01:00",
    }
    if envelope == "binary":
        headers = {f"ce-{name}": value for name, value in attributes.items()}
        answer = functions.record_usage.post("/v1/events", json=CALL, headers={**bearer(key), **headers})
    else:
        body = json.dumps({**attributes, "data": CALL})
        answer = functions.record_usage.post(
            "/v1/events", data=body, content_type="application/cloudevents+json", headers=bearer(key)
        )
    succeeded(answer)
    assert [event["ts"] for event in functions.events(key)] == ["2026-11-20T08:30:00Z"]


def test_the_same_id_from_two_sources_is_two_events(functions: Functions, key: str) -> None:
    events = [
        {"specversion": "1.0", "id": "1", "source": source, "type": "t", "data": CALL}
        for source in ("a", "b")
    ]
    answer = functions.record_usage.post(
        "/v1/events",
        data=json.dumps(events),
        content_type="application/cloudevents-batch+json",
        headers=bearer(key),
    )
    assert succeeded(answer)["accepted"] == 2


def test_an_event_without_an_id_and_a_time_gets_a_random_id_and_the_current_time(
    functions: Functions, clock: Clock, key: str
) -> None:
    first, second = functions.record(key, CALL, CALL)["ids"]
    assert UUID(first) != UUID(second)
    assert {datetime.fromisoformat(event["ts"]) for event in functions.events(key)} == {clock.now}


def test_a_repeated_request_counts_once(functions: Functions, key: str) -> None:
    events = [{**CALL, "id": "a"}, {**CALL, "id": "b"}]
    assert functions.record(key, *events)["accepted"] == 2
    again = functions.record(key, *events)
    assert (again["accepted"], again["duplicates"], again["ids"]) == (0, 2, ["a", "b"])
    assert functions.usage(key)["total_llm_calls"] == 2


def test_an_id_repeated_within_a_request_counts_once(functions: Functions, key: str) -> None:
    answer = functions.record(key, *[{**CALL, "id": "a"}] * 3, {**CALL, "id": "b"})
    assert (answer["accepted"], answer["duplicates"]) == (2, 2)
    assert answer["ids"] == ["a", "a", "a", "b"]


def test_a_conflict_is_reported_and_the_first_event_is_kept(functions: Functions, key: str) -> None:
    functions.record(key, {**CALL, "id": "a", "latency_ms": 100})
    answer = functions.record(
        key, {**CALL, "id": "a", "latency_ms": 900}, {**CALL, "id": "b", "latency_ms": 50}
    )
    assert (answer["accepted"], answer["ids"]) == (1, ["b"])
    (conflict,) = answer["rejected"]
    assert (conflict["index"], conflict["field"], conflict["code"]) == (0, "id", "id_conflict")
    assert "'a'" in conflict["message"]
    assert functions.usage(key)["total_latency_ms"] == 100 + 50


def test_a_batch_of_conflicts_only_is_refused(functions: Functions, key: str) -> None:
    functions.record(key, {**CALL, "id": "a"})
    document = refused(functions.post_events(key, {**CALL, "id": "a", "latency_ms": 9}), 422)
    assert [problem["code"] for problem in document["errors"]] == ["id_conflict"]


def test_the_valid_events_of_a_batch_are_recorded(functions: Functions, key: str) -> None:
    answer = functions.record(key, BAD, {**CALL, "id": "a"}, {**CALL, "ts": "never"}, {**CALL, "id": "b"})
    assert (answer["accepted"], answer["ids"]) == (2, ["a", "b"])
    assert [(problem["index"], problem["field"]) for problem in answer["rejected"]] == [
        (0, "model"),
        (2, "ts"),
    ]


def test_every_problem_of_an_event_is_reported(functions: Functions, key: str) -> None:
    document = refused(functions.post_events(key, {"provider": "", "tokens": 5}), 422)
    problems = {(problem["index"], problem["field"]) for problem in document["errors"]}
    assert problems == {(0, "category"), (0, "provider"), (0, "model"), (0, "tokens")}


def test_an_event_of_another_tenant_is_refused_by_its_index(functions: Functions, key: str) -> None:
    answer = functions.record(key, {**CALL, "tenant_id": "globex"}, {**CALL, "tenant_id": "acme", "id": "a"})
    assert answer["ids"] == ["a"]
    assert [(problem["index"], problem["code"]) for problem in answer["rejected"]] == [(0, "tenant_mismatch")]


def test_the_oldest_and_the_latest_accepted_time(functions: Functions, clock: Clock, key: str) -> None:
    edges = [clock.now - timedelta(days=35), clock.now + timedelta(minutes=10)]
    answer = functions.record(key, *({**CALL, "ts": edge.isoformat()} for edge in edges))
    assert answer["accepted"] == 2


def test_the_status_is_returned_if_requested(functions: Functions, key: str) -> None:
    event = {**CALL, "run_id": "run-1", "tokens": {"total_tokens": 125_000}}
    answer = succeeded(functions.post_events(key, event, "/v1/events?status=true"))
    assert answer["status"] == {
        "plan": "starter",
        "token_usage_percent": 25.0,
        "run_usage_percent": 1.0,
        "soft_limit_reached": False,
        "hard_limit_reached": False,
        "tokens_used": 125_000,
        "runs_used": 1,
        "tokens_remaining": 500_000 - 125_000,
        "runs_remaining": 100 - 1,
        "tokens_held": 0,
        "period_start": "2026-11-01T00:00:00Z",
        "period_resets_at": "2026-12-01T00:00:00Z",
        "cost_used_usd": "0.00",
        "cost_held_usd": "0.00",
        "cost_limit_usd": None,
        "cost_remaining_usd": None,
        "cost_usage_percent": None,
        "cost_is_complete": False,
    }


def test_the_status_is_not_read_unless_requested(functions: Functions, key: str) -> None:
    assert succeeded(functions.post_events(key, CALL, "/v1/events?status=false"))["status"] is None


def test_usage_beyond_the_limit_is_still_recorded(functions: Functions, key: str) -> None:
    event = {**CALL, "tokens": {"total_tokens": 900_000}}
    answer = succeeded(functions.post_events(key, event, "/v1/events?status=true"))
    assert answer["accepted"] == 1
    assert answer["status"]["hard_limit_reached"] is True
    assert answer["status"]["token_usage_percent"] == 180.0


def test_a_providers_response_is_read(functions: Functions, key: str) -> None:
    usage = {"input_tokens": 100, "cache_read_input_tokens": 40, "output_tokens": 20}
    event = {
        **CALL,
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "response": {"type": "message", "usage": usage},
    }
    functions.record(key, event)
    (stored,) = functions.events(key)
    assert stored["tokens"]["input_tokens"] == 100 + 40
    assert stored["tokens"]["total_tokens"] == 100 + 40 + 20
    assert stored["tokens"]["cache_read_tokens"] == 40


def test_an_event_is_a_duplicate_of_what_was_sent_not_of_what_is_stored(
    functions: Functions, key: str
) -> None:
    event = {"id": "call-1", "category": "tool", "provider": "github", "model": "read-diff"}
    one, other = ({**event, "metadata": {"password": password}} for password in ("hunter2", "hunter3"))
    first = functions.record(key, one, {**event, "id": "call-2", "metadata": {"note": "nothing"}})
    assert (first["accepted"], first["redacted"]) == (2, 1)
    again = functions.record(key, one, {**event, "id": "call-3"})
    assert (again["accepted"], again["duplicates"], again["redacted"]) == (1, 1, 1)
    conflict = functions.record(key, other, {**event, "id": "call-4"})
    assert (conflict["rejected"][0]["code"], conflict["redacted"]) == ("id_conflict", 0)
    stored = {each["id"]: each["redactions"] for each in functions.events(key)}
    assert stored == {"call-1": 1, "call-2": 0, "call-3": 0, "call-4": 0}
