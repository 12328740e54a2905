"""The functions on the Firestore emulator; most other tests use the in-memory store."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.logs import FIELDS
from tests.http.serving import Functions, bearer
from tests.http.test_any_input import almost_events, is_json_response
from tests.tools.documents import page

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
MOST_EVENTS = 500


@pytest.fixture
def functions(functions_on_firestore: Functions) -> Functions:
    return functions_on_firestore


def test_an_event_is_recorded_folded_and_shown(functions: Functions, key: str) -> None:
    event = {**CALL, "id": "a", "run_id": "run/1", "tokens": {"input_tokens": 100, "output_tokens": 20}}
    assert functions.record(key, event, {**event, "id": "b"}, event)["accepted"] == 2
    live = functions.usage(key)
    assert functions.tick().status_code == 200
    assert functions.usage(key) == live
    assert (live["total_llm_calls"], live["total_runs"]) == (2, 1)
    assert live["total_tokens"]["total"] == 2 * (100 + 20)
    assert functions.check(key)["status"]["tokens_used"] == 2 * (100 + 20)
    assert functions.read(key, "/tenants/acme/runs/run%2F1")["calls"] == 2
    assert sorted(each["id"] for each in functions.events(key)) == ["a", "b"]
    points = functions.read(key, "/tenants/acme/usage/series?group_by=model&fill=none")["points"]
    assert [(point["model"], point["calls"]) for point in points] == [("gpt-4.1-mini", 2)]
    for group in ("", "&group_by=model"):
        in_zone = functions.read(key, f"/tenants/acme/usage/series?fill=none&tz=Europe/Berlin{group}")[
            "points"
        ]
        assert [(point["label"], point["calls"]) for point in in_zone] == [("2026-11-20", 2)]
    functions.clock.pass_by(timedelta(hours=1))
    assert functions.read(None, "/health")["fold_lag_seconds"] == 0


def test_a_full_batch_of_many_models_counts_each_event_once(functions: Functions, key: str) -> None:
    events = [
        {**CALL, "id": f"e{n}", "model": f"m{n % 70}", "run_id": f"r{n % 7}"} for n in range(MOST_EVENTS)
    ]
    assert functions.record(key, *events)["accepted"] == MOST_EVENTS
    assert functions.record(key, *reversed(events))["duplicates"] == MOST_EVENTS
    assert functions.tick().status_code == 200
    usage = functions.usage(key)
    assert (usage["total_llm_calls"], usage["total_runs"], len(usage["series"])) == (MOST_EVENTS, 7, 70)


@given(events=st.lists(almost_events, max_size=3))
@example(events=[{**CALL, "provider": "a\x00b", "model": "`|~*[]/.\\%"}])
@example(events=[{**CALL, "provider": 100 * "\U0001f600", "model": 250 * "\U0001f600"}])
@example(events=[{**CALL, "provider": 100 * "%", "model": 250 * "%"}])
@example(events=[{**CALL, "provider": "__proto__", "model": "__name__"}])
@example(events=[{**CALL, "id": "..", "run_id": "__x__"}, {**CALL, "id": "/", "run_id": "."}])
@settings(max_examples=20)
def test_any_event_is_recorded_or_refused_and_can_be_read(
    events: list[dict[str, Any]], functions: Functions, key: str
) -> None:
    answer = functions.record_usage.post(
        "/v1/events", data=json.dumps(events), content_type="application/json", headers=bearer(key)
    )
    is_json_response(answer)
    for path in ("usage", "events", "runs", "usage/series?group_by=provider"):
        is_json_response(functions.get(key, f"/tenants/acme/{path}"))
    assert functions.tick(["acme"]).status_code == 200


def test_a_run_and_its_child_hold_record_and_end(functions: Functions, key: str) -> None:
    def ask(path: str, **body: object) -> dict[str, Any]:
        answer = functions.record_usage.post(f"/v1/runs{path}", json=body, headers=bearer(key))
        assert answer.status_code in (200, 201), answer.get_json()
        content: dict[str, Any] = answer.get_json()
        return content

    tags = {"feature": "search"}
    ask("", run_id="tree/1", budget_usd="1.00", own_usd="0.25", hold_tokens=5_000, user_id="ann", tags=tags)
    ask("", run_id="child", parent_run_id="tree/1", budget_usd="0.50")
    event = {**CALL, "run_id": "tree/1", "tokens": {"input_tokens": 1_000, "output_tokens": 0}}
    recorded = functions.post_events(key, event, "/v1/events?status=true").get_json()
    assert recorded["run"] == {"remaining_usd": "0.4996", "remaining_tokens": 4_000, "over": False}
    assert ask("/tree/1/extend", budget_usd="2.00")["hold"]["usd"] == "2.00"
    ended = [ask("/tree/1/end", status="failed", error="x") for _ in range(2)]
    assert ended[0] == ended[1]
    assert ended[0]["used"] == {"usd": "0.0004", "tokens": 1_000}
    assert functions.check(key)["status"]["tokens_held"] == 0


def test_a_run_takes_the_operations_that_the_page_about_costs_counts(
    functions: Functions, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    def operations(path: str, **body: object) -> list[str]:
        # Otherwise the runs need not be counted again.
        functions.record(key, {**CALL, "id": f"before {path} {body}", "run_id": "b"})
        with caplog.at_level("INFO", "gwi_usage"):
            functions.record_usage.post(f"/v1/runs{path}", json=body, headers=bearer(key))
        fields = getattr(caplog.records[-1], FIELDS)
        return [str(fields["reads"]), str(fields["writes"])]

    functions.record(key, {**CALL, "id": "a", "run_id": "a"})
    functions.tick(["acme"])
    functions.clock.pass_by(timedelta(hours=13))
    functions.record(key, {**CALL, "id": "b", "run_id": "b"})
    operations("", run_id="first", hold_tokens=5)
    counted = [
        operations("", run_id="run-1", hold_tokens=5),
        operations("/run-1/extend", hold_tokens=6),
        operations("/run-1/end", status="completed"),
    ]
    assert counted == [cells[1:3] for cells in page("costs").section("Runs with a hold")]
