"""Owns the steps of a series: hours, and the days, weeks and months of a time zone."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from shared.domain.ledger.periods import Period
from shared.domain.ledger.zones import first_instant

Granularity = Literal["hour", "day", "week", "month"]
_ONE_HOUR, _ONE_DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a series: its first instant in UTC, and its name in the time zone."""

    start: datetime
    label: str


class Steps:
    """The steps that share an instant with an interval, in order. The first one may begin before it."""

    def __init__(self, within: Period, granularity: Granularity, zone: ZoneInfo) -> None:
        labels = _hours(within, zone) if granularity == "hour" else _dates(within, granularity, zone)
        self.all = [Step(start, label) for start, label in labels.items()]
        self._starts = list(labels)

    def at(self, instant: datetime) -> Step:
        """Return the step that an instant of the interval is in."""
        return self.all[bisect_right(self._starts, instant) - 1]


def days_in_zone(within: Period, zone: ZoneInfo) -> int:
    """Return how many dates of the zone share an hour with the interval."""
    first, last = (at.astimezone(zone).date() for at in (within.start, within.end - _ONE_HOUR))
    return (last - first).days + 1


def _hours(within: Period, zone: ZoneInfo) -> Mapping[datetime, str]:
    count = (within.end - within.start) // _ONE_HOUR
    starts = [within.start + number * _ONE_HOUR for number in range(count)]
    return {start: start.astimezone(zone).isoformat() for start in starts}


def _dates(within: Period, granularity: Granularity, zone: ZoneInfo) -> Mapping[datetime, str]:
    """Return the label of each step by its start. A date that a zone left out has the start of the next one."""
    labels: dict[datetime, str] = {}
    day = _first_day(within.start.astimezone(zone).date(), granularity)
    while (start := first_instant(day, zone)) < within.end:
        labels[start] = f"{day:%Y-%m}" if granularity == "month" else day.isoformat()
        day = _next_day(day, granularity)
    return labels


def _first_day(day: date, granularity: Granularity) -> date:
    """Return the day on which the step of `day` begins; weeks begin on Monday."""
    if granularity == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if granularity == "month" else day


def _next_day(day: date, granularity: Granularity) -> date:
    """Return the day on which the step after that of `day` begins."""
    if granularity == "month":
        return (day + timedelta(days=31)).replace(day=1)
    return day + (7 if granularity == "week" else 1) * _ONE_DAY
