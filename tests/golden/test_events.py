"""Golden behaviours of the event's schema, over HTTP: M1 to M8."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.http.serving import Functions, refused

CASES = json.loads(Path(__file__).with_name("cases").joinpath("events.json").read_text("utf-8"))


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case['name']}") for case in CASES[group]]


@pytest.mark.parametrize("case", cases("accepted"))
def test_the_event_passes_and_is_read_back(case: dict[str, Any], functions: Functions, key: str) -> None:
    assert functions.record(key, case["event"])["accepted"] == 1
    (stored,) = functions.events(key)
    assert {name: stored[name] for name in case["stored"]} == case["stored"]


@pytest.mark.parametrize("case", cases("refused"))
def test_the_event_is_refused_and_nothing_is_stored(
    case: dict[str, Any], functions: Functions, key: str
) -> None:
    document = refused(functions.post_events(key, case["event"]), 422, "invalid_input")
    assert document["errors"][0]["field"] == case["field"]
    assert case["says"] in document["errors"][0]["message"]
    assert functions.events(key) == []


@pytest.mark.parametrize("case", cases("no_tenant"))
def test_an_event_of_no_tenant_is_refused(case: dict[str, Any], functions: Functions, key: str) -> None:
    event = {"category": "llm", "provider": "openai", "model": "gpt-4.1", "tenant_id": "acme"}
    answer = functions.record_usage.post("/v1/events", json=event, headers=case["headers"])
    refused(answer, case["status"], case["code"])
    assert functions.events(key) == []
