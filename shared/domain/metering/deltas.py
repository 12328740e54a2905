"""Amounts that events add to the counters of each day: cells, and the sums of API keys, of names and of budgets."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from shared.domain.ledger.attribution import (
    MAX_TAG_NAMES,
    Attribution,
    Dimension,
    Names,
    attributed,
    tag_dimension,
)
from shared.domain.ledger.budget_counts import BudgetHours, HourCount
from shared.domain.ledger.counters import Cell, Cells, add, sum_totals
from shared.domain.ledger.sums import count_of
from shared.domain.metering.recording import RecordedEvent


@dataclass(slots=True)
class DayDelta:
    """The amounts that events add to a day's counters, and the hours (0-23) in which they may have begun a run."""

    cells: Cells
    run_hours: set[int]
    events: int = 0
    keys: Names = field(default_factory=dict)
    """By the id of the API key."""
    names: Attribution = field(default_factory=dict)
    budgets: BudgetHours = field(default_factory=dict)
    late_days: set[date] = field(default_factory=set)
    """Earlier days to which the same commit adds something."""


class _Names(NamedTuple):
    """The names by which amounts are summed: the API key, and those that an event carries."""

    key: str | None
    user_id: str | None
    workflow_id: str | None
    tags: tuple[tuple[str, str], ...]

    def attributed(self, tag_names: Collection[str]) -> Iterator[tuple[Dimension, str]]:
        """Yield the names but for the key, with their dimensions."""
        if self.user_id is not None:
            yield "user", self.user_id
        if self.workflow_id is not None:
            yield "workflow", self.workflow_id
        for name, value in self.tags:
            if len(tag_names) < MAX_TAG_NAMES or name in tag_names:
                yield tag_dimension(name), value


def names_of(event: RecordedEvent) -> list[tuple[Dimension, str]]:
    """Return the names that the event's amounts are summed by, but for its key."""
    return list(_names(event).attributed(()))


def _names(event: RecordedEvent) -> _Names:
    tags = tuple(event.tags.items()) if event.tags else ()
    return _Names(event.key, event.user_id, event.workflow_id, tags)


def deltas_by_day(events: Iterable[RecordedEvent], tag_names: Collection[str] = ()) -> dict[date, DayDelta]:
    """Return the amounts that `events` add to each of their UTC days, even if a day's events add nothing.

    Of a tenant with the most `tag_names`, other tags are not summed.
    """
    days: dict[date, DayDelta] = {}
    by_names: dict[tuple[date, _Names], Cells] = {}
    for event in events:
        ts, day = event.ts, event.ts.date()
        delta = days.get(day)
        if delta is None:
            delta = days[day] = DayDelta({}, set())
        delta.events += 1
        if event.amounts:
            cells = by_names.setdefault((day, _names(event)), {})
            add(cells.setdefault(Cell(ts.hour, event.series), {}), event.amounts)
        if event.run_id is not None:
            delta.run_hours.add(ts.hour)
        if event.budgets:
            _count_budgets(delta.budgets, event)
    # Most events of a request have the same names: what is summed of them once is added to each of their sums.
    for (day, names), cells in by_names.items():
        _add_cells(days[day], cells, names, tag_names)
    for delta in days.values():
        delta.keys = _nonzero(delta.keys)
        delta.names = {dimension: kept for dimension, sums in delta.names.items() if (kept := _nonzero(sums))}
    return days


def _add_cells(delta: DayDelta, cells: Cells, names: _Names, tag_names: Collection[str]) -> None:
    for cell, amounts in cells.items():
        add(delta.cells.setdefault(cell, {}), amounts)
    totals = attributed(sum_totals(cells.values()))
    if names.key is not None:
        add(delta.keys.setdefault(names.key, {}), totals)
    for dimension, name in names.attributed(tag_names):
        add(delta.names.setdefault(dimension, {}).setdefault(name, {}), totals)


def _nonzero(sums: Names) -> Names:
    """Return the sums without the names that have nothing of what is summed by name."""
    return {name: totals for name, amounts in sums.items() if (totals := attributed(amounts))}


def deltas_with_late_days(
    events: Iterable[RecordedEvent], now: datetime, tag_names: Collection[str] = ()
) -> dict[date, DayDelta]:
    """Return the amounts by day, with earlier days listed on today's counter.

    A check reads today's counter anyway, and so learns which complete days to count again before their next fold.
    """
    days, today = deltas_by_day(events, tag_names), now.date()
    late = {day for day in days if day < today}
    if late:
        days.setdefault(today, DayDelta({}, set())).late_days |= late
    return days


def _count_budgets(budgets: BudgetHours, event: RecordedEvent) -> None:
    for slot, unit, is_by_run in event.budgets:
        count = None if is_by_run else count_of(event.amounts, event.run_id, unit)
        if count:
            budgets.setdefault(slot, {}).setdefault(event.ts.hour, HourCount()).add(count)
