"""CloudEvents 1.0.2: conformance of events in each mode, and their identity."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from tests.http.serving import Functions, bearer, refused, succeeded

CASES = json.loads(Path(__file__).with_name("cases").joinpath("cloudevents.json").read_text("utf-8"))
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
ENVELOPE = {"specversion": "1.0", "id": "1", "source": "/agents", "type": "com.example.usage"}


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in CASES[group]]


def completed(case: dict[str, Any]) -> dict[str, Any]:
    """Return the case's event: the sample with the attributes that are set, without those that are absent."""
    event = {**ENVELOPE, "data": CALL, **case.get("set", {})}
    return {name: value for name, value in event.items() if name not in case.get("without", [])}


def send(functions: Functions, key: str, *events: object) -> TestResponse:
    return functions.record_usage.post(
        "/v1/events",
        data=json.dumps(events),
        content_type="application/cloudevents-batch+json",
        headers=bearer(key),
    )


def send_one(functions: Functions, key: str, event: object) -> TestResponse:
    return functions.record_usage.post(
        "/v1/events",
        data=json.dumps(event),
        content_type="application/cloudevents+json",
        headers=bearer(key),
    )


def send_binary(functions: Functions, key: str, headers: dict[str, str], data: object = CALL) -> TestResponse:
    return functions.record_usage.post("/v1/events", json=data, headers={**bearer(key), **headers})


@pytest.mark.parametrize("case", cases("valid"))
def test_a_valid_cloudevent_is_recorded(case: dict[str, Any], functions: Functions, key: str) -> None:
    event = completed(case)
    assert succeeded(send_one(functions, key, event))["ids"] == [event["id"]]
    assert succeeded(send(functions, key, event))["duplicates"] == 1
    assert [stored["id"] for stored in functions.events(key)] == [event["id"]]


@pytest.mark.parametrize("case", cases("invalid"))
def test_an_invalid_cloudevent_is_refused_by_the_senders_name_of_the_attribute(
    case: dict[str, Any], functions: Functions, key: str
) -> None:
    event = completed(case)
    document = refused(send_one(functions, key, event), 422, "invalid_input")
    assert document["errors"][0]["field"] == case["field"]
    assert document["errors"][0]["message"].startswith(case["field"])
    if "code" in case:
        assert document["errors"][0]["code"] == case["code"]
    answer = succeeded(send(functions, key, event, {**ENVELOPE, "id": "good", "data": CALL}))
    assert answer["ids"] == ["good"]
    assert {problem["index"] for problem in answer["rejected"]} == {0}


@pytest.mark.parametrize("case", cases("valid_headers"))
def test_a_valid_binary_cloudevent_is_recorded(case: dict[str, Any], functions: Functions, key: str) -> None:
    headers = {f"ce-{name}": value for name, value in ENVELOPE.items()} | case["headers"]
    answer = send_binary(functions, key, headers)
    assert succeeded(answer)["ids"] == [case["id"]]


@pytest.mark.parametrize("case", cases("invalid_headers"))
def test_an_invalid_binary_cloudevent_is_refused_by_the_name_of_the_header(
    case: dict[str, Any], functions: Functions, key: str
) -> None:
    headers = {f"ce-{name}": value for name, value in ENVELOPE.items()} | case["headers"]
    kept = {name: value for name, value in headers.items() if name not in case.get("without", [])}
    document = refused(send_binary(functions, key, kept), 422, "invalid_input")
    assert document["errors"][0]["field"] == case["field"]
    assert document["errors"][0]["message"].startswith(case["field"])
    assert functions.events(key) == []


@pytest.mark.parametrize("name", ["ce-id", "CE-Source", "ce-type", "ce-time", "Ce-Anything"])
def test_any_header_of_an_attribute_makes_an_event_binary(name: str, functions: Functions, key: str) -> None:
    document = refused(send_binary(functions, key, {name: "x"}), 422, "invalid_input")
    assert document["errors"][0]["field"] == "ce-specversion"


