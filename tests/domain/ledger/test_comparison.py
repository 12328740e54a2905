"""The interval before another one, and the change from one to the other."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.comparison import change_percent, changes, part_so_far, preceding
from shared.domain.ledger.counters import Metric, Totals
from shared.domain.ledger.periods import Period
from shared.domain.ledger.zones import first_instant

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from([ZoneInfo("UTC"), BERLIN, ZoneInfo("America/New_York")])
HOUR = timedelta(hours=1)


def days(first: str, last: str, zone: ZoneInfo = BERLIN) -> Period:
    """Return whole days of a zone, without the last."""
    return Period(*(first_instant(date.fromisoformat(day), zone) for day in (first, last)))


@pytest.mark.parametrize(
    ("within", "before"),
    [
        (("2026-11-14", "2026-11-21"), ("2026-11-07", "2026-11-14")),
        (("2026-10-20", "2026-10-27"), ("2026-10-13", "2026-10-20")),
        (("2026-03-01", "2026-04-01"), ("2026-02-01", "2026-03-01")),
        (("2026-01-01", "2026-04-01"), ("2025-10-01", "2026-01-01")),
    ],
    ids=["a week", "a week in which the clocks change", "a month", "a quarter"],
)
def test_days_are_compared_with_days_and_months_with_months(
    within: tuple[str, str], before: tuple[str, str]
) -> None:
    assert preceding(days(*within), BERLIN) == days(*before)


@given(since_2020=st.integers(0, 10 * 365 * 24), hours=st.integers(1, 92 * 24), zone=ZONES)
def test_the_interval_before_touches_and_is_about_as_long(
    since_2020: int, hours: int, zone: ZoneInfo
) -> None:
    begin = datetime(2020, 1, 1, tzinfo=UTC) + since_2020 * HOUR
    within = Period(begin, begin + hours * HOUR)
    before = preceding(within, zone)
    assert before.end == within.start
    lengths = before.end - before.start, within.end - within.start
    assert abs(lengths[0] - lengths[1]) <= timedelta(days=4), "the longest quarter against the shortest"


def test_a_period_that_goes_on_is_compared_with_as_much_of_the_one_before() -> None:
    november, october = (
        days(f"2026-{month}-01", f"2026-{month + 1}-01", ZoneInfo("UTC")) for month in (11, 10)
    )
    until = november.start + 36 * HOUR
    assert part_so_far(october, november, until) == Period(october.start, october.start + 36 * HOUR)
    assert part_so_far(october, november, november.end) == october
    february = days("2027-02-01", "2027-03-01", ZoneInfo("UTC"))
    march = days("2027-03-01", "2027-04-01", ZoneInfo("UTC"))
    assert part_so_far(february, march, march.end - HOUR) == february


@pytest.mark.parametrize(
    ("current", "previous", "percent"),
    [
        (150, 100, 50.0),
        (50, 100, -50.0),
        (0, 3, -100.0),
        (4, 3, 33.3),
        (2, 3, -33.3),
        (1, 1, 0.0),
        (1, 0, None),
    ],
)
def test_a_change_in_percent(current: int, previous: int, percent: float | None) -> None:
    assert change_percent(current, previous) == percent


@given(current=st.integers(0, 2**62), previous=st.integers(1, 2**62))
def test_a_change_is_off_by_half_a_tenth_at_the_most(current: int, previous: int) -> None:
    percent = change_percent(current, previous)
    assert percent is not None
    tenths = round(percent * 10) if abs(percent) < 10**12 else None
    if tenths is not None:
        assert abs(tenths * previous - (current - previous) * 1000) * 2 <= previous


@pytest.mark.parametrize("left_out", ["unpriced_calls", "incomplete_calls"])
def test_a_cost_that_leaves_calls_out_has_no_change(left_out: Metric) -> None:
    before: Totals = {"calls": 1, "cost_nanousd": 5}
    known: Totals = {"calls": 2, "cost_nanousd": 10}
    assert changes(known, before)["cost_nanousd"] == 100.0
    for pair in (({**known, left_out: 1}, before), (known, {**before, left_out: 1})):
        found = changes(*pair)
        assert (found["cost_nanousd"], found["calls"]) == (None, 100.0)
