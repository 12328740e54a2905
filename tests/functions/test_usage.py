"""Reading over HTTP: plans, the aggregate, runs, events page by page, and the fold's lag."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.functions.serving import Clock, Functions, Json, refused

OPENAI = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "cost_usd_estimate": "0.10"}
AZURE = {"category": "llm", "provider": "azure", "model": "gpt-4.1-mini", "cost_usd_estimate": "0.05"}
SHELL = {"category": "tool", "provider": "shell", "model": "ls", "latency_ms": 7}
UNKNOWN = {"category": "llm", "provider": "tomorrow-ai", "model": "t-1", "tokens": {"total_tokens": 9}}


def three_calls() -> list[Json]:
    """Three calls of two providers in two runs, a tool call, and a failed call of unknown price."""
    return [
        {**OPENAI, "id": "1", "run_id": "run-1", "latency_ms": 300, "tokens": tokens(100, 20)},
        {**OPENAI, "id": "2", "run_id": "run-1", "latency_ms": 500, "tokens": tokens(200, 30)},
        {**AZURE, "id": "3", "run_id": "run-2", "latency_ms": 700, "tokens": tokens(400, 50)},
        {**SHELL, "id": "4", "run_id": "run-2"},
        {**UNKNOWN, "id": "5", "status": "error"},
    ]


def tokens(input_: int, output: int) -> dict[str, int]:
    return {"input_tokens": input_, "output_tokens": output}


def sums(input_: int, output: int, total: int | None = None) -> dict[str, int]:
    """The token sums of an answer."""
    none = {"cache_read": 0, "cache_write": 0, "reasoning": 0}
    return {"input": input_, "output": output, "total": input_ + output if total is None else total, **none}


def test_the_aggregate_is_exact_and_complete(functions: Functions, key: str) -> None:
    functions.record(key, *three_calls())
    answer = functions.read(key, "/tenants/acme/usage")
    aggregate = answer["aggregate"]
    series = aggregate.pop("series")
    assert aggregate == {
        "tenant_id": "acme",
        "period_start": "2026-11-01T00:00:00Z",
        "period_end": "2026-12-01T00:00:00Z",
        "updated_at": "2026-11-20T12:00:00Z",
        "total_runs": 2,
        "total_llm_calls": 3 + 1,
        "total_tool_calls": 1,
        "total_errors": 1,
        "total_tokens": sums(100 + 200 + 400, 20 + 30 + 50, 120 + 230 + 450 + 9),
        "total_latency_ms": 300 + 500 + 700 + 7,
        "total_cost_usd": "0.25",
        "unpriced_calls": 1,
        "by_provider": {
            "azure": {"calls": 1, "tokens": 450, "cost_usd": "0.05"},
            "openai": {"calls": 2, "tokens": 120 + 230, "cost_usd": "0.20"},
            "shell": {"calls": 0, "tokens": 0, "cost_usd": "0.00"},
            "tomorrow-ai": {"calls": 1, "tokens": 9, "cost_usd": "0.00"},
        },
        "by_model": {
            "gpt-4.1-mini": {"calls": 3, "tokens": 120 + 230 + 450, "cost_usd": "0.25"},
            "ls": {"calls": 0, "tokens": 0, "cost_usd": "0.00"},
            "t-1": {"calls": 1, "tokens": 9, "cost_usd": "0.00"},
        },
    }
    assert series[1] == {
        "provider": "openai",
        "model": "gpt-4.1-mini",
        "calls": 2,
        "tool_calls": 0,
        "errors": 0,
        "unpriced_calls": 0,
        "latency_ms": 300 + 500,
        "tokens": sums(100 + 200, 20 + 30),
        "cost_usd": "0.20",
    }
    assert answer["billing"] == {"plan": "starter", "plan_name": "Starter"}
    assert answer["status"]["tokens_used"] == 120 + 230 + 450 + 9


def test_the_page_says_the_same_before_and_after_a_fold(functions: Functions, key: str) -> None:
    functions.record(key, *three_calls())
    before = functions.usage(key)
    assert functions.tick().status_code == 200
    assert functions.usage(key) == before


def test_the_same_model_at_two_providers_is_not_merged(functions: Functions, key: str) -> None:
    functions.record(key, *three_calls())
    rows = [
        (row["provider"], row["calls"])
        for row in functions.usage(key)["series"]
        if row["model"] == "gpt-4.1-mini"
    ]
    assert rows == [("azure", 1), ("openai", 2)]


def test_a_tenant_without_usage_has_an_aggregate_of_zeros(functions: Functions, key: str) -> None:
    aggregate = functions.usage(key)
    assert (aggregate["total_runs"], aggregate["total_llm_calls"], aggregate["total_cost_usd"]) == (
        0,
        0,
        "0.00",
    )
    assert (aggregate["by_provider"], aggregate["series"]) == ({}, [])


def test_usage_of_two_tenants_stays_apart(functions: Functions, key: str) -> None:
    other = functions.create_tenant("globex")
    functions.record(key, {**OPENAI, "id": "1"})
    functions.record(other, {**OPENAI, "id": "1"}, {**OPENAI, "id": "2"})
    assert functions.usage(key)["total_llm_calls"] == 1
    assert functions.usage(other, "globex")["total_llm_calls"] == 2


def test_the_catalog_lists_every_plan_with_its_limits_and_prices(functions: Functions) -> None:
    answer = functions.get(None, "/plans")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    plans = answer.get_json()["plans"]
    assert [plan["id"] for plan in plans] == ["free", "starter", "professional", "enterprise"]
    assert plans[1] == {
        "id": "starter",
        "name": "Starter",
        "tokens_per_period": 500_000,
        "runs_per_period": 100,
        "requests_per_minute": 30,
        "usd_monthly": "29.00",
        "usd_yearly": "290.00",
        "yearly_saving_percent": 17,
    }


def test_a_run_is_the_sum_of_its_events(functions: Functions, clock: Clock, key: str) -> None:
    mark = {"category": "other", "provider": "agents", "model": "runner", "run_id": "run-1"}
    functions.record(
        key, {**mark, "status": "started"}, {**OPENAI, "run_id": "run-1", "tokens": tokens(100, 20)}
    )
    clock.pass_by(timedelta(seconds=90))
    functions.record(key, {**SHELL, "run_id": "run-1"}, {**mark, "status": "completed"})
    assert functions.read(key, "/tenants/acme/runs/run-1") == {
        "id": "run-1",
        "status": "completed",
        "began_at": "2026-11-20T12:00:00Z",
        "last_at": "2026-11-20T12:01:30Z",
        "duration_ms": 90_000,
        "calls": 1,
        "tool_calls": 1,
        "errors": 0,
        "unpriced_calls": 0,
        "latency_ms": 7,
        "tokens": sums(100, 20),
        "cost_usd": "0.10",
    }


@pytest.mark.parametrize(
    ("status", "hours", "shown"),
    [("completed", 0, "completed"), ("failed", 0, "failed"), ("ok", 23, "open"), ("ok", 24, "timed_out")],
)
def test_what_became_of_a_run(
    status: str, hours: int, shown: str, functions: Functions, clock: Clock, key: str
) -> None:
    functions.record(key, {**OPENAI, "run_id": "run-1", "status": status})
    clock.pass_by(timedelta(hours=hours))
    assert functions.read(key, "/tenants/acme/runs/run-1")["status"] == shown


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
    """The pages of a list, as its cursors lead through it."""
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


def test_an_event_is_told_as_it_was_recorded(functions: Functions, key: str) -> None:
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
        "workflow_id": "triage",
        "request_id": "req-1",
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
        "cost_usd": "0.000123",
        "price_source": "client",
    }


def test_health_tells_how_far_the_fold_is_behind(functions: Functions, clock: Clock, key: str) -> None:
    idle = {"status": "ok", "fold_lag_seconds": 0.0, "oldest_dirty_at": None}
    assert functions.read(None, "/health") == idle
    functions.record(key, OPENAI)
    clock.pass_by(timedelta(seconds=45))
    functions.record(key, OPENAI)
    assert functions.read(None, "/health") == {
        "status": "ok",
        "fold_lag_seconds": 45.0,
        "oldest_dirty_at": "2026-11-20T12:00:00Z",
    }
    functions.tick()
    assert functions.read(None, "/health") == idle


@pytest.mark.parametrize("path", ["/plans", "/health", "/openapi.json"])
def test_a_head_request_is_answered_like_a_get_without_its_content(path: str, functions: Functions) -> None:
    answer = functions.usage_api.head(f"/api/v1{path}")
    assert (answer.status_code, answer.data) == (200, b"")