def test_a_structured_event_may_repeat_its_attributes_as_headers(functions: Functions, key: str) -> None:
    answer = functions.record_usage.post(
        "/v1/events",
        data=json.dumps({**ENVELOPE, "data": CALL}),
        content_type="application/cloudevents+json",
        headers={**bearer(key), "ce-specversion": "1.0", "ce-id": "1"},
    )
    assert succeeded(answer)["ids"] == ["1"]


def test_a_header_is_the_same_event_as_its_attribute(functions: Functions, key: str) -> None:
    event = {**ENVELOPE, "id": 'Ünit 100% "€"', "time": "2026-11-20T09:30:00+01:00"}
    headers = {f"ce-{name}": quote(value, safe="/+:") for name, value in event.items()}
    assert succeeded(send_one(functions, key, {**event, "data": CALL}))["accepted"] == 1
    assert succeeded(send_binary(functions, key, headers))["duplicates"] == 1
    assert [stored["id"] for stored in functions.events(key)] == [event["id"]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("/a/b", "c"), ("/a", "b/c")),
        (("/a", "1"), ("/b", "1")),
        (("/a", "1"), ("/a", "11")),
        (("/a" * 5_000, "1"), ("/a" * 5_000 + "/", "1")),
    ],
)
def test_another_source_or_id_is_another_event(
    one: tuple[str, str], other: tuple[str, str], functions: Functions, key: str
) -> None:
    events = [
        {**ENVELOPE, "source": source, "id": event_id, "data": CALL} for source, event_id in (one, other)
    ]
    answer = succeeded(send(functions, key, *events))
    assert (answer["accepted"], answer["ids"]) == (2, [one[1], other[1]])
    assert succeeded(send(functions, key, *events))["duplicates"] == 2
    assert len(functions.events(key)) == 2


def test_an_event_with_the_same_id_of_its_own_is_another_event(functions: Functions, key: str) -> None:
    envelope = {**ENVELOPE, "data": CALL}
    assert succeeded(send(functions, key, envelope))["accepted"] == 1
    assert functions.record(key, {**CALL, "id": "1"})["accepted"] == 1
    assert succeeded(send(functions, key, {**envelope, "data": {**CALL, "id": "1"}}))["duplicates"] == 1
    assert [stored["id"] for stored in functions.events(key)] == ["1", "1"]


@pytest.mark.parametrize("own", [{"id": None, "ts": None}, {}])
def test_a_null_id_of_the_data_is_none_of_its_own(
    own: dict[str, None], functions: Functions, key: str
) -> None:
    event = {**ENVELOPE, "time": "2026-11-20T11:00:00Z", "data": {**CALL, **own}}
    assert succeeded(send(functions, key, event, event))["duplicates"] == 1
    assert [(stored["id"], stored["ts"]) for stored in functions.events(key)] == [("1", event["time"])]


def test_other_data_of_the_same_event_is_a_conflict(functions: Functions, key: str) -> None:
    event = {**ENVELOPE, "data": CALL}
    succeeded(send(functions, key, event))
    document = refused(send(functions, key, {**event, "data": {**CALL, "latency_ms": 5}}), 422)
    problem = document["errors"][0]
    assert (problem["index"], problem["field"], problem["code"]) == (0, "id", "id_conflict")
    headers = {f"ce-{name}": value for name, value in ENVELOPE.items()}
    document = refused(send_binary(functions, key, headers, {**CALL, "latency_ms": 5}), 422)
    assert document["errors"][0]["field"] == "ce-id"


@pytest.mark.parametrize("query", ["", "?status=true"])
def test_an_empty_batch_is_taken_as_empty(query: str, functions: Functions, key: str) -> None:
    answer = functions.record_usage.post(
        f"/v1/events{query}",
        data="[]",
        content_type="application/cloudevents-batch+json",
        headers=bearer(key),
    )
    content = succeeded(answer)
    assert (content["accepted"], content["duplicates"], content["ids"], content["rejected"]) == (0, 0, [], [])
