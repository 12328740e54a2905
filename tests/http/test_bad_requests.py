"""Every malformed request: methods, paths, headers, query strings, sizes and encodings."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.http.serving import Functions, bearer, refused, succeeded

CASES = json.loads(Path(__file__).with_name("cases").joinpath("bad_requests.json").read_text("utf-8"))
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
LARGEST_BODY_BYTES = 4 * 1024 * 1024
MOST_EVENTS = 500


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in CASES[group]]


def padded(event: dict[str, str], size: int) -> bytes:
    """Return the event as JSON of exactly `size` bytes, padded with blanks between its parts."""
    text = json.dumps(event)
    return text.replace("{", "{" + " " * (size - len(text))).encode()


@pytest.mark.parametrize("case", cases("record_usage"))
def test_record_usage_refuses(case: dict[str, Any], functions: Functions, key: str) -> None:
    headers = {**bearer(key), "Content-Type": "application/json", **case.get("headers", {})}
    body = json.dumps(case.get("json", CALL))
    answer = functions.record_usage.open(case["path"], method=case["method"], data=body, headers=headers)
    document = refused(answer, case["status"], case["code"])
    assert case["says"] in document["detail"]
    assert answer.headers.get("Allow") == case.get("allow")
    assert functions.events(key) == []


@pytest.mark.parametrize("case", cases("usage_api"))
def test_usage_api_refuses(case: dict[str, Any], functions: Functions, key: str) -> None:
    answer = functions.usage_api.open(case["path"], method=case["method"], headers=bearer(key))
    document = refused(answer, case["status"], case["code"])
    assert case["says"] in document["detail"]
    assert answer.headers.get("Allow") == case.get("allow")
    assert case.get("field") == (document["errors"][0]["field"] if "errors" in document else None)


def test_a_body_of_4_mib_is_accepted(functions: Functions, key: str) -> None:
    body = padded(CALL, LARGEST_BODY_BYTES)
    answer = functions.record_usage.post(
        "/v1/events", data=body, content_type="application/json", headers=bearer(key)
    )
    assert succeeded(answer)["accepted"] == 1


@pytest.mark.parametrize(("path", "most"), [("/v1/events", LARGEST_BODY_BYTES), ("/v1/check", 64 * 1024)])
def test_a_larger_body_is_refused_by_its_length(path: str, most: int, functions: Functions, key: str) -> None:
    body = padded(CALL, most + 1)
    answer = functions.record_usage.post(
        path, data=body, content_type="application/json", headers=bearer(key)
    )
    document = refused(answer, 413, "too_large")
    assert f"{most + 1} bytes" in document["detail"]
    assert f"the maximum is {most}" in document["detail"]


def test_a_chunked_body_larger_than_4_mib_is_refused_while_it_arrives(functions: Functions, key: str) -> None:
    answer = functions.record_usage.post(
        "/v1/events",
        input_stream=io.BytesIO(padded(CALL, LARGEST_BODY_BYTES + 1)),
        content_type="application/json",
        headers={**bearer(key), "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    document = refused(answer, 413, "too_large")
    assert f"the maximum is {LARGEST_BODY_BYTES}" in document["detail"]
    assert functions.events(key) == []


def test_a_chunked_body_is_read_to_its_end(functions: Functions, key: str) -> None:
    answer = functions.record_usage.post(
        "/v1/events",
        input_stream=io.BytesIO(json.dumps(CALL).encode()),
        content_type="application/json",
        headers={**bearer(key), "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert succeeded(answer)["accepted"] == 1


def test_usage_api_refuses_a_large_body_too(functions: Functions, key: str) -> None:
    answer = functions.usage_api.get("/api/v1/plans", data=b"x" * (LARGEST_BODY_BYTES + 1))
    refused(answer, 413, "too_large")


def test_a_batch_of_500_events_is_accepted(functions: Functions, key: str) -> None:
    answer = functions.record(key, *({**CALL, "id": f"event-{number}"} for number in range(MOST_EVENTS)))
    assert answer["accepted"] == MOST_EVENTS


@pytest.mark.parametrize("wrap", [lambda events: events, lambda events: {"events": events}])
def test_a_batch_of_501_events_is_refused_as_a_whole(wrap: Any, functions: Functions, key: str) -> None:
    document = refused(functions.post_events(key, wrap([CALL] * (MOST_EVENTS + 1))), 413, "too_many_events")
    assert f"contains {MOST_EVENTS + 1}; the maximum is {MOST_EVENTS}" in document["detail"]
    assert functions.events(key) == []


def test_the_framework_itself_refuses_two_paths(functions: Functions) -> None:
    """Expect no problem document: functions-framework responds before our code is called."""
    assert [functions.usage_api.get(path).status_code for path in ("/robots.txt", "/favicon.ico")] == [
        404,
        404,
    ]


@pytest.mark.parametrize("name", ["record_usage", "usage_api"])
def test_no_response_is_sniffed_by_a_browser_or_stored_by_a_cache(name: str, functions: Functions) -> None:
    answer = getattr(functions, name).get("/nowhere")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
