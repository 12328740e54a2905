"""GET …/runs and …/events over HTTP: orders, filters, CSV, and questions that contradict themselves."""

import csv
import io
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from shared.http.csv_files import NEXT_CURSOR
from shared.http.ledger import runs as runs_routes
from tests.http.serving import Clock, Functions, Json, refused
from tests.http.test_cloudevents import send_one
from tests.http.test_listing import pages_of

CALL: Json = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
END: Json = {"category": "other", "provider": "agents", "model": "runner"}
RUNS = "/tenants/acme/runs"
HTML = "<img src=x onerror=alert(1)>"


def call(run: str, cost: str, tokens: int, **fields: Any) -> Json:
    return {**CALL, "run_id": run, "cost_usd_estimate": cost, "tokens": {"input_tokens": tokens}, **fields}


@pytest.fixture
def three_runs(functions: Functions, clock: Clock, key: str) -> str:
    """Record a costly run of Ada's, a long one of Bob's, and a failed one, an hour apart; return the key."""
    functions.record(key, call("costly", "9", 10, user_id="ada", tags={"team": "search"}))
    clock.pass_by(timedelta(hours=1))
    functions.record(key, call("long", "1", 30, user_id="bob", workflow_id=HTML))
    clock.pass_by(timedelta(hours=1))
    functions.record(key, {**END, "run_id": "long", "status": "completed"})
    functions.record(key, call("failed", "2", 20, tags={"team": "search", "x": "a:b"}))
    functions.record(key, {**END, "run_id": "failed", "status": "failed"})
    functions.tick(["acme"])
    return key


def ids(functions: Functions, key: str, **query: str) -> list[str]:
    answer = functions.read(key, f"{RUNS}?{urlencode(query)}")
    return [run["id"] for run in answer["runs"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["failed", "long", "costly"]),
        ({"sort": "cost"}, ["costly", "failed", "long"]),
        ({"sort": "tokens"}, ["long", "failed", "costly"]),
        ({"sort": "duration"}, ["long", "failed"]),
        ({"sort": "duration", "tag": "team:search"}, ["failed"]),
        ({"user_id": "ada"}, ["costly"]),
        ({"workflow_id": HTML}, ["long"]),
        ({"tag": "team:search", "sort": "cost"}, ["costly", "failed"]),
        ({"tag": "x:a:b"}, ["failed"]),
        ({"status": "completed"}, ["long"]),
        ({"status": "failed", "sort": "duration"}, ["failed"]),
        ({"status": "open"}, ["costly"]),
        ({"status": "timed_out"}, []),
        ({"from": "2026-11-20T13:00:00Z"}, ["failed", "long"]),
        ({"to": "2026-11-20T13:00:00Z", "sort": "cost"}, ["costly"]),
        ({"from": "2026-11-20", "to": "2026-11-21", "user_id": "bob"}, ["long"]),
        ({"from": "2026-11-21"}, []),
        ({"from": "2026-11-21", "tz": "Pacific/Auckland"}, ["failed", "long", "costly"]),
        ({"from": "2026-11-20T13:00:00.000001Z"}, ["failed"]),
        ({"id": "l"}, ["long"]),
        ({"id": HTML}, []),
    ],
)
def test_runs_are_found_by_order_filter_and_id(
    query: dict[str, str], expected: list[str], functions: Functions, three_runs: str
) -> None:
    assert ids(functions, three_runs, **query) == expected


def test_a_run_names_its_user_its_workflow_and_its_tags(functions: Functions, three_runs: str) -> None:
    run = functions.read(three_runs, f"{RUNS}/long")
    assert (run["user_id"], run["workflow_id"], run["tags"]) == ("bob", HTML, None)
    assert functions.read(three_runs, f"{RUNS}/failed")["tags"] == {"team": "search", "x": "a:b"}


