"""Intervals that callers ask for, on the usage page and as a series: read right, or refused by their field."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.http.serving import Clock, Functions, Json, refused
from tests.http.test_usage_page import PATH, call, page, two_days

SERIES = f"{PATH}/series"
HOURLY = f"{SERIES}?granularity=hour"
EVERYWHERE = pytest.mark.parametrize("path", [PATH, SERIES, HOURLY])
FOLDED_OR_LIVE = pytest.mark.parametrize("is_folded", [False, True], ids=["live", "folded"])


def asked(path: str, start: str, end: str) -> str:
    """The path and query that ask for an interval."""
    return f"{path}{'&' if '?' in path else '?'}from={start}&to={end}"


def tokens_in(answer: Json) -> int:
    """The tokens of a page or of a series; a page's sum, days and rows must agree."""
    if "points" in answer:
        return sum(point["tokens"]["total"] for point in answer["points"])
    total: int = answer["aggregate"]["total_tokens"]["total"]
    assert sum(day["tokens"]["total"] for day in answer["daily"]) == total
    assert sum(row["tokens"]["total"] for row in answer["aggregate"]["series"]) == total
    return total


@FOLDED_OR_LIVE
def test_the_edges_of_an_interval_move_back_to_full_hours(
    is_folded: bool, functions: Functions, key: str
) -> None:
    two_days(functions, key)
    if is_folded:
        functions.tick()
    answer = page(functions, key, "from=2026-11-17T22:30:00Z&to=2026-11-20T11:30:00%2B01:00")
    aggregate = answer["aggregate"]
    assert (aggregate["period_start"], aggregate["period_end"]) == (
        "2026-11-17T22:00:00Z",
        "2026-11-20T10:00:00Z",
    )
    assert (aggregate["total_tokens"]["total"], aggregate["total_runs"]) == (1_000 + 2_000, 2)
    assert [(day["date"], day["tokens"]["total"]) for day in answer["daily"]] == [
        ("2026-11-17", 1_000),
        ("2026-11-20", 2_000),
    ]
    assert (answer["status"], answer["forecast"], answer["live"]) == (None, None, None)


@pytest.mark.parametrize(
    ("query", "field", "code", "says"),
    [
        ("from=2026-11-01T00:00:00Z", "to", "missing", "to: missing"),
        ("to=2026-11-01T00:00:00Z", "from", "missing", "from: missing"),
        (
            "period=current&from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z",
            "period",
            "contradictory",
            "'current'",
        ),
        ("period=previous&to=2026-11-02T00:00:00Z", "period", "contradictory", "'previous'"),
        ("period=next", "period", "literal_error", "(got 'next')"),
        (
            "from=2026-11-02T00:00:00Z&to=2026-11-02T00:00:00Z",
            "from",
            "empty_range",
            "from: 2026-11-02T00:00:00+00:00 is not before to 2026-11-02T00:00:00+00:00",
        ),
        ("from=2026-11-02T00:40:00Z&to=2026-11-02T00:20:00Z", "from", "empty_range", "is not before"),
        (
            "from=2026-08-01T00:00:00Z&to=2026-11-02T00:00:00Z",
            "from",
            "range_too_long",
            "at most 92 days, not 93",
        ),
        ("from=monday&to=2026-11-02T00:00:00Z", "from", "datetime_from_date_parsing", "(got 'monday')"),
        ("from=2026-11-01T00:00:00&to=2026-11-02T00:00:00Z", "from", "timezone_aware", "2026-11-01T00:00:00"),
        ("granularity=day", "granularity", "extra_forbidden", "(got 'day')"),
    ],
)
def test_a_range_that_is_none_is_refused_by_its_field(
    query: str, field: str, code: str, says: str, functions: Functions, key: str
) -> None:
    document = refused(functions.get(key, f"{PATH}?{query}"), 422, "invalid_input")
    assert [(each["field"], each["code"]) for each in document["errors"]] == [(field, code)]
    assert says in document["detail"]


# In every test below, nothing but these four events was ever recorded.


def four_events(functions: Functions, key: str) -> None:
    """The first event is 35 days old; the last one is of the hour that has begun."""
    functions.record(
        key,
        call("2026-10-16T12:00:00Z", 1, run_id="a"),
        call("2026-10-31T23:59:59.999999Z", 20, run_id="b"),
        call("2026-11-01T00:00:00Z", 300, run_id="b"),
        call("2026-11-20T12:00:00Z", 4_000, run_id="c"),
    )


