"""Usage over time: ranges, granularity, groups, and CSV that a spreadsheet does not run."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from tests.http.serving import Clock, Functions

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "cost_usd_estimate": "0.10"}
SERIES = "/tenants/acme/usage/series"


def call(ts: str, total_tokens: int = 100, **fields: Any) -> dict[str, Any]:
    return {**CALL, "ts": ts, "tokens": {"total_tokens": total_tokens}, **fields}


@pytest.fixture(params=["live", "folded"])
def recorded(request: pytest.FixtureRequest, functions: Functions, key: str) -> Functions:
    """Usage on two days and in three hours, of two providers; the answers do not depend on the fold."""
    functions.record(
        key,
        call("2026-11-18T23:59:59.999999Z", 100),
        call("2026-11-19T00:00:00Z", 200),
        call("2026-11-19T15:30:00Z", 400, provider="azure"),
        call("2026-11-19T15:45:00Z", 800),
    )
    if request.param == "folded":
        assert functions.tick().status_code == 200
    return functions


def points(functions: Functions, key: str, query: str) -> list[tuple[Any, ...]]:
    """Start, group and tokens of every point that has usage."""
    answer = functions.read(key, f"{SERIES}?fill=none&{query}")
    return [
        (point["start"], point["provider"] or point["model"], point["tokens"]["total"])
        for point in answer["points"]
    ]


def test_by_day(recorded: Functions, key: str) -> None:
    assert points(recorded, key, "") == [
        ("2026-11-18T00:00:00Z", None, 100),
        ("2026-11-19T00:00:00Z", None, 200 + 400 + 800),
    ]


def test_by_hour(recorded: Functions, key: str) -> None:
    query = "granularity=hour&from=2026-11-01T00:00:00Z"
    assert points(recorded, key, query) == [
        ("2026-11-18T23:00:00Z", None, 100),
        ("2026-11-19T00:00:00Z", None, 200),
        ("2026-11-19T15:00:00Z", None, 400 + 800),
    ]


def test_by_provider(recorded: Functions, key: str) -> None:
    assert points(recorded, key, "group_by=provider") == [
        ("2026-11-18T00:00:00Z", "openai", 100),
        ("2026-11-19T00:00:00Z", "azure", 400),
        ("2026-11-19T00:00:00Z", "openai", 200 + 800),
    ]


def test_by_model(recorded: Functions, key: str) -> None:
    assert points(recorded, key, "group_by=model") == [
        ("2026-11-18T00:00:00Z", "gpt-4.1-mini", 100),
        ("2026-11-19T00:00:00Z", "gpt-4.1-mini", 200 + 400 + 800),
    ]


def test_by_provider_and_model(recorded: Functions, key: str) -> None:
    answer = recorded.read(key, f"{SERIES}?fill=none&group_by=provider,model")
    found = [(each["provider"], each["model"], each["tokens"]["total"]) for each in answer["points"]]
    assert found == [
        ("openai", "gpt-4.1-mini", 100),
        ("azure", "gpt-4.1-mini", 400),
        ("openai", "gpt-4.1-mini", 200 + 800),
    ]


@pytest.mark.parametrize("group_by", ["", "&group_by=model"])
def test_by_week_from_monday_on_and_by_month(group_by: str, functions: Functions, key: str) -> None:
    # 16 November is a Monday; October and November meet within a week.
    days = {"2026-11-16": 1, "2026-11-15": 2, "2026-11-01": 4, "2026-10-31": 8}
    functions.record(key, *(call(f"{day}T05:00:00Z", tokens) for day, tokens in days.items()))
    functions.tick()
    within = f"from=2026-10-01&to=2026-11-20{group_by}"
    assert [point[0] for point in points(functions, key, f"granularity=week&{within}")] == [
        "2026-10-26T00:00:00Z",
        "2026-11-09T00:00:00Z",
        "2026-11-16T00:00:00Z",
    ]
    assert [point[-1] for point in points(functions, key, f"granularity=week&{within}")] == [4 + 8, 2, 1]
    assert [point[-1] for point in points(functions, key, f"granularity=month&{within}")] == [8, 1 + 2 + 4]


@pytest.mark.parametrize(
    ("query", "tokens"),
    [
        ("from=2026-11-19T00:00:00Z", 200 + 400 + 800),
        ("to=2026-11-19T00:00:00Z", 100),
        ("from=2026-11-18T23:00:00Z&to=2026-11-19T01:00:00Z", 100 + 200),
        ("from=2026-11-19T01:00:00%2B01:00&to=2026-11-19T02:00:00%2B01:00", 200),
        ("from=2026-11-19T15:59:00Z&to=2026-11-19T16:00:00Z", 400 + 800),
        ("from=2026-11-19T15:59:00Z&to=2026-11-19T16:30:00Z", 400 + 800),
        ("from=2026-11-19&to=2026-11-20", 200 + 400 + 800),
        ("from=2026-11-19T16:00:00Z", 0),
    ],
)
def test_a_range_is_half_open_and_its_edges_move_back_to_full_hours(
    query: str, tokens: int, recorded: Functions, key: str
) -> None:
    assert sum(point[-1] for point in points(recorded, key, query)) == tokens


def test_the_answer_reports_the_range_that_was_read(functions: Functions, clock: Clock, key: str) -> None:
    clock.pass_by(timedelta(minutes=30))
    answer = functions.read(key, f"{SERIES}?fill=none")
    assert answer == {
        "from": "2026-10-21T13:00:00Z",
        "to": "2026-11-20T13:00:00Z",
        "granularity": "day",
        "group_by": None,
        "time_zone": "UTC",
        "points": [],
    }


def test_a_day_of_the_previous_period_is_in_the_series(functions: Functions, key: str) -> None:
    functions.record(key, call("2026-10-31T23:00:00Z", 100), call("2026-11-01T00:00:00Z", 200))
    functions.tick()
    query = "from=2026-10-31T00:00:00Z&to=2026-11-02T00:00:00Z"
    assert [point[-1] for point in points(functions, key, query)] == [100, 200]


def test_the_longest_ranges(functions: Functions, key: str) -> None:
    for query in (
        "granularity=hour&from=2026-10-01T00:00:00Z&to=2026-11-01T00:00:00Z",
        "from=2025-01-01T00:00:00Z&to=2026-01-02T00:00:00Z",
        "granularity=month&from=2024-01-01&to=2027-01-01",
        "granularity=week&group_by=model&from=2026-01-01&to=2027-01-01",
    ):
        assert functions.read(key, f"{SERIES}?fill=none&{query}")["points"] == []


def rows_of(functions: Functions, key: str, query: str) -> list[dict[str, str]]:
    answer = functions.get(key, f"{SERIES}?format=csv&fill=none&{query}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


def test_csv_has_a_row_for_every_point(recorded: Functions, key: str) -> None:
    rows = rows_of(recorded, key, "group_by=provider")
    assert [(row["start"], row["provider"], row["total_tokens"]) for row in rows] == [
        ("2026-11-18T00:00:00Z", "openai", "100"),
        ("2026-11-19T00:00:00Z", "azure", "400"),
        ("2026-11-19T00:00:00Z", "openai", "1000"),
    ]
    assert rows[2] == {
        "start": "2026-11-19T00:00:00Z",
        "label": "2026-11-19",
        "provider": "openai",
        "model": "",
        "calls": "2",
        "tool_calls": "0",
        "errors": "0",
        "unpriced_calls": "0",
        "incomplete_calls": "0",
        "latency_ms": "0",
        "cost_usd": "0.20",
        "cost_status": "complete",
        "input_tokens": "0",
        "output_tokens": "0",
        "total_tokens": "1000",
        "cache_read_tokens": "0",
        "cache_write_tokens": "0",
        "reasoning_tokens": "0",
    }


def test_csv_of_no_usage_is_its_header(functions: Functions, key: str) -> None:
    assert rows_of(functions, key, "") == []


def test_a_row_stands_for_every_step_also_in_csv(recorded: Functions, key: str) -> None:
    query = "from=2026-11-17&to=2026-11-21"
    rows = [
        ("2026-11-17T00:00:00Z", 0),
        ("2026-11-18T00:00:00Z", 100),
        ("2026-11-19T00:00:00Z", 200 + 400 + 800),
        ("2026-11-20T00:00:00Z", 0),
    ]
    answer = recorded.read(key, f"{SERIES}?{query}")
    assert [(point["start"], point["tokens"]["total"]) for point in answer["points"]] == rows
    assert [point["cost_status"] for point in answer["points"]] == ["complete"] * 4
    text = recorded.get(key, f"{SERIES}?format=csv&{query}").get_data(as_text=True)
    lines = csv.DictReader(io.StringIO(text, newline=""))
    assert [(line["start"], int(line["total_tokens"])) for line in lines] == rows


def test_with_groups_a_row_stands_for_every_step_of_each_group(recorded: Functions, key: str) -> None:
    answer = recorded.read(key, f"{SERIES}?from=2026-11-18&to=2026-11-20&group_by=provider")
    assert [(each["label"], each["provider"], each["calls"]) for each in answer["points"]] == [
        ("2026-11-18", "azure", 0),
        ("2026-11-18", "openai", 1),
        ("2026-11-19", "azure", 1),
        ("2026-11-19", "openai", 2),
    ]


def test_a_filled_series_has_at_most_ten_thousand_rows_and_leaves_no_usage_out(
    functions: Functions, key: str
) -> None:
    functions.record(key, *(call("2026-11-19T05:00:00Z", 1 + n, model=f"m{n:02}") for n in range(20)))
    query = "granularity=hour&group_by=model&from=2026-10-20&to=2026-11-20"
    filled = functions.read(key, f"{SERIES}?{query}")["points"]
    models = 10_000 // (31 * 24)
    assert len(filled) == 31 * 24 * models
    used = {each["model"]: each["tokens"]["total"] for each in filled if each["calls"]}
    largest = {f"m{n:02}": 1 + n for n in range(20 - models + 1, 20)}
    assert used == {**largest, "other": sum(1 + n for n in range(20 - models + 1))}
    assert len(points(functions, key, query)) == 20