@pytest.mark.parametrize("sort", ["started", "cost", "tokens", "duration"])
def test_pages_of_each_order_hold_every_run_once(sort: str, functions: Functions, three_runs: str) -> None:
    pages = pages_of(functions, three_runs, "runs", limit=1, query=f"&sort={sort}")
    assert [run["id"] for page in pages for run in page] == ids(functions, three_runs, sort=sort)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("status=open&user_id=ada", 422, "contradictory"),
        ("user_id=ada&workflow_id=triage", 422, "contradictory"),
        ("workflow_id=triage&tag=team:search", 422, "contradictory"),
        ("sort=duration&status=open", 422, "contradictory"),
        ("sort=duration&status=timed_out", 422, "contradictory"),
        ("id=a&status=open", 422, "contradictory"),
        ("id=a&sort=cost", 422, "contradictory"),
        ("id=a&from=2026-11-20", 422, "contradictory"),
        ("from=2026-11-20&to=2026-11-20", 422, "empty_range"),
        ("from=2026-11-20&to=2026-11-19", 422, "empty_range"),
        ("tz=Mars", 422, "unknown_time_zone"),
        ("sort=name", 422, "literal_error"),
        ("status=lost", 422, "literal_error"),
        ("tag=search", 422, "string_pattern_mismatch"),
        ("tag=Team:search", 422, "string_pattern_mismatch"),
        ("tag=team:", 422, "string_pattern_mismatch"),
        ("user_id=", 422, "string_too_short"),
        ("id=" + "a" * 129, 422, "string_too_long"),
        ("user_id=a%00b", 422, "string_pattern_mismatch"),
        ("limit=0", 422, "greater_than_equal"),
        ("cursor=x", 400, "invalid_cursor"),
        ("tenant=bolt", 422, "extra_forbidden"),
        ("user_id=ada&user_id=bob", 422, "repeated_parameter"),
    ],
)
@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_bad_question_about_runs_is_reported(
    query: str, status: int, code: str, form: str, functions: Functions, key: str
) -> None:
    document = refused(functions.get(key, f"{RUNS}?{query}&format={form}"), status)
    assert code in (document["code"], *(each["code"] for each in document.get("errors", ())))


def test_a_cursor_of_another_order_is_reported(functions: Functions, three_runs: str) -> None:
    cursor = functions.read(three_runs, f"{RUNS}?sort=cost&limit=1")["next_cursor"]
    refused(functions.get(three_runs, f"{RUNS}?sort=tokens&cursor={cursor}"), 400, "invalid_cursor")
    refused(functions.get(three_runs, f"{RUNS}?status=open&sort=cost&cursor={cursor}"), 400, "invalid_cursor")


def test_the_runs_of_another_tenant_are_not_found(functions: Functions, three_runs: str) -> None:
    other = functions.create_tenant("globex")
    assert functions.read(other, "/tenants/globex/runs?sort=cost")["runs"] == []
    assert functions.read(other, "/tenants/globex/runs?id=costly")["runs"] == []
    refused(functions.get(other, "/tenants/globex/runs/costly"), 404, "not_found")
    refused(functions.get(other, f"{RUNS}?sort=cost"), 403)
    cursor = functions.read(three_runs, f"{RUNS}?sort=cost&limit=1")["next_cursor"]
    assert functions.read(other, f"/tenants/globex/runs?sort=cost&cursor={cursor}")["runs"] == []


def rows_of(functions: Functions, key: str, query: str) -> list[dict[str, str]]:
    answer = functions.get(key, f"{RUNS}?format=csv&{query}")
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    return list(csv.DictReader(io.StringIO(answer.get_data().decode(), newline="")))


def test_a_file_has_the_runs_of_the_list_in_its_order(functions: Functions, three_runs: str) -> None:
    rows = rows_of(functions, three_runs, "sort=cost&limit=1")
    assert [row["id"] for row in rows] == ["costly", "failed", "long"]
    assert rows[1] == {
        "id": "failed",
        "status": "failed",
        "began_at": "2026-11-20T14:00:00Z",
        "last_at": "2026-11-20T14:00:00Z",
        "user_id": "",
        "workflow_id": "",
        "tags": "team:search, x:a:b",
        "duration_ms": "0",
        "calls": "1",
        "tool_calls": "0",
        "errors": "1",
        "unpriced_calls": "0",
        "incomplete_calls": "0",
        "latency_ms": "0",
        "cost_usd": "2.00",
        "cost_status": "complete",
        "input_tokens": "20",
        "output_tokens": "0",
        "total_tokens": "20",
        "cache_read_tokens": "0",
        "cache_write_tokens": "0",
        "reasoning_tokens": "0",
    }


def test_no_cell_of_a_file_is_a_formula(functions: Functions, key: str) -> None:
    functions.record(key, call("=1+2", "1", 1, user_id="@SUM(A1)", workflow_id="+1", tags={"x": "a;=1"}))
    (row,) = rows_of(functions, key, "")
    assert (row["id"], row["user_id"], row["workflow_id"]) == ("'=1+2", "'@SUM(A1)", "'+1")
    assert row["tags"] == "x:a;'=1"