@FOLDED_OR_LIVE
@EVERYWHERE
@pytest.mark.parametrize(
    ("start", "end", "tokens"),
    [
        ("2000-01-01T00:00:00Z", "2000-01-31T00:00:00Z", 0),
        ("2026-09-15T00:00:00Z", "2026-10-16T00:00:00Z", 0),
        ("2026-10-16T11:00:00Z", "2026-10-16T12:00:00Z", 0),
        ("2026-09-17T00:00:00Z", "2026-10-16T13:59:59Z", 1),
        ("2026-10-16T12:00:00Z", "2026-10-16T13:59:59Z", 1),
        ("2026-10-31T23:00:00Z", "2026-11-01T00:00:00Z", 20),
        ("2026-10-31T23:00:00Z", "2026-11-01T01:00:00Z", 20 + 300),
        ("2026-10-31T00:00:00Z", "2026-11-20T12:00:00Z", 20 + 300),
        ("2026-11-20T12:59:59Z", "2026-12-20T00:00:00Z", 4_000),
        ("2026-11-20T13:00:00Z", "2026-12-20T00:00:00Z", 0),
        ("2026-12-01T00:00:00Z", "2026-12-31T00:00:00Z", 0),
        ("2199-12-01T00:00:00Z", "2199-12-31T23:59:59Z", 0),
    ],
)
def test_an_interval_before_the_first_event_or_in_the_future_is_read_right(
    start: str, end: str, tokens: int, path: str, is_folded: bool, functions: Functions, key: str
) -> None:
    four_events(functions, key)
    if is_folded:
        functions.tick(["acme"])
    assert tokens_in(functions.read(key, asked(path, start, end))) == tokens


@EVERYWHERE
@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2026-11-02T00:00:00Z", "2026-11-02T00:00:00Z", "empty_range"),
        ("2026-11-02T00:40:00Z", "2026-11-02T00:40:00Z", "empty_range"),
        ("2026-11-02T00:10:00Z", "2026-11-02T00:40:00Z", "empty_range"),
        ("2026-11-02T01:00:00%2B01:00", "2026-11-02T00:00:00Z", "empty_range"),
        ("2026-11-03T00:00:00Z", "2026-11-02T00:00:00Z", "empty_range"),
        ("2126-11-02T00:00:00Z", "2026-11-02T00:00:00Z", "empty_range"),
        ("2026-11-02T00:00:00Z", "2126-11-02T00:00:00Z", "range_too_long"),
        ("2000-01-01T00:00:00Z", "2199-12-31T00:00:00Z", "range_too_long"),
        ("1926-11-02T00:00:00Z", "2026-11-02T00:00:00Z", "greater_than_equal"),
        ("0001-01-01T00:00:00%2B14:00", "2026-11-02T00:00:00Z", "greater_than_equal"),
        ("2200-01-01T00:00:00Z", "2200-01-02T00:00:00Z", "less_than"),
    ],
)
def test_an_interval_without_length_backwards_or_of_a_century_is_refused(
    start: str, end: str, code: str, path: str, functions: Functions, key: str
) -> None:
    document = refused(functions.get(key, asked(path, start, end)), 422, "invalid_input")
    field, reported = document["errors"][0]["field"], document["errors"][0]["code"]
    assert (field, reported) == ("from", code)


def test_a_series_from_the_future_on_is_refused_for_it_would_end_before_it_begins(
    functions: Functions, key: str
) -> None:
    document = refused(functions.get(key, f"{SERIES}?from=2026-11-20T13:00:00Z"), 422, "invalid_input")
    assert [each["code"] for each in document["errors"]] == ["empty_range"]


@EVERYWHERE
def test_an_interval_says_the_same_at_each_step_from_recording_to_the_last_fold(
    path: str, functions: Functions, key: str, clock: Clock
) -> None:
    question = asked(path, "2026-10-31T23:00:00Z", "2026-11-21T05:00:00Z")
    four_events(functions, key)
    for _ in range(3):
        assert tokens_in(functions.read(key, question)) == 20 + 300 + 4_000
        functions.tick()
        assert tokens_in(functions.read(key, question)) == 20 + 300 + 4_000
        clock.pass_by(timedelta(hours=13))
    assert clock.now == datetime(2026, 11, 22, 3, tzinfo=UTC)
