"""Properties: any bytes or JSON at any route get a JSON document, and never a server error."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.http.serving import Functions, bearer, pushed
from tools.dev.tick import PUSH_PATH

JSON_TYPES = ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json")
FIELDS = (
    *("id", "tenant_id", "ts", "category", "provider", "model", "tokens", "response", "response_format"),
    *(
        "latency_ms",
        "cost_usd_estimate",
        "user_id",
        "run_id",
        "workflow_id",
        "request_id",
        "tags",
        "status",
        "metadata",
    ),
    *("specversion", "source", "type", "time", "data", "data_base64", "events", "usage", "input_tokens"),
    *("prompt_tokens", "total_tokens", "usageMetadata", "runs", "tenants"),
    *("parent_run_id", "budget_usd", "hold_tokens", "own_usd", "ttl_seconds", "estimate", "calls", "error"),
)
SAMPLES = (
    "llm",
    "openai",
    "anthropic",
    "gpt-4.1-mini",
    "1.0",
    "ok",
    "completed",
    "2026-11-20T11:00:00Z",
    "acme",
)

leaves = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    *(st.sampled_from(SAMPLES), st.integers(-(2**70), 2**70)),
)
names = st.one_of(st.sampled_from(FIELDS), st.text(max_size=5))
any_json = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
    max_leaves=20,
)
AGENTS_PATHS = (
    *("/v1/events", "/v1/events?status=true", "/v1/check"),
    *("/v1/runs", "/v1/runs/run-1/extend", "/v1/runs/run-1/end"),
)
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
almost_events = st.dictionaries(st.sampled_from(FIELDS[:17]), any_json, max_size=4).map(
    lambda odd: {**CALL, **odd}
)


def is_json_response(answer: TestResponse) -> None:
    """Assert that the response is a success as JSON, or a problem document without a stack trace."""
    assert answer.status_code < 500, answer.get_data(as_text=True)
    content = answer.get_json()
    if answer.status_code not in (200, 201):
        assert answer.mimetype == "application/problem+json"
        assert content["status"] == answer.status_code
        assert content["detail"]


@pytest.fixture
def functions_with_usage(functions: Functions, key: str) -> Functions:
    """Return functions whose store has usage."""
    functions.record(key, {**CALL, "id": "a", "run_id": "run-1"})
    return functions


@given(body=st.binary(max_size=200), content_type=st.sampled_from(JSON_TYPES))
@example(body=b'{"category":"llm","provider":"\\ud800","model":"m"}', content_type=JSON_TYPES[0])
def test_any_bytes_to_record_usage(body: bytes, content_type: str, functions: Functions, key: str) -> None:
    for path in AGENTS_PATHS:
        answer = functions.record_usage.post(path, data=body, content_type=content_type, headers=bearer(key))
        is_json_response(answer)


@given(
    body=any_json | almost_events | st.lists(almost_events, max_size=3),
    content_type=st.sampled_from(JSON_TYPES),
)
def test_any_json_to_record_usage(body: Any, content_type: str, functions: Functions, key: str) -> None:
    for path in AGENTS_PATHS:
        answer = functions.record_usage.post(
            path, data=json.dumps(body), content_type=content_type, headers=bearer(key)
        )
        is_json_response(answer)
    is_json_response(functions.get(key, "/tenants/acme/usage"))


@given(odd=st.lists(almost_events, max_size=4))
def test_a_valid_event_is_recorded_with_anything_beside_it(
    odd: list[dict[str, Any]], functions: Functions, key: str
) -> None:
    good = {**CALL, "request_id": "good", "provider": "good-provider"}
    # Written without the client's JSON library, because some of these are not valid JSON.
    text = json.dumps([*odd, good])
    answer = functions.record_usage.post(
        "/v1/events", data=text, content_type="application/json", headers=bearer(key)
    )
    content = answer.get_json()
    assert answer.status_code == 200, content
    assert content["ids"][-1] == "good-provider:good"
    assert {problem["index"] for problem in content["rejected"]} <= set(range(len(odd)))


values = st.text(max_size=30) | st.sampled_from(
    ["0", "-1", "day", "hour", "csv", "true", "2026-11-20T11:00:00Z", "NQ=="]
)
queries = st.dictionaries(
    st.sampled_from(
        ["limit", "cursor", "run_id", "from", "to", "granularity", "group_by", "format", "bom", "x"]
    ),
    values,
    max_size=3,
)


@given(
    query=queries,
    route=st.sampled_from(["usage", "usage/series", "usage/top", "runs", "runs/run-1", "events"]),
)
def test_any_query_to_usage_api(
    query: dict[str, str], route: str, functions_with_usage: Functions, key: str
) -> None:
    answer = functions_with_usage.usage_api.get(
        f"/api/v1/tenants/acme/{route}", query_string=query, headers=bearer(key)
    )
    if answer.mimetype != "text/csv":
        is_json_response(answer)
    assert answer.status_code < 500


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"]),
    path=st.text(st.characters(codec="utf-8", exclude_characters="?#"), max_size=30).map("/v1{}".format),
    name=st.sampled_from(["record_usage", "usage_api"]),
)
def test_any_path(method: str, path: str, name: str, functions: Functions, key: str) -> None:
    answer = getattr(functions, name).open(path, method=method, headers=bearer(key))
    assert answer.status_code < 500


@given(header=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40))
def test_any_authorization(header: str, functions: Functions, key: str) -> None:
    for value in (header, f"Bearer {header}", f"{header} {key}"):
        answer = functions.record_usage.post("/v1/check", json={}, headers={"Authorization": value})
        is_json_response(answer)


@given(
    name=st.sampled_from(
        ["ce-specversion", "ce-id", "ce-time", "ce-data", "ce-source", "Content-Encoding", "Accept"]
    ),
    value=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=20),
)
def test_any_header(name: str, value: str, functions: Functions, key: str) -> None:
    attributes = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "t"}
    headers = {**bearer(key), **attributes, name: value}
    is_json_response(functions.record_usage.post("/v1/events", json=CALL, headers=headers))


@given(message=any_json | st.fixed_dictionaries({"data": any_json}))
def test_any_message_on_the_ticks_topic(message: Any, functions: Functions) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "//pubsub", "ce-type": "message"}
    answer = functions.aggregate.post(PUSH_PATH, json=pushed(message), headers=headers)
    assert answer.status_code == 200
