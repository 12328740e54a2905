"""Counts the runs that began in each hour, with as few counts as possible."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta

from shared.domain.ledger.periods import start_of

CountRuns = Callable[[datetime, datetime], int]
"""Counts the runs that began in [start, end), both on the hour."""

_ONE_HOUR = timedelta(hours=1)
_ONE_DAY = timedelta(days=1)


def recount_hours(
    day: date, known: Mapping[int, int], changed: Collection[int], count: CountRuns
) -> dict[int, int]:
    """Return the runs begun in each hour of `day`, given the `known` counts and the hours with events since.

    Only an event of an hour can begin a run in it. Every other hour can only lose runs, to an earlier hour or day.
    If the day's sum is still right, none did. Otherwise every hour is counted.
    """
    midnight = start_of(day)
    counts = {**known, **{hour: _count_hour(midnight, hour, count) for hour in changed}}
    if sum(counts.values()) != count(midnight, midnight + _ONE_DAY):
        counts = {hour: _count_hour(midnight, hour, count) for hour in range(24)}
    return {hour: runs for hour, runs in sorted(counts.items()) if runs}


def days_that_lost_runs(known: Mapping[date, int], count: CountRuns) -> list[date]:
    """Return the days whose number of runs has changed. The `known` days follow each other."""
    if not known or sum(known.values()) == count(start_of(min(known)), start_of(max(known)) + _ONE_DAY):
        return []
    return [day for day, runs in known.items() if runs != count(start_of(day), start_of(day) + _ONE_DAY)]


def _count_hour(midnight: datetime, hour: int, count: CountRuns) -> int:
    start = midnight + hour * _ONE_HOUR
    return count(start, start + _ONE_HOUR)
