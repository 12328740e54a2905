"""Folding: a day's counters into the day's rollup, and that into its period's. Pure, and idempotent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.domain.counters import (
    METRICS,
    OTHER,
    Cell,
    Cells,
    Series,
    Totals,
    add,
    merge_cells,
    subtract,
    sum_by_series,
    sum_totals,
)
from shared.domain.periods import Period

MAX_CELLS_BYTES = 900_000
"""Where a day's cells begin to merge into `other`: Firestore refuses documents beyond 1 MiB."""
MAX_SERIES_BYTES = 450_000
"""The same for a period's series, whose document also holds them by provider and by model."""
_MAX_BYTES_PER_METRIC = 30
_MAX_ESCAPED_BYTES_PER_BYTE = 3


@dataclass(frozen=True, slots=True)
class CounterShard:
    """One of the documents a day's usage is counted into; `version` is what its store compares with."""

    day: date
    index: int
    cells: Cells
    commits: int
    """How many commits have touched it: seen twice, its write rate."""
    dirty: bool
    version: object = None


@dataclass(frozen=True, slots=True)
class DayRollup:
    """A UTC day's usage, by hour and series, as the last fold found it."""

    day: date
    cells: Cells
    commits: int
    folded_at: datetime
    version: object = None
    held_at: datetime | None = None
    """When a fold under a new anchor built a period from this day as it is: one that knew only the former anchor
    must not set the day behind its back."""

    @property
    def known_at(self) -> datetime:
        """The latest instant of those that folds of this day were told: the next one is not of an earlier one."""
        return max(self.folded_at, self.held_at or self.folded_at)


@dataclass(frozen=True, slots=True)
class PeriodRollup:
    """A metering period's usage as of `folded_at`: each day's totals, each series' totals, and its runs."""

    period: Period
    days: dict[date, Totals]
    series: dict[Series, Totals]
    runs: int
    folded_at: datetime
    version: object = None
    runs_before: int | None = None
    """How many of `runs` began before live_from(period, folded_at); None where no fold has counted them."""

    @property
    def counted_until(self) -> datetime:
        """Which runs need not be counted again: those that began before, of which there are `runs_before`."""
        return self.period.start if self.runs_before is None else live_from(self.period, self.folded_at)

    @property
    def totals(self) -> Totals:
        """The sum over the days, which is also the sum over the series."""
        return sum_totals(self.days.values())


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day's rollup before a fold (None: there was none) and after it."""

    old: DayRollup | None
    new: DayRollup


class TornRead(Exception):
    """A day and its period come from different folds: read both again. (The emulator reads like that at times.)"""


def start_of(day: date) -> datetime:
    """The first instant of a UTC day."""
    return datetime.combine(day, time(), UTC)


def live_from(period: Period, folded_at: datetime) -> datetime:
    """Where the days of `period` begin that are read live once it was folded at `folded_at`.

    An event of an earlier day is late: it shows after the next fold. (Until then a run that was counted by a later
    day, and that the event moves to its own, is counted by neither.)
    """
    return min(max(period.start, start_of(folded_at.date())), period.end)


def cells_within(day: date, cells: Cells, period: Period) -> Cells:
    """The cells of `day` whose hour lies in `period`; a period's edges are whole hours."""
    midnight = start_of(day)
    if period.start <= midnight and midnight + timedelta(days=1) <= period.end:
        return cells
    return {
        cell: totals
        for cell, totals in cells.items()
        if period.start <= midnight + timedelta(hours=cell.hour) < period.end
    }


def fold_day(day: date, shards: Iterable[CounterShard], former: DayRollup | None, now: datetime) -> DayRollup:
    """The day's rollup: the plain sum of all its shards, whatever was folded before."""
    shards = list(shards)
    cells = _bounded(merge_cells(shard.cells for shard in shards), former.cells if former else {})
    commits = sum(shard.commits for shard in shards)
    return DayRollup(day, cells, commits, now, former.version if former else None)


def fold_period(
    former: PeriodRollup,
    changes: Iterable[DayChange],
    runs: int,
    folded_at: datetime,
    runs_before: int | None = None,
) -> PeriodRollup:
    """`former` with each day's old contribution replaced by its new one; TornRead if those do not belong together."""
    days = dict(former.days)
    series = {name: dict(totals) for name, totals in former.series.items()}
    for change in changes:
        day = change.new.day
        if change.old is not None and day in days:
            former_contribution = sum_by_series(cells_within(day, change.old.cells, former.period))
            if sum_totals(former_contribution.values()) != days[day]:
                raise TornRead
            _take_out(series, former_contribution)
        contribution = sum_by_series(cells_within(day, change.new.cells, former.period))
        _put_in(series, contribution)
        days[day] = sum_totals(contribution.values())
    counted = {name: totals for name, totals in series.items() if totals}
    return PeriodRollup(former.period, days, counted, runs, folded_at, former.version, runs_before)


def empty_rollup(period: Period, folded_at: datetime, version: object = None) -> PeriodRollup:
    """The rollup of a period into which nothing has been folded."""
    return PeriodRollup(period, {}, {}, 0, folded_at, version)


def kept_rollup(found: PeriodRollup | None, period: Period, anchored_at: datetime | None) -> PeriodRollup:
    """The rollup of `period` to go on from: `found`, or an empty one if it was left behind or never made.

    While a tenant's anchor was another one, its days were folded into other periods and not into this one.
    """
    if found is None:
        return empty_rollup(period, period.start)
    if anchored_at is not None and found.folded_at <= anchored_at:
        return empty_rollup(period, period.start, found.version)
    return found


def _bounded(cells: Cells, kept: Mapping[Cell, object]) -> Cells:
    """`cells`, those that a document has no room for merged into `other`; the ones it held stay first."""
    if sum(_max_bytes(cell.series) for cell in cells) <= MAX_CELLS_BYTES:
        return cells
    size = 0
    result: Cells = {}
    for cell in sorted(cells, key=lambda cell: (cell not in kept, cell)):
        size += _max_bytes(cell.series)
        target = cell if size <= MAX_CELLS_BYTES else Cell(cell.hour, OTHER)
        add(result.setdefault(target, {}), cells[cell])
    return result


def _max_bytes(series: Series) -> int:
    names = len(series.provider.encode()) + len(series.model.encode())
    return names * _MAX_ESCAPED_BYTES_PER_BYTE + len(METRICS) * _MAX_BYTES_PER_METRIC


def _take_out(into: dict[Series, Totals], contribution: Mapping[Series, Totals]) -> None:
    for series, totals in contribution.items():
        # A series that is not listed went into `other` whole: see _put_in.
        subtract(into[series if series in into else OTHER], totals)


def _put_in(into: dict[Series, Totals], contribution: Mapping[Series, Totals]) -> None:
    """Add a day. From the first series that has no room on, new ones go to `other`, and stay there."""
    size = sum(_max_bytes(series) for series in into)
    for series in sorted(contribution, key=lambda series: (series == OTHER, series)):
        if series not in into:
            size += _max_bytes(series)
        is_listed = series in into or (size <= MAX_SERIES_BYTES and OTHER not in into)
        add(into.setdefault(series if is_listed else OTHER, {}), contribution[series])
