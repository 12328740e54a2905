"""Lists of runs and events over HTTP, as single items and as pages."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from shared.domain.people.keys import key_id
from tests.http.serving import Clock, Functions, refused, token_sums

OPENAI = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "cost_usd_estimate": "0.10"}
SHELL = {"category": "tool", "provider": "shell", "model": "ls", "latency_ms": 7}


def test_a_run_is_the_sum_of_its_events(functions: Functions, clock: Clock, key: str) -> None:
    mark = {"category": "other", "provider": "agents", "model": "runner", "run_id": "run-1"}
    functions.record(
        key,
        {**mark, "status": "started"},
        {**OPENAI, "run_id": "run-1", "tokens": {"input_tokens": 100, "output_tokens": 20}},
    )
    clock.pass_by(timedelta(seconds=90))
    functions.record(key, {**SHELL, "run_id": "run-1"}, {**mark, "status": "completed"})
    assert functions.read(key, "/tenants/acme/runs/run-1") == {
        "id": "run-1",
        "parent_run_id": None,
        "status": "completed",
        "is_silent": False,
        "began_at": "2026-11-20T12:00:00Z",
        "last_at": "2026-11-20T12:01:30Z",
        "duration_ms": 90_000,
        "user_id": None,
        "workflow_id": None,
        "tags": None,
        "calls": 1,
        "tool_calls": 1,
        "errors": 0,
        "unpriced_calls": 0,
        "incomplete_calls": 0,
        "latency_ms": 7,
        "tokens": token_sums(100, 20),
        "cost_usd": "0.10",
        "cost_status": "complete",
        "hold": None,
        "remaining_usd": None,
        "remaining_tokens": None,
        "over": None,
        "ended_at": None,
        "error": None,
    }


@pytest.mark.parametrize(
    ("status", "hours", "shown"),
    [("completed", 0, "completed"), ("failed", 0, "failed"), ("ok", 23, "open"), ("ok", 24, "timed_out")],
)
def test_the_status_of_a_run(
    status: str, hours: int, shown: str, functions: Functions, clock: Clock, key: str
) -> None:
    functions.record(key, {**OPENAI, "run_id": "run-1", "status": status})
    clock.pass_by(timedelta(hours=hours))
    assert functions.read(key, "/tenants/acme/runs/run-1")["status"] == shown


@pytest.mark.parametrize(
    ("status", "minutes", "is_silent"),
    [("ok", 29, False), ("ok", 30, True), ("ok", 24 * 60, False), ("completed", 30, False)],
)
def test_an_open_run_is_silent_after_half_an_hour(
    status: str, minutes: int, is_silent: bool, functions: Functions, clock: Clock, key: str
) -> None:
    functions.record(key, {**OPENAI, "run_id": "run-1", "status": status})
    clock.pass_by(timedelta(minutes=minutes))
    assert functions.read(key, "/tenants/acme/runs/run-1")["is_silent"] is is_silent


@pytest.mark.parametrize("run_id", ["a/b", "a b", "ü", "a%2Fb", "a?b", "a+b"])
def test_a_run_of_any_name_is_found(run_id: str, functions: Functions, key: str) -> None:
    functions.record(key, {**OPENAI, "run_id": run_id})
    assert functions.read(key, f"/tenants/acme/runs/{quote(run_id, safe='')}")["id"] == run_id


def test_runs_are_listed_newest_first_page_by_page(functions: Functions, clock: Clock, key: str) -> None:
    for number in range(5):
        functions.record(key, {**OPENAI, "run_id": f"run-{number}"})
        clock.pass_by(timedelta(minutes=1))
    pages = pages_of(functions, key, "runs", limit=2)
    assert [[run["id"] for run in page] for page in pages] == [
        ["run-4", "run-3"],
        ["run-2", "run-1"],
        ["run-0"],
    ]


def pages_of(functions: Functions, key: str, name: str, limit: int, query: str = "") -> list[list[Any]]:
    """Return the pages of a list by following its cursors."""
    pages, cursor = [], ""
    while True:
        answer = functions.read(key, f"/tenants/acme/{name}?limit={limit}{query}{cursor}")
        pages.append(answer[name])
        if answer["next_cursor"] is None:
            return pages
        cursor = f"&cursor={answer['next_cursor']}"


def test_events_are_listed_newest_first_page_by_page(functions: Functions, clock: Clock, key: str) -> None:
    for number in range(7):
        clock.pass_by(timedelta(minutes=1))
        functions.record(key, {**OPENAI, "id": f"event-{number}"})
    pages = pages_of(functions, key, "events", limit=3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [event["id"] for page in pages for event in page] == [
        f"event-{number}" for number in (6, 5, 4, 3, 2, 1, 0)
    ]


def test_events_of_the_same_instant_are_each_listed_once(functions: Functions, key: str) -> None:
    functions.record(key, *({**OPENAI, "id": f"event-{number}"} for number in range(5)))
    pages = pages_of(functions, key, "events", limit=2)
    assert sorted(event["id"] for page in pages for event in page) == [
        f"event-{number}" for number in range(5)
    ]


def test_events_that_arrive_while_pages_are_read_move_nothing(
    functions: Functions, clock: Clock, key: str
) -> None:
    functions.record(key, *({**OPENAI, "id": f"event-{number}"} for number in range(4)))
    first = functions.read(key, "/tenants/acme/events?limit=2")
    clock.pass_by(timedelta(minutes=1))
    functions.record(key, {**OPENAI, "id": "late"})
    second = functions.read(key, f"/tenants/acme/events?limit=2&cursor={first['next_cursor']}")
    listed = [event["id"] for event in (*first["events"], *second["events"])]
    assert sorted(listed) == [f"event-{number}" for number in range(4)]


def test_events_of_one_run_are_listed_alone(functions: Functions, key: str) -> None:
    functions.record(
        key, *({**OPENAI, "id": f"{run}-{n}", "run_id": run} for run in ("a", "b") for n in range(3))
    )
    pages = pages_of(functions, key, "events", limit=2, query="&run_id=b")
    assert sorted(event["id"] for page in pages for event in page) == ["b-0", "b-1", "b-2"]


def test_a_cursor_of_one_list_is_refused_by_another(functions: Functions, key: str) -> None:
    functions.record(key, *({**OPENAI, "run_id": f"run-{number}"} for number in range(3)))
    cursor = functions.read(key, "/tenants/acme/events?limit=1")["next_cursor"]
    refused(functions.get(key, f"/tenants/acme/runs?cursor={cursor}"), 400, "invalid_cursor")


def test_a_cursor_of_another_tenant_shows_nothing_of_it(functions: Functions, key: str) -> None:
    other = functions.create_tenant("globex")
    functions.record(other, *({**OPENAI, "id": f"secret-{number}"} for number in range(3)))
    functions.record(key, {**OPENAI, "id": "own"})
    cursor = functions.read(other, "/tenants/globex/events?limit=1")["next_cursor"]
    events = functions.read(key, f"/tenants/acme/events?cursor={cursor}")["events"]
    assert {event["id"] for event in events} <= {"own"}


def test_a_list_leaves_metadata_out_unless_it_is_asked_for(functions: Functions, key: str) -> None:
    call = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
    functions.record(key, call | {"metadata": {"attempt": 2}})
    path = "/tenants/acme/events"
    assert functions.read(key, path)["events"][0]["metadata"] is None
    assert functions.read(key, f"{path}?metadata=true")["events"][0]["metadata"] == {"attempt": 2}


def test_an_event_is_returned_as_it_was_recorded(functions: Functions, key: str) -> None:
    event = {
        "id": "event-1",
        "ts": "2026-11-20T09:30:00.123456+01:00",
        "category": "llm",
        "provider": "openai",
        "model": "gpt-4.1-mini",
        "tokens": {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "cache_read_tokens": 40,
            "reasoning_tokens": 5,
        },
        "latency_ms": 812,
        "cost_usd_estimate": 0.000123,
        "user_id": "user-1",
        "run_id": "run-1",
        "parent_run_id": "run-0",
        "workflow_id": "triage",
        "request_id": "req-1",
        "kind": "llm.response",
        "tags": {"team": "search", "feature": "<b>answers</b>"},
        "status": "ok",
        "metadata": {"attempt": 2, "tags": ["a", None], "ünïcode": {"deep": True}},
    }
    functions.record(key, event)
    (stored,) = functions.events(key)
    assert stored == {
        **{name: value for name, value in event.items() if name != "cost_usd_estimate"},
        "ts": "2026-11-20T08:30:00.123456Z",
        "tokens": {
            "input_tokens": 100,
            "output_tokens": 20,
            "total_tokens": 100 + 20,
            "cache_read_tokens": 40,
            "cache_write_tokens": 0,
            "cache_write_1h_tokens": 0,
            "reasoning_tokens": 5,
        },
        "series": {"provider": "openai", "model": "gpt-4.1-mini"},
        "served_model": None,
        "cost_usd": "0.000123",
        "cost_status": "client",
        "unread": [],
        "price_source": "client",
        "catalog_cost_usd": None,
        "metadata_cut": False,
        "redactions": 0,
        "correction": None,
        "adjusts": None,
        "error": None,
        "api_key": key_id(key),
    }