def test_a_file_that_is_cut_says_so_and_where_to_go_on(
    functions: Functions, three_runs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_routes, "MAX_CSV_RUNS", 2)
    monkeypatch.setattr(runs_routes, "_RUNS_PER_PAGE", 1)
    answer = functions.get(three_runs, f"{RUNS}?format=csv&sort=cost")
    cursor = answer.headers[NEXT_CURSOR]
    assert (
        f"Cut after 2 runs: narrow the filters, or go on with the cursor {cursor}"
        in answer.get_data().decode()
    )
    assert "-cut.csv" in answer.headers["Content-Disposition"]
    rest = functions.get(three_runs, f"{RUNS}?format=csv&sort=cost&cursor={cursor}")
    assert NEXT_CURSOR not in rest.headers
    assert [line.partition(",")[0] for line in rest.get_data().decode().splitlines()[1:]] == ['"long"']


EVENTS = "/tenants/acme/events"


@pytest.fixture
def five_events(functions: Functions, clock: Clock, key: str) -> str:
    """Record five calls an hour apart: by Ada and Bob in turn, the last at another provider; return the key."""
    for number in range(5):
        event = {
            **CALL,
            "id": f"e{number}",
            "user_id": "ada" if number % 2 else "bob",
            "run_id": f"r{number // 2}",
        }
        if number == 4:
            event |= {"provider": "anthropic", "model": "claude-sonnet-4-5", "status": "error"}
        functions.record(key, event)
        clock.pass_by(timedelta(hours=1))
    return key


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "e4 e3 e2 e1 e0"),
        ("user_id=ada", "e3 e1"),
        ("provider=openai&user_id=bob", "e2 e0"),
        ("model=claude-sonnet-4-5", "e4"),
        ("status=error", "e4"),
        ("run_id=r1", "e3 e2"),
        ("run_id=r1&user_id=ada", "e3"),
        ("from=2026-11-20T13:00:00Z&to=2026-11-20T15:00:00Z", "e2 e1"),
        ("from=2026-11-20T13:00:00Z&to=2026-11-20T15:00:00Z&user_id=ada&run_id=r0", "e1"),
        (f"user_id={quote(HTML)}", ""),
    ],
)
def test_events_are_listed_by_the_filters_of_explain(
    query: str, expected: str, functions: Functions, five_events: str
) -> None:
    pages = pages_of(functions, five_events, "events", limit=2, query=f"&{query}" if query else "")
    assert [event["id"] for page in pages for event in page] == expected.split()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-11-18", "missing"),
        ("to=2026-11-18", "missing"),
        ("from=2026-11-18&to=2026-11-17", "empty_range"),
        ("status=lost", "literal_error"),
        ("run_id=", "string_too_short"),
    ],
)
def test_a_bad_question_about_events_is_reported(
    query: str, code: str, functions: Functions, key: str
) -> None:
    document = refused(functions.get(key, f"{EVENTS}?{query}"), 422)
    assert code in [each["code"] for each in document["errors"]]


@pytest.mark.parametrize("event_id", ["a", "a/b", "a b", "ü", "a%2Fb", HTML])
def test_an_event_is_found_by_its_id_with_its_metadata(event_id: str, functions: Functions, key: str) -> None:
    functions.record(key, {**CALL, "id": event_id, "metadata": {"attempt": 2}})
    event = functions.read(key, f"{EVENTS}/{quote(event_id, safe='')}")
    assert (event["id"], event["metadata"]) == (event_id, {"attempt": 2})


def test_an_unknown_event_and_that_of_another_tenant_are_not_found(functions: Functions, key: str) -> None:
    other = functions.create_tenant("globex")
    functions.record(key, {**CALL, "id": "own"})
    refused(functions.get(key, f"{EVENTS}/{quote(HTML)}"), 404, "not_found")
    refused(functions.get(other, "/tenants/globex/events/own"), 404, "not_found")
    refused(functions.get(other, f"{EVENTS}/own"), 403)


def test_a_cloud_event_is_found_with_its_source(functions: Functions, key: str) -> None:
    envelope = {"specversion": "1.0", "type": "call", "source": "/agents/1", "id": "e1", "data": CALL}
    send_one(functions, key, envelope)
    refused(functions.get(key, f"{EVENTS}/e1"), 404, "not_found")
    assert functions.read(key, f"{EVENTS}/e1?source={quote('/agents/1', safe='')}")["id"] == "e1"
