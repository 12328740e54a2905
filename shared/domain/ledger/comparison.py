"""The interval that another one is compared with, and the change between them in percent. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.ledger.counters import METRICS, Metric, Totals
from shared.domain.ledger.periods import Period
from shared.domain.ledger.sums import cost_status_of
from shared.domain.ledger.zones import first_instant

_COST: Final[Metric] = "cost_nanousd"


def preceding(within: Period, zone: ZoneInfo) -> Period:
    """Return the interval that ends where `within` begins: as many months, days or hours as it has in the zone.

    Whole calendar months are compared with whole months, whole days with as many days, all else with as many hours.
    """
    first, last = (at.astimezone(zone).date() for at in (within.start, within.end))
    if (first_instant(first, zone), first_instant(last, zone)) != (within.start, within.end):
        return Period(within.start - (within.end - within.start), within.start)
    if first.day == last.day == 1:
        return Period(first_instant(_months_before(first, _month(last) - _month(first)), zone), within.start)
    return Period(first_instant(first - (last - first), zone), within.start)


def part_so_far(previous: Period, current: Period, until: datetime) -> Period:
    """Return the part of `previous` that is as long as `current` is until an instant on the hour."""
    if until >= current.end:
        return previous
    return Period(previous.start, min(previous.end, previous.start + (until - current.start)))


def change_percent(current: int, previous: int) -> float | None:
    """Return the change to one decimal, half up by size; None from nothing, of which no change is a percentage."""
    if previous == 0:
        return None
    size = (abs(current - previous) * 2_000 + previous) // (2 * previous)
    return (size if current >= previous else -size) / 10


def changes(current: Totals, previous: Totals) -> Mapping[Metric, float | None]:
    """Return the change of each metric. A cost that leaves something out is compared with nothing."""
    is_known = all(cost_status_of(each) == "complete" for each in (current, previous))
    return {
        metric: change_percent(current.get(metric, 0), previous.get(metric, 0))
        if metric != _COST or is_known
        else None
        for metric in METRICS
    }


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _months_before(day: date, months: int) -> date:
    year, month = divmod(_month(day) - months, 12)
    return date(year, month + 1, 1)
