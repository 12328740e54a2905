"""Owns metering periods: which half-open stretch of UTC an instant is metered in."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

MAX_AGE: Final = timedelta(days=35)
"""Older events are refused: their twin may already have been removed by the retention, and would count again."""
MAX_AHEAD: Final = timedelta(minutes=10)

_SMALLEST_STEP: Final = timedelta(microseconds=1)
_ONE_DAY: Final = timedelta(days=1)
_MONTHS_PER_YEAR: Final = 12
_CALENDAR_ANCHOR: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """The instants from `start` to before `end`, both UTC and on the hour, because usage is counted by hours.

    Raises ValueError for anything else, and if `start` is not before `end`.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        _require_utc_hour("start", self.start)
        _require_utc_hour("end", self.end)
        if self.start >= self.end:
            raise ValueError(f"start {self.start.isoformat()} is not before end {self.end.isoformat()}")

    @property
    def key(self) -> str:
        """The id of this period's documents: its start as `YYYYMMDDTHHZ`. Sorts as time does."""
        start = self.start
        return f"{start.year:04}{start.month:02}{start.day:02}T{start.hour:02}Z"

    def contains(self, instant: datetime) -> bool:
        """Return True if the aware `instant` lies in [start, end). Raises ValueError if it has no UTC offset."""
        return self.start <= _in_utc("instant", instant) < self.end

    def days(self) -> Iterator[date]:
        """Yield the UTC dates that share an instant with this period, in order."""
        return days_from(self.first_day, self.last_day)

    @property
    def first_day(self) -> date:
        """The UTC date on which this period begins."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """The UTC date of the last instant of this period."""
        return (self.end - _SMALLEST_STEP).date()

    def part_within(self, first: date, last: date) -> "Period":
        """Return the part of this period from the day `first` to the day `last`, both of which it touches."""
        return Period(max(self.start, start_of(first)), min(self.end, start_of(last) + _ONE_DAY))

    def covers(self, day: date) -> bool:
        """Return True if every instant of the UTC day lies in this period."""
        midnight = start_of(day)
        return self.start <= midnight and midnight + _ONE_DAY <= self.end


def period_at(anchor: datetime | None, instant: datetime) -> Period:
    """Return the metering period that `instant` belongs to.

    Without an anchor: the calendar month in UTC. With one: months counted from the anchor, aligned down to
    its hour, before it as well as after. Every boundary is computed from the anchor's own day and not from
    the previous boundary, so a short month clamps it only once (Jan 31 → Feb 28 → Mar 31). Yearly subscribers
    are metered by the same months. Raises ValueError for an anchor or instant without UTC offset, and where
    the period would leave the years 1..9999.
    """
    origin = _CALENDAR_ANCHOR if anchor is None else _in_utc("anchor", anchor)
    moment = _in_utc("instant", instant)
    months = _month_number(moment) - _month_number(origin)
    if _boundary(origin, months) > moment:
        months -= 1
    return Period(_boundary(origin, months), _boundary(origin, months + 1))


def previous(anchor: datetime | None, period: Period) -> Period:
    """Return the period that ends where `period` begins."""
    return period_at(anchor, period.start - _SMALLEST_STEP)


def day_key(day: date) -> str:
    """Return the id of a UTC day's documents: `YYYYMMDD`. Sorts as time does."""
    return f"{day.year:04}{day.month:02}{day.day:02}"


def month_key(day: date) -> str:
    """Return the id of the month's document that `day` belongs to: `YYYYMM`. Sorts as time does."""
    return day_key(day)[:6]


def month_of(day: date) -> date:
    """Return the first day of the calendar month of `day`."""
    return day.replace(day=1)


def days_of_month(month: date) -> Iterator[date]:
    """Yield the days of the calendar month that begins on `month`."""
    return days_from(month, month.replace(day=monthrange(month.year, month.month)[1]))


def start_of(day: date) -> datetime:
    """Return the first instant of a UTC day."""
    return datetime.combine(day, time(), UTC)


def days_from(first: date, last: date) -> Iterator[date]:
    """Yield the dates from `first` to `last`, both included."""
    day = first
    while day <= last:
        yield day
        day += _ONE_DAY


def _boundary(origin: datetime, months: int) -> datetime:
    """Return the start of the period `months` after the one that begins at `origin`."""
    year, month_index = divmod(_month_number(origin) + months, _MONTHS_PER_YEAR)
    month = month_index + 1
    day = min(origin.day, monthrange(year, month)[1])
    return datetime(year, month, day, origin.hour, tzinfo=UTC)


def _month_number(instant: datetime) -> int:
    return instant.year * _MONTHS_PER_YEAR + instant.month - 1


def _in_utc(name: str, instant: datetime) -> datetime:
    # astimezone() would take an instant without offset for local time: another answer on every machine.
    if instant.utcoffset() is None:
        raise ValueError(f"{name} {instant.isoformat()} has no UTC offset")
    return instant.astimezone(UTC)


def _require_utc_hour(name: str, instant: datetime) -> None:
    if instant.utcoffset() != timedelta(0):
        raise ValueError(f"{name} {instant.isoformat()} is not in UTC")
    if instant.minute or instant.second or instant.microsecond:
        raise ValueError(f"{name} {instant.isoformat()} is not on the hour")
