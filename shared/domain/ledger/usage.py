"""The usage within any interval: the documents to read, and their sum. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import Final

from shared.domain.ledger.budget_counts import (
    EVERY_VALUE,
    BudgetDay,
    BudgetSlot,
    Spent,
    merge_hours,
    spent_within,
)
from shared.domain.ledger.counter_settings import CounterHistory, CounterSettings
from shared.domain.ledger.counters import (
    OTHER,
    Cell,
    Cells,
    CounterShard,
    Series,
    Totals,
    add,
    merge_cells,
    sum_totals,
)
from shared.domain.ledger.documents import DocumentField, Documents, Wanted
from shared.domain.ledger.periods import MAX_AGE, MAX_AHEAD, Period, days_from, month_of
from shared.domain.ledger.rollups import (
    cells_within,
    hours_within,
    runs_within,
)

FEW_SHARDS: Final = 4
"""Reading this many counter documents of a complete day is worth the round trip that it saves."""


class Detail(Enum):
    """The detail in which usage is read: sums of days, or by series, or by hour, or by both."""

    TOTALS = "totals"
    SERIES = "series"
    HOUR_TOTALS = "hour_totals"
    HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Usage within an interval. A day is listed if it has any."""

    within: Period
    days: dict[date, Totals]
    cells: dict[date, Cells]
    """By day, hour and series; empty for TOTALS. In SERIES, hour 0 is the whole day; in HOUR_TOTALS, OTHER is all."""
    runs: int
    spent: BudgetDay = field(default_factory=dict)
    """What counts towards the budgets that were asked for; those with nothing are absent."""

    @property
    def totals(self) -> Totals:
        """The sum over the days."""
        return sum_totals(self.days.values())

    @property
    def series(self) -> dict[Series, Totals]:
        """The sum of each series."""
        result: dict[Series, Totals] = {}
        for cells in self.cells.values():
            for cell, totals in cells.items():
                add(result.setdefault(cell.series, {}), totals)
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlan:
    """The days of an interval that may have usage, and where each is read.

    A `complete` day is folded. It is read from its month, or from its rollup if the interval's edge cuts it. A `live`
    day is added up from its counters, because a fold may have missed some. So are complete days in `recounted`.
    """

    within: Period
    detail: Detail
    settings: CounterSettings
    complete: tuple[date, ...]
    live: tuple[date, ...]
    recounted: tuple[date, ...] = ()
    late: tuple[date, ...] = ()
    """The complete days to which something was added since: their runs have to be counted too."""
    budgets: frozenset[BudgetSlot] = frozenset()
    is_of_budgets: bool = False
    """Whether a month that does not exist has no folded day: no day is folded without its month."""

    def is_counted(self, day: date) -> bool:
        """Return whether a day is added up from its counters."""
        return day in self.live or day in self.recounted

    @property
    def first_read(self) -> Wanted:
        """The documents to read at once."""
        days, counted = [*self.complete, *self.live], sorted({*self.live, *self.recounted})
        cut = [day for day in days if not self.within.covers(day)]
        fields: set[DocumentField] = {_FIELD_OF[self.detail]}
        if self.detail is not Detail.TOTALS or not set(cut).isdisjoint(counted):
            fields.add("cells")
        return Wanted(
            months=tuple(sorted({month_of(day) for day in days})),
            days=tuple(cut if self.detail is Detail.TOTALS else sorted({*self.complete, *cut})),
            shards=tuple(ref for day in counted for ref in self.settings.refs_on(day)),
            fields=frozenset(fields),
            budgets=self.budgets,
        )

    def second_read(self, found: Documents) -> Wanted | None:
        """Return what else to read: days of a missing month, and the hours of days that the interval's edge cuts.

        All documents of a read have one set of fields, and a page must not read the hours of every day.
        """
        if self.is_of_budgets or self.detail in (Detail.HOURS, Detail.HOUR_TOTALS):
            return None
        if self.detail is Detail.SERIES:
            cut = [day for day in self.complete if not self.within.covers(day) and day not in self.recounted]
            return Wanted(days=tuple(cut), fields=frozenset({"hours"})) if cut else None
        missing = [
            day for day in self.complete if month_of(day) not in found.months and self.within.covers(day)
        ]
        return Wanted(days=tuple(missing), fields=frozenset({"hour_totals"})) if missing else None

    def uncounted_runs(self, found: Documents) -> Period | None:
        """Return the interval whose runs have to be counted; None if the folded numbers are exact.

        Only an event changes when a run begins, and its commit makes a counter dirty. A fold reads the counters,
        counts the runs, saves both, and clears only counters that did not change since. So if every counter is
        clean, the folded runs were counted after the last event.
        """
        open_days = self._open_days(found)
        shards = [shard for ref, shard in found.shards.items() if ref.day in open_days]
        if all(not shard.dirty and month_of(shard.ref.day) in found.months for shard in shards):
            return None
        return self.within.part_within(open_days[0], open_days[-1])

    def usage(self, found: Documents, uncounted_runs: int | None) -> Usage:
        """Return the usage in the documents. `uncounted_runs` is the count for the interval of that name."""
        cells = {} if self.detail is Detail.TOTALS else self._cells(found)
        days = {day: sum_totals(parts.values()) for day, parts in cells.items()}
        if self.detail is Detail.TOTALS:
            days = {day: self._totals(day, found) for day in (*self.complete, *self.live)}
        folded = [*self.complete, *self.live]
        if uncounted_runs is not None and (open_days := self._open_days(found)):
            folded = [day for day in self.complete if day < open_days[0]]
        return Usage(
            within=self.within,
            days={day: totals for day, totals in days.items() if totals},
            cells={day: parts for day, parts in cells.items() if parts},
            runs=sum(self._folded_runs(day, found) for day in folded) + (uncounted_runs or 0),
            spent=self._spent(found) if self.budgets else {},
        )

    def _spent(self, found: Documents) -> dict[BudgetSlot, Spent]:
        result: dict[BudgetSlot, Spent] = {}
        for day in (*self.complete, *self.live):
            for slot, spent in self._spent_on(day, found).items():
                if self._wants(slot):
                    result[slot] = result.get(slot, Spent()).plus(spent)
        return result

    def _spent_on(self, day: date, found: Documents) -> BudgetDay:
        if self.is_counted(day):
            counted = merge_hours(shard.budgets for shard in _shards_of(day, found))
            return {slot: spent_within(day, hours, self.within) for slot, hours in counted.items()}
        entry = found.entry(day)
        return entry.budgets if entry else {}

    def _wants(self, slot: BudgetSlot) -> bool:
        return slot in self.budgets or BudgetSlot(slot.key, EVERY_VALUE) in self.budgets

    def _open_days(self, found: Documents) -> list[date]:
        """Return the days that are not folded completely."""
        dirty = {ref.day for ref, shard in found.shards.items() if shard.dirty}
        return [*(day for day in self.late if day in dirty), *self.live]

    def _totals(self, day: date, found: Documents) -> Totals:
        is_whole = self.within.covers(day)
        if self.is_counted(day):
            shards = _shards_of(day, found)
            if is_whole:
                return sum_totals(shard.totals for shard in shards)
            return sum_totals(self._counted_cells(day, found).values())
        if is_whole:
            entry = found.entry(day)
            return entry.totals if entry else {}
        rollup = found.days.get(day)
        return hours_within(day, rollup.hour_totals, self.within) if rollup else {}

    def _cells(self, found: Documents) -> dict[date, Cells]:
        return {day: self._cells_of(day, found) for day in (*self.complete, *self.live)}

    def _cells_of(self, day: date, found: Documents) -> Cells:
        if self.is_counted(day):
            return self._counted_cells(day, found)
        rollup = found.days.get(day)
        if rollup is None:
            return {}
        if self.detail is Detail.SERIES and self.within.covers(day):
            return {Cell(0, series): totals for series, totals in rollup.series.items()}
        if self.detail is Detail.HOUR_TOTALS:
            cells = {Cell(hour, OTHER): totals for hour, totals in rollup.hour_totals.items()}
            return cells_within(day, cells, self.within)
        return cells_within(day, rollup.cells, self.within)

    def _counted_cells(self, day: date, found: Documents) -> Cells:
        return cells_within(day, merge_cells(shard.cells for shard in _shards_of(day, found)), self.within)

    def _folded_runs(self, day: date, found: Documents) -> int:
        if self.within.covers(day):
            entry = found.entry(day)
            return entry.runs if entry else 0
        rollup = found.days.get(day)
        return runs_within(day, rollup.runs, self.within) if rollup else 0


