"""Golden behaviours of aggregation, over HTTP: M19 to M23 and M29."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.golden.arithmetic import worked_out
from tests.http.serving import Clock, Functions, Json

CASES = json.loads(Path(__file__).with_name("cases").joinpath("aggregation.json").read_text("utf-8"))
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
folded_or_live = pytest.mark.parametrize("is_folded", [False, True], ids=["live", "folded"])


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case['name']}") for case in CASES[group]]


def recorded(functions: Functions, key: str, events: list[Json], *, is_folded: bool) -> Json:
    """Record these events and return the aggregate, before or after the next fold."""
    functions.record(key, *events)
    if is_folded:
        assert functions.tick().status_code == 200
    return functions.usage(key)


def rows(breakdown: Json) -> dict[str, list[Any]]:
    return {name: [row["calls"], row["tokens"], row["cost_usd"]] for name, row in breakdown.items()}


def expected_rows(breakdown: Json) -> dict[str, list[Any]]:
    return {name: [calls, worked_out(tokens), usd] for name, (calls, tokens, usd) in breakdown.items()}


@folded_or_live
@pytest.mark.parametrize("case", cases("sums"))
def test_calls_runs_tokens_latency_and_cost_are_summed_exactly(
    case: dict[str, Any], is_folded: bool, functions: Functions, key: str
) -> None:
    events = case["events"] * case.get("repeat", 1)
    usage = recorded(functions, key, events, is_folded=is_folded)
    expected = {**case["expected"], "total_latency_ms": worked_out(case["expected"]["total_latency_ms"])}
    assert {name: usage[name] for name in expected} == expected
    assert {name: usage["total_tokens"][name] for name in case["tokens"]} == {
        name: worked_out(count) for name, count in case["tokens"].items()
    }
    assert rows(usage["by_provider"]) == expected_rows(case["by_provider"])
    assert rows(usage["by_model"]) == expected_rows(case["by_model"])


@folded_or_live
@pytest.mark.parametrize("case", cases("odd_names"))
def test_odd_names_keep_their_own_rows(
    case: dict[str, Any], is_folded: bool, functions: Functions, key: str
) -> None:
    check_odd_names(case, functions, key, is_folded=is_folded)


@pytest.mark.parametrize("case", cases("odd_names"))
def test_odd_names_keep_their_own_rows_on_firestore(
    case: dict[str, Any], functions_on_firestore: Functions
) -> None:
    check_odd_names(case, functions_on_firestore, functions_on_firestore.create_tenant(), is_folded=True)


def check_odd_names(case: dict[str, Any], functions: Functions, key: str, *, is_folded: bool) -> None:
    """Use each name once more than the previous one, and expect that number."""
    names = case["names"]
    events = [{**CALL, case["field"]: name} for count, name in enumerate(names, 1) for _ in range(count)]
    usage = recorded(functions, key, events, is_folded=is_folded)
    counts = {name: row["calls"] for name, row in usage[f"by_{case['field']}"].items()}
    assert counts == {name: count for count, name in enumerate(names, 1)}
    assert {row[case["field"]]: row["calls"] for row in usage["series"]} == counts


@folded_or_live
@pytest.mark.parametrize("case", cases("spanning_runs"))
def test_a_run_counts_in_the_period_in_which_it_began(
    case: dict[str, Any], is_folded: bool, functions: Functions, clock: Clock, key: str
) -> None:
    clock.now = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)
    events = [{**CALL, "run_id": "run-1", "ts": case[edge]} for edge in ("began", "ended")]
    for event in reversed(events) if case.get("is_reversed") else events:
        functions.record(key, event)
    if is_folded:
        functions.tick()
    assert functions.usage(key)["total_runs"] == case["runs_after"]
    clock.now = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    assert functions.usage(key)["total_runs"] == case["runs_before"]


names = st.sampled_from(["a", "b", "a.b", "__proto__", "other"])
events = st.fixed_dictionaries(
    {"category": st.sampled_from(["llm", "tool", "other"]), "provider": names, "model": names},
    optional={
        "tokens": st.fixed_dictionaries(
            {"input_tokens": st.integers(0, 10**6), "output_tokens": st.integers(0, 10**6)}
        ),
        "latency_ms": st.integers(0, 10**6),
        "cost_usd_estimate": st.decimals(0, 100, places=9).map(str),
        "status": st.sampled_from(["ok", "error", "started", "failed"]),
        "run_id": st.sampled_from(["run-1", "run-2"]),
    },
)


@given(batches=st.lists(st.lists(events, max_size=6), max_size=4), ticks=st.sets(st.integers(0, 3)))
def test_the_sum_over_series_equals_the_totals_m23(
    batches: list[list[Json]], ticks: set[int], functions: Functions, key: str
) -> None:
    for number, batch in enumerate(batches):
        if batch:
            functions.record(key, *batch)
        if number in ticks:
            assert functions.tick(["acme"]).status_code == 200
        usage = functions.usage(key)
        assert sum_of(usage["series"], "calls") == usage["total_llm_calls"]
        assert sum_of(usage["series"], "tool_calls") == usage["total_tool_calls"]
        assert sum_of(usage["series"], "errors") == usage["total_errors"]
        assert sum_of(usage["series"], "latency_ms") == usage["total_latency_ms"]
        assert sum_of(usage["series"], "unpriced_calls") == usage["unpriced_calls"]
        for kind, total in usage["total_tokens"].items():
            assert sum(row["tokens"][kind] for row in usage["series"]) == total
        for breakdown in ("series", "by_provider", "by_model"):
            assert nanousd_of(usage[breakdown]) == nanousd(usage["total_cost_usd"])


def sum_of(rows: list[Json], metric: str) -> int:
    return sum(row[metric] for row in rows)


def nanousd(usd: str) -> int:
    """Convert a decimal string of USD to nano-USD."""
    dollars, decimals = usd.split(".")
    return int(dollars) * 10**9 + int(decimals.ljust(9, "0"))


def nanousd_of(rows: Any) -> int:
    return sum(nanousd(row["cost_usd"]) for row in (rows.values() if isinstance(rows, dict) else rows))


@pytest.mark.parametrize("is_folded", [False, True], ids=["M29-live", "M29-folded"])
def test_usage_recorded_after_a_first_check_is_seen_by_the_next_one(
    is_folded: bool, functions: Functions, clock: Clock, key: str
) -> None:
    other_instance = functions.another()
    assert other_instance.check(key, tokens=500_000)["allowed"] is True
    functions.record(key, {**CALL, "tokens": {"total_tokens": 1}})
    if is_folded:
        functions.tick()
    clock.pass_by(timedelta(milliseconds=1))
    answer = other_instance.check(key, tokens=500_000)
    assert (answer["allowed"], answer["status"]["tokens_used"]) == (False, 1)
