"""Golden behaviours of metering periods: M37 to M40."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from shared.domain.ledger.periods import Period, period_at, previous

CASES = json.loads(Path(__file__).with_name("cases").joinpath("periods.json").read_text("utf-8"))
LAST_INSTANT = timedelta(microseconds=1)


def cases(group: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case['name']}") for case in CASES[group]]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(params=CASES["time_zones"], ids=lambda zone: zone["name"])
def process_time_zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the test in a process whose local time is not UTC; POSIX names, which need no zone database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param["tz"])
        time.tzset()
        assert time.timezone == request.param["seconds_west"]
        yield
    time.tzset()


@pytest.mark.usefixtures("process_time_zone")
@pytest.mark.parametrize("case", cases("calendar"))
def test_free_tenants_are_metered_by_calendar_month_in_utc(case: dict[str, Any]) -> None:
    month = Period(instant(case["start"]), instant(case["end"]))
    assert period_at(None, instant(case["instant"])) == month
    assert period_at(None, instant(case["instant"]).astimezone()) == month


@pytest.mark.usefixtures("process_time_zone")
@pytest.mark.parametrize(
    "anchor", [None, datetime(2026, 1, 31, tzinfo=UTC)], ids=["M37-calendar", "M37-anchored"]
)
def test_an_instant_without_a_time_zone_is_refused_rather_than_taken_as_local(
    anchor: datetime | None,
) -> None:
    with pytest.raises(ValueError, match="instant 2026-11-01T00:00:00 has no UTC offset"):
        period_at(anchor, datetime(2026, 11, 1))  # noqa: DTZ001  # what is refused


@pytest.mark.parametrize("case", cases("anchored"))
def test_anchors_clamp_to_short_months_and_come_back(case: dict[str, Any]) -> None:
    anchor = instant(case["anchor"])
    starts = [instant(text) for text in case["starts"]]
    for start, end in pairwise(starts):
        assert period_at(anchor, start) == Period(start, end)
        assert previous(anchor, period_at(anchor, end)) == Period(start, end)


@pytest.mark.parametrize("case", cases("boundaries"))
def test_the_last_instant_belongs_to_one_period_only(case: dict[str, Any]) -> None:
    anchor = instant(case["anchor"]) if case["anchor"] else None
    boundary = instant(case["boundary"])
    ending, beginning = period_at(anchor, boundary - LAST_INSTANT), period_at(anchor, boundary)
    assert ending.end == boundary == beginning.start
    assert (ending.contains(boundary - LAST_INSTANT), ending.contains(boundary)) == (True, False)
    assert (beginning.contains(boundary - LAST_INSTANT), beginning.contains(boundary)) == (False, True)


@pytest.mark.parametrize("case", cases("yearly"))
def test_yearly_subscribers_are_metered_in_twelve_monthly_periods(case: dict[str, Any]) -> None:
    anchor, renews = instant(case["anchor"]), instant(case["renews"])
    starts = [instant(text) for text in case["starts"]]
    assert len(starts) == 12
    periods = [period_at(anchor, start) for start in starts]
    assert periods == [Period(start, end) for start, end in pairwise([*starts, renews])]
