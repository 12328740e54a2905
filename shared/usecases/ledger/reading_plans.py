"""Reads the usage of several intervals of a tenant at once: in one round trip, or two if runs have to be counted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import reduce
from typing import Final

from shared.domain.ledger.attribution import Dimension
from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.counter_settings import CounterHistory
from shared.domain.ledger.documents import Documents, Wanted
from shared.domain.ledger.holds import RunKey
from shared.domain.ledger.periods import Period
from shared.domain.ledger.run_counts import CountRuns
from shared.domain.ledger.usage import Detail, ReadingPlan, Usage, counting_late, plan_reading, with_budgets
from shared.ports import UsageStore
from shared.usecases.ledger.reading_names import NamesByDay, names_in, with_names

MAX_READ_BYTES: Final = 16 * 1024 * 1024
"""Decoded, usage takes eleven times as much memory. A month of 2,000 names a day is 10 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedWindow:
    """The part of an interval's usage that is asked for: budgets that are counted beside the totals, and the runs."""

    slots: frozenset[BudgetSlot] = frozenset()
    needs_runs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBudgets:
    """The intervals and the runs from which the budgets of a tenant are read."""

    windows: Mapping[Period, AskedWindow] = field(default_factory=dict)
    runs: frozenset[RunKey] = frozenset()
    run_slots: frozenset[BudgetSlot] = frozenset()
    holds: bool = False
    """Whether to read what open runs have set aside."""
    trees: frozenset[RunKey] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlans:
    """How the usage of an interval is read, and with it that of the windows of budgets."""

    main: ReadingPlan
    windows: Mapping[Period, ReadingPlan]
    asked: AskedBudgets
    dimensions: frozenset[Dimension] = frozenset()
    """The dimensions by whose names the main interval is read too."""

    @classmethod
    def of(
        cls, main: ReadingPlan, asked: AskedBudgets, history: CounterHistory, now: datetime
    ) -> "ReadingPlans":
        windows = {
            period: with_budgets(plan_reading(history, period, Detail.TOTALS, now), window.slots)
            for period, window in asked.windows.items()
        }
        return cls(main=main, windows=windows, asked=asked)

    @property
    def all(self) -> list[ReadingPlan]:
        return [self.main, *self.windows.values()]

    @property
    def first_read(self) -> Wanted:
        """The documents to read at once."""
        asked = self.asked
        runs = Wanted(
            runs=asked.runs,
            budgets=asked.run_slots,
            holds=asked.holds,
            trees=asked.trees,
            most_bytes=MAX_READ_BYTES,
        )
        main = with_names(self.main, self.dimensions) if self.dimensions else self.main.first_read
        return reduce(Wanted.joined, (main, *(plan.first_read for plan in self.windows.values())), runs)

    def counting_late(self, days: Collection[date]) -> "ReadingPlans":
        """Return the plans with the complete days to which something was added since, as their counters are now."""
        if not days:
            return self
        windows = {period: counting_late(plan, days) for period, plan in self.windows.items()}
        return replace(self, main=counting_late(self.main, days), windows=windows)

    def finish(self, documents: Documents, count_runs: CountRuns) -> tuple[Usage, dict[Period, Usage]]:
        """Return the usage of the main interval and of each window."""
        count = _RunCounts(count_runs)
        main = self.main.usage(documents, count.of(self.main.uncounted_runs(documents)))
        windows: dict[Period, Usage] = {}
        for period, plan in self.windows.items():
            uncounted = plan.uncounted_runs(documents) if self.asked.windows[period].needs_runs else None
            windows[period] = plan.usage(documents, count.of(uncounted))
        return main, windows

    def names(self, documents: Documents) -> dict[Dimension, NamesByDay]:
        """Return the names of each dimension."""
        return {dimension: names_in(self.main, dimension, documents) for dimension in self.dimensions}

    def with_second_read(self, store: UsageStore, tenant_id: str, found: Documents) -> Documents:
        """Return the documents with those that the first read did not find."""
        wanted = [second for plan in self.all if (second := plan.second_read(found))]
        if not wanted:
            return found
        days = store.read(tenant_id, reduce(Wanted.joined, wanted)).documents.days
        return replace(found, days={**found.days, **days})


class _RunCounts:
    """Counts the runs of an interval once, however many windows need them."""

    def __init__(self, count: CountRuns) -> None:
        self._count = count
        self._known: dict[Period, int] = {}

    def of(self, interval: Period | None) -> int | None:
        """Return the number of runs that began in the interval; None for none."""
        if interval is None:
            return None
        if interval not in self._known:
            self._known[interval] = self._count(interval.start, interval.end)
        return self._known[interval]