_FIELD_OF: Final[Mapping[Detail, DocumentField]] = {
    Detail.TOTALS: "hour_totals",
    Detail.SERIES: "series",
    Detail.HOUR_TOTALS: "hour_totals",
    Detail.HOURS: "hours",
}


def plan_reading(counters: CounterHistory, within: Period, detail: Detail, now: datetime) -> ReadingPlan:
    """Return how to read the usage within any interval. Days on which no event can be are left out."""
    settings = counters.settings
    first = max(within.first_day, (counters.created_at - MAX_AGE).date())
    last = min(within.last_day, (now + MAX_AHEAD).date())
    days = list(days_from(first, last))
    plan = ReadingPlan(
        within=within,
        detail=detail,
        settings=settings,
        complete=tuple(day for day in days if settings.is_complete(day)),
        live=tuple(day for day in days if not settings.is_complete(day)),
    )
    return plan if detail is not Detail.SERIES else _recounting_edges(plan, now)


def recounting(plan: ReadingPlan, days: Collection[date]) -> ReadingPlan:
    """Return the plan with these days added up from their counters, whether or not they are folded."""
    return replace(plan, recounted=tuple(sorted({*plan.recounted, *(set(days) & set(plan.complete))})))


def counting_late(plan: ReadingPlan, late: Collection[date]) -> ReadingPlan:
    """Return the plan with the complete days to which something was added since: as their counters are now."""
    days = tuple(sorted(set(late) & set(plan.complete)))
    return replace(recounting(plan, days), late=days)


def with_budgets(plan: ReadingPlan, budgets: Collection[BudgetSlot]) -> ReadingPlan:
    """Return the plan with what counts towards these budgets.

    Days are folded whole: those that the interval cuts are added up from their counters, which exist as long as the
    longest metering period.
    """
    of_budgets = replace(plan, budgets=frozenset(budgets), is_of_budgets=True)
    cut = [day for day in plan.complete if not plan.within.covers(day)]
    return recounting(of_budgets, cut) if budgets else of_budgets


def _recounting_edges(plan: ReadingPlan, now: datetime) -> ReadingPlan:
    """Count the days that the interval cuts from their counters, if these still exist and are few."""
    oldest = (now - MAX_AGE).date()
    cut = (day for day in plan.complete if not plan.within.covers(day) and day > oldest)
    return recounting(plan, [day for day in cut if plan.settings.shards_on(day) <= FEW_SHARDS])


def _shards_of(day: date, found: Documents) -> Iterable[CounterShard]:
    return [shard for ref, shard in found.shards.items() if ref.day == day]
