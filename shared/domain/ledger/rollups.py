"""Folding: a day is the sum of its counters, a month holds its days' totals. Pure, and idempotent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple

from shared.domain.ledger.attribution import MAX_KEYS_OF_DAY, Attribution, Names, largest, merge_names
from shared.domain.ledger.budget_counts import BudgetDay, BudgetSlot, fold_budgets, merge_hours
from shared.domain.ledger.counters import (
    METRICS,
    OTHER,
    Cell,
    Cells,
    CounterShard,
    Series,
    Totals,
    add,
    merge_cells,
    sum_by_series,
    sum_totals,
)
from shared.domain.ledger.periods import Period, start_of

MAX_ROWS_BYTES = 900_000
"""A day's cells and series merge into `other` beyond this size. Firestore refuses documents beyond 1 MiB."""
_MAX_BYTES_PER_METRIC = 30
_MAX_ESCAPED_BYTES_PER_BYTE = 3
_NO_BUDGETS: Final[BudgetDay] = {}


@dataclass(frozen=True, kw_only=True)
class DayRollup:
    """A UTC day's usage as the last fold found it.

    A read asks for some of the fields: `cells`, `series` or `hour_totals`. The others are then empty.
    """

    day: date
    cells: Cells = field(default_factory=dict)
    series: dict[Series, Totals] = field(default_factory=dict)
    hour_totals: dict[int, Totals] = field(default_factory=dict)
    keys: Names = field(default_factory=dict)
    """By the id of the API key, a hundred at most; a read asks for them too."""
    attribution: Attribution | None = None
    """The day's names; None if it has none. They are stored with the day in a document of their own."""
    runs: dict[int, int] = field(default_factory=dict)
    """The number of runs that began in each hour (0-23); hours without any are absent."""
    budgets: BudgetDay = field(default_factory=dict)
    shards: int = 0
    """The number of counter documents that the day was folded from."""
    commits: int = 0
    events: int = 0
    folded_at: datetime
    version: object = None

    @cached_property
    def entry(self) -> "DayEntry":
        """The day's entry in its month."""
        parts = self.hour_totals or self.series or self.cells
        return DayEntry(sum_totals(parts.values()), sum(self.runs.values()), self.budgets)

    @property
    def last_hour(self) -> datetime | None:
        """The last hour with usage or a run that began; None for a day without any."""
        hours = [*self.hour_totals, *(hour for hour, count in self.runs.items() if count)]
        return start_of(self.day) + timedelta(hours=max(hours)) if hours else None


class DayEntry(NamedTuple):
    """A day in its month's document: its totals, the runs that began on it, and what counts towards each budget."""

    totals: Totals
    runs: int
    budgets: BudgetDay = _NO_BUDGETS


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRollup:
    """A calendar month's days, as their last folds found them. `month` is its first day."""

    month: date
    days: dict[date, DayEntry]


def fold_day(
    day: date, shards: Iterable[CounterShard], previous: DayRollup | None, now: datetime
) -> DayRollup:
    """Return the day's rollup: the plain sum of all its counters. Runs are copied from `previous`.

    Series that `previous` lists stay listed, so that a row does not move to `other` and back.
    """
    counted = list(shards)
    cells = _bounded(merge_cells(shard.cells for shard in counted), previous.cells if previous else {})
    by_hour: dict[int, Totals] = {}
    for cell, totals in cells.items():
        add(by_hour.setdefault(cell.hour, {}), totals)
    return DayRollup(
        day=day,
        cells=cells,
        series=sum_by_series(cells),
        hour_totals=by_hour,
        keys=_keys(counted),
        runs=previous.runs if previous else {},
        shards=max([previous.shards if previous else 0, *(shard.ref.number + 1 for shard in counted)]),
        commits=sum(shard.commits for shard in counted),
        events=sum(shard.events for shard in counted),
        # Clocks differ: a day never becomes older than it was.
        folded_at=max(now, previous.folded_at) if previous else now,
        version=previous.version if previous else None,
    )


def with_budgets(
    rollup: DayRollup, shards: Iterable[CounterShard], listed: Iterable[BudgetSlot]
) -> DayRollup:
    """Return the rollup with what its counters count towards each budget; `listed` are those of its month.

    Its rows make room for them.
    """
    budgets = fold_budgets(rollup.day, merge_hours(shard.budgets for shard in shards), listed)
    if not budgets:
        return rollup
    room = MAX_ROWS_BYTES - sum(map(_max_budget_bytes, budgets))
    cells = _bounded(rollup.cells, rollup.cells, room)
    return replace(rollup, cells=cells, series=sum_by_series(cells), budgets=budgets)


def cells_within(day: date, cells: Cells, period: Period) -> Cells:
    """Return the cells of `day` whose hour lies in `period`, whose edges are whole hours."""
    if period.covers(day):
        return cells
    return {cell: totals for cell, totals in cells.items() if _has_hour(period, day, cell.hour)}


def hours_within(day: date, hours: Mapping[int, Totals], period: Period) -> Totals:
    """Return the sum over those hours of `day` that lie in `period`."""
    return sum_totals(totals for hour, totals in hours.items() if _has_hour(period, day, hour))


def runs_within(day: date, runs: Mapping[int, int], period: Period) -> int:
    """Return how many of the day's runs began in `period`."""
    return sum(count for hour, count in runs.items() if _has_hour(period, day, hour))


def bounded_series(series: Mapping[Series, Totals], most: int) -> dict[Series, Totals]:
    """Return at most `most` series: those with the most tokens, and the rest merged into `other`."""
    if len(series) <= most:
        return dict(series)
    by_size = sorted(series, key=lambda name: (name == OTHER, -series[name].get("total_tokens", 0), name))
    rest = sum_totals(series[name] for name in by_size[most - 1 :])
    return {**{name: series[name] for name in by_size[: most - 1]}, OTHER: rest}


def _keys(shards: Iterable[CounterShard]) -> Names:
    keys: Names = {}
    for shard in shards:
        merge_names(keys, shard.keys)
    return largest(keys, MAX_KEYS_OF_DAY)


def _has_hour(period: Period, day: date, hour: int) -> bool:
    return period.start <= start_of(day) + timedelta(hours=hour) < period.end


def _bounded(cells: Cells, kept: Mapping[Cell, object], room: int = MAX_ROWS_BYTES) -> Cells:
    """Merge the cells that the document has no room for into `other`. Those in `kept` have precedence."""
    size = 0
    listed: set[Series] = set()
    result: Cells = {}
    for cell in sorted(cells, key=lambda cell: (cell not in kept, cell)):
        # A series takes a row of its own besides those of its hours.
        size += _max_bytes(cell.series) * (1 if cell.series in listed else 2)
        listed.add(cell.series)
        target = cell if size <= room else Cell(cell.hour, OTHER)
        add(result.setdefault(target, {}), cells[cell])
    return result


def _max_budget_bytes(slot: BudgetSlot) -> int:
    names = len(slot.key.encode()) + len(slot.value.encode())
    return names * _MAX_ESCAPED_BYTES_PER_BYTE + 2 * _MAX_BYTES_PER_METRIC


def _max_bytes(series: Series) -> int:
    names = len(series.provider.encode()) + len(series.model.encode())
    return names * _MAX_ESCAPED_BYTES_PER_BYTE + len(METRICS) * _MAX_BYTES_PER_METRIC
