"""The steps of a series: they follow each other without gaps, in every zone and across every change of the clock."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidInput
from shared.domain.ledger.periods import Period
from shared.domain.ledger.steps import Granularity, Steps, days_in_zone
from shared.domain.ledger.zones import find_zone, is_utc, require_whole_hours, zone_named

HOUR = timedelta(hours=1)
ZONES = st.sampled_from(sorted(available_timezones() - {"Factory", "localtime", "posixrules"}))
GRANULARITIES: st.SearchStrategy[Granularity] = st.sampled_from(["hour", "day", "week", "month"])
PERIODS = st.builds(
    lambda hour, hours: Period(
        *(datetime(2000, 1, 1, tzinfo=UTC) + at * HOUR for at in (hour, hour + hours))
    ),
    st.integers(0, 30 * 365 * 24),
    st.integers(1, 800),
)


@given(ZONES, GRANULARITIES, PERIODS)
def test_every_hour_of_an_interval_is_in_the_step_of_its_local_date(
    name: str, granularity: Granularity, within: Period
) -> None:
    zone = ZoneInfo(name)
    try:
        require_whole_hours(zone, within, "tz")
    except InvalidInput:
        return
    steps = Steps(within, granularity, zone)
    assert steps.all[0].start <= within.start
    assert all(one.start < other.start and one.label != other.label for one, other in pairwise(steps.all))
    for step in steps.all[1:]:
        assert step.start.minute == 0
        assert steps.at(step.start) == step
        assert steps.at(step.start - HOUR) != step
    if granularity == "day":
        dates = [
            str((within.start + number * HOUR).astimezone(zone).date()) for number in range(_hours(within))
        ]
        assert [steps.at(within.start + number * HOUR).label for number in range(_hours(within))] == dates
        assert len(steps.all) <= days_in_zone(within, zone)


def _hours(within: Period) -> int:
    return (within.end - within.start) // HOUR


def days(zone: str, start: datetime, end: datetime) -> list[tuple[str, str]]:
    return [
        (f"{step.start:%dT%H}", step.label) for step in Steps(Period(start, end), "day", ZoneInfo(zone)).all
    ]


def test_a_day_begins_where_the_clock_jumps_over_its_midnight() -> None:
    # On 8 March 2026, clocks in Havana go from 00:00 to 01:00.
    within = datetime(2026, 3, 7, 12, tzinfo=UTC), datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert days("America/Havana", *within) == [
        ("07T05", "2026-03-07"),
        ("08T05", "2026-03-08"),
        ("09T04", "2026-03-09"),
    ]


def test_a_day_begins_where_the_clock_shows_its_midnight_first() -> None:
    # On 1 November 2026, clocks in Havana go back from 01:00 to 00:00.
    within = datetime(2026, 10, 31, 12, tzinfo=UTC), datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert days("America/Havana", *within) == [
        ("31T04", "2026-10-31"),
        ("01T04", "2026-11-01"),
        ("02T05", "2026-11-02"),
    ]


def test_a_date_that_a_zone_left_out_is_no_step() -> None:
    within = datetime(2011, 12, 29, 12, tzinfo=UTC), datetime(2011, 12, 31, 12, tzinfo=UTC)
    assert days("Pacific/Apia", *within) == [
        ("29T10", "2011-12-29"),
        ("30T10", "2011-12-31"),
        ("31T10", "2012-01-01"),
    ]


def test_a_zone_is_utc_only_while_its_clock_shows_it() -> None:
    london, november = ZoneInfo("Europe/London"), datetime(2026, 11, 1, tzinfo=UTC)
    assert is_utc(london, Period(november, november + 30 * 24 * HOUR))
    assert not is_utc(london, Period(november - 30 * 24 * HOUR, november))


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "Factory", "localtime", "../UTC", "/etc/localtime", "Europe"]
)
def test_a_name_that_is_no_zone_is_refused(name: str) -> None:
    assert find_zone(name) is None
    with pytest.raises(InvalidInput) as refusal:
        zone_named(name, "time_zone")
    assert [(each.field, each.code) for each in refusal.value.problems] == [
        ("time_zone", "unknown_time_zone")
    ]
