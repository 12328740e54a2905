"""GET …/usage/comparison: the usage of a period beside that of the one before, and the change in percent."""

from datetime import UTC, datetime

import pytest

from tests.http.serving import Clock, Functions, Json, refused

PATH = "/tenants/acme/usage/comparison"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def call(ts: str, tokens: int = 100, **fields: str) -> Json:
    event = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "cost_usd_estimate": "0.10"}
    return {**event, "ts": ts, "tokens": {"input_tokens": tokens, "output_tokens": 0}, **fields}


@pytest.fixture(params=["live", "folded"])
def recorded(request: pytest.FixtureRequest, functions: Functions, key: str, clock: Clock) -> Functions:
    """Usage of October and November, of which 20 days have passed; the answers do not depend on the fold."""
    clock.now = NOON
    functions.record(
        key,
        call("2026-10-17T09:00:00Z", 200, run_id="a"),
        call("2026-10-20T11:59:59Z", 100, run_id="b"),
        call("2026-10-20T13:00:00Z", 700, run_id="c"),
        call("2026-11-02T09:00:00Z", 150, run_id="d"),
        call("2026-11-20T09:00:00Z", 300, run_id="e"),
    )
    if request.param == "folded":
        assert functions.tick().status_code == 200
    return functions


def test_a_period_that_goes_on_is_compared_with_as_much_of_the_one_before(
    recorded: Functions, key: str
) -> None:
    answer = recorded.read(key, PATH)
    current, previous = answer["current"], answer["previous"]
    assert (current["from"], current["to"]) == ("2026-11-01T00:00:00Z", "2026-11-20T13:00:00Z")
    assert (previous["from"], previous["to"]) == ("2026-10-01T00:00:00Z", "2026-10-20T13:00:00Z")
    assert (current["tokens"]["total"], current["runs"]) == (150 + 300, 2)
    assert (previous["tokens"]["total"], previous["runs"]) == (200 + 100, 2)
    changed = answer["change_percent"]
    assert (changed["total_tokens"], changed["runs"], changed["cost"]) == (50.0, 0.0, 0.0)
    assert changed["errors"] is None, "nothing was before"


def test_each_day_stands_beside_the_day_of_the_same_number(recorded: Functions, key: str) -> None:
    days = recorded.read(key, PATH)["days"]
    assert len(days) == 31
    second, twentieth, last = days[1], days[19], days[30]
    assert (second["label"], second["previous_label"]) == ("2026-11-02", "2026-10-02")
    assert (second["sum"]["tokens"]["total"], second["previous"]["tokens"]["total"]) == (150, 0)
    assert (twentieth["sum"]["tokens"]["total"], twentieth["previous"]["tokens"]["total"]) == (450, 800)
    assert twentieth["previous_sum"]["tokens"]["total"] == 1_000
    assert days[20]["sum"] is None, "it has not begun"
    assert (last["label"], last["previous_label"]) == (None, "2026-10-31")


def test_days_of_a_time_zone_are_compared_with_days(recorded: Functions, key: str) -> None:
    answer = recorded.read(key, f"{PATH}?from=2026-11-20&to=2026-11-21&tz=Europe/Berlin")
    assert answer["previous"]["from"] == "2026-11-18T23:00:00Z"
    assert [(day["label"], day["previous_label"]) for day in answer["days"]] == [("2026-11-20", "2026-11-19")]


def test_the_previous_period_is_compared_with_the_one_before_it(recorded: Functions, key: str) -> None:
    answer = recorded.read(key, f"{PATH}?period=previous")
    assert answer["current"]["tokens"]["total"] == 1_000
    assert (answer["previous"]["from"], answer["previous"]["to"]) == (
        "2026-09-01T00:00:00Z",
        "2026-10-01T00:00:00Z",
    )
    assert answer["change_percent"]["total_tokens"] is None


def test_a_cost_that_leaves_calls_out_is_not_compared(recorded: Functions, key: str) -> None:
    unpriced = call("2026-11-20T09:00:00Z", provider="new", model="unheard-of")
    del unpriced["cost_usd_estimate"]
    recorded.record(key, unpriced)
    answer = recorded.read(key, PATH)
    assert (answer["current"]["cost_status"], answer["change_percent"]["cost"]) == ("incomplete", None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-06-01&to=2026-11-01", "range_too_long"),
        ("from=2026-11-01", "missing"),
        ("tz=Mars/Base", "unknown_time_zone"),
        ("period=previous&from=2026-11-01&to=2026-11-02", "contradictory"),
    ],
)
def test_bad_input_is_refused(query: str, code: str, functions: Functions, key: str) -> None:
    problem = refused(functions.get(key, f"{PATH}?{query}"), 422)
    assert [each["code"] for each in problem["errors"]] == [code]


def test_another_tenants_comparison_is_refused(functions: Functions, key: str) -> None:
    functions.create_tenant("bolt")
    refused(functions.get(key, "/tenants/bolt/usage/comparison"), 403, "foreign_tenant")
