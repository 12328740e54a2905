"""Tests of metering periods: they tile time, and every instant is in exactly one."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.periods import Period, period_at, previous

HOUR = timedelta(hours=1)
LAST_INSTANT = timedelta(microseconds=1)

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=offsets)  # noqa: DTZ001
anchors = st.none() | instants


def day(year: int, month: int, day_of_month: int, hour: int = 0) -> datetime:
    return datetime(year, month, day_of_month, hour, tzinfo=UTC)


@given(anchors, instants)
def test_an_instant_lies_in_its_own_period(anchor: datetime | None, instant: datetime) -> None:
    period = period_at(anchor, instant)
    assert period.start <= instant < period.end
    assert period.contains(instant)


@given(anchors, instants)
def test_consecutive_periods_leave_no_gap_and_never_overlap(
    anchor: datetime | None, instant: datetime
) -> None:
    period = period_at(anchor, instant)
    following = period_at(anchor, period.end)
    assert following.start == period.end
    assert previous(anchor, following) == period
    assert previous(anchor, period).end == period.start


@given(anchors, instants, instants)
def test_two_instants_share_a_period_or_their_periods_are_disjoint(
    anchor: datetime | None, one: datetime, other: datetime
) -> None:
    first, second = period_at(anchor, one), period_at(anchor, other)
    disjoint = first.end <= second.start or second.end <= first.start
    assert (first == second) is not disjoint
    assert first.contains(other) == (first == second)


@given(anchors, instants)
def test_the_first_and_the_last_instant_give_the_same_period(
    anchor: datetime | None, instant: datetime
) -> None:
    period = period_at(anchor, instant)
    assert period_at(anchor, period.start) == period
    assert period_at(anchor, period.end - LAST_INSTANT) == period


@given(instants, instants)
def test_the_clamped_day_never_sticks(anchor: datetime, instant: datetime) -> None:
    origin = anchor.astimezone(UTC)
    for boundary in (period_at(anchor, instant).start, period_at(anchor, instant).end):
        assert boundary.day == min(origin.day, monthrange(boundary.year, boundary.month)[1])
        assert (boundary.hour, boundary.minute, boundary.second) == (origin.hour, 0, 0)


@given(instants)
def test_the_anchor_begins_a_period_at_its_own_hour(anchor: datetime) -> None:
    start = period_at(anchor, anchor).start
    assert timedelta(0) <= anchor - start < HOUR
    assert start.astimezone(UTC).minute == 0


@given(anchors, instants, offsets)
def test_the_offset_an_instant_is_written_with_changes_nothing(
    anchor: datetime | None, instant: datetime, offset: timezone
) -> None:
    elsewhere = anchor.astimezone(offset) if anchor else None
    assert period_at(elsewhere, instant.astimezone(offset)) == period_at(anchor, instant)


@given(anchors, instants)
def test_the_days_are_the_dates_of_its_hours(anchor: datetime | None, instant: datetime) -> None:
    period = period_at(anchor, instant)
    hours = (period.end - period.start) // HOUR
    assert list(period.days()) == sorted({(period.start + n * HOUR).date() for n in range(hours)})


@given(anchors, instants)
def test_keys_sort_as_time_does(anchor: datetime | None, instant: datetime) -> None:
    period = period_at(anchor, instant)
    assert previous(anchor, period).key < period.key < period_at(anchor, period.end).key


def test_the_key_is_the_start_to_the_hour() -> None:
    assert Period(day(2026, 11, 1), day(2026, 12, 1)).key == "20261101T00Z"
    assert Period(day(2026, 2, 28, 17), day(2026, 3, 31, 17)).key == "20260228T17Z"
    assert Period(day(987, 6, 5), day(987, 7, 5)).key == "09870605T00Z"


def test_a_period_that_ends_at_midnight_does_not_touch_the_day_that_begins_then() -> None:
    dates = list(Period(day(2026, 11, 1), day(2026, 12, 1)).days())
    assert (dates[0], dates[-1], len(dates)) == (date(2026, 11, 1), date(2026, 11, 30), 30)


def test_a_period_that_ends_in_the_day_touches_that_day() -> None:
    dates = list(Period(day(2026, 1, 31, 17), day(2026, 2, 28, 17)).days())
    assert (dates[0], dates[-1], len(dates)) == (date(2026, 1, 31), date(2026, 2, 28), 1 + 28)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (datetime(2026, 11, 1), day(2026, 12, 1), "start 2026-11-01T00:00:00 .*UTC"),  # noqa: DTZ001
        (
            day(2026, 11, 1),
            datetime(2026, 12, 1, tzinfo=timezone(HOUR)),
            r"end 2026-12-01T00:00:00\+01:00 .*UTC",
        ),
        (
            day(2026, 11, 1) + LAST_INSTANT,
            day(2026, 12, 1),
            r"start 2026-11-01T00:00:00.000001\+00:00 .*hour",
        ),
        (day(2026, 11, 1), day(2026, 12, 1) + HOUR / 2, r"end 2026-12-01T00:30:00\+00:00 .*hour"),
        (day(2026, 11, 1), day(2026, 11, 1), "start .*2026-11-01.* before end .*2026-11-01"),
        (day(2026, 12, 1), day(2026, 11, 1), "start .*2026-12-01.* before end .*2026-11-01"),
    ],
    ids=["naive", "other-offset", "start-inside-an-hour", "end-inside-an-hour", "empty", "backwards"],
)
def test_refuses_a_period_that_hours_cannot_fill(start: datetime, end: datetime, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Period(start, end)


def test_an_anchor_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="anchor 2026-01-31T00:00:00 has no UTC offset"):
        period_at(datetime(2026, 1, 31), day(2026, 2, 1))  # noqa: DTZ001


def test_the_membership_of_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="instant 2026-11-05T00:00:00 has no UTC offset"):
        Period(day(2026, 11, 1), day(2026, 12, 1)).contains(datetime(2026, 11, 5))  # noqa: DTZ001


@pytest.mark.parametrize("instant", [day(1, 1, 1), day(9999, 12, 31)], ids=["first-year", "last-year"])
def test_an_instant_at_the_edge_of_the_calendar_is_refused(instant: datetime) -> None:
    with pytest.raises(ValueError, match="year"):
        period_at(day(2026, 1, 15), instant)


def test_a_period_cannot_be_changed() -> None:
    period = Period(day(2026, 11, 1), day(2026, 12, 1))
    with pytest.raises(AttributeError):
        period.end = day(2027, 1, 1)  # type: ignore[misc]
    assert period.end == day(2026, 12, 1)
