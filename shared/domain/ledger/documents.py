"""Documents of usage: those to read together, and those that were found. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from shared.domain.ledger.attribution import Attribution, AttributionRef, Dimension
from shared.domain.ledger.budget_counts import BudgetDay, BudgetSlot
from shared.domain.ledger.counters import CounterShard, ShardRef, Totals
from shared.domain.ledger.holds import Holds, RunAdmission, RunEnd, RunKey, Tree
from shared.domain.ledger.periods import month_of
from shared.domain.ledger.rollups import DayEntry, DayRollup, MonthRollup

DocumentField = Literal["cells", "keys", "hours", "series", "hour_totals", "budgets"]
"""The large fields: `cells` of counters, `keys` of counters and days, `budgets` of counters, days and months, the
others of days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Documents of one tenant to read together, and which large fields of them."""

    months: tuple[date, ...] = ()
    days: tuple[date, ...] = ()
    shards: tuple[ShardRef, ...] = ()
    attribution: tuple[AttributionRef, ...] = ()
    dimensions: frozenset[Dimension] = frozenset()
    """Those that are read of attribution documents; empty: all of them."""
    fields: frozenset[DocumentField] = frozenset()
    budgets: frozenset[BudgetSlot] = frozenset()
    """Of counters, days and months; a slot of EVERY_VALUE is all values of its budget."""
    runs: frozenset[RunKey] = frozenset()
    """Runs, of which the store returns the totals and budgets."""
    holds: bool = False
    """Whether to read what open runs have set aside."""
    trees: frozenset[RunKey] = frozenset()
    """Runs without a parent, of which the store returns the holds below them."""
    most_bytes: int | None = None
    """Refuse to read more than this, as stored; None: read all of it."""

    def covers(self, other: "Wanted") -> bool:
        """Return True if reading this includes everything that reading `other` would."""
        return (
            set(other.months) <= set(self.months)
            and set(other.days) <= set(self.days)
            and set(other.shards) <= set(self.shards)
            and set(other.attribution) <= set(self.attribution)
            and other.dimensions == self.dimensions
            and other.fields <= self.fields
            and other.budgets <= self.budgets
            and other.runs <= self.runs
            and other.holds <= self.holds
            and other.trees <= self.trees
        )

    def joined(self, other: "Wanted") -> "Wanted":
        """Return what reads both at once."""
        return Wanted(
            months=tuple(sorted({*self.months, *other.months})),
            days=tuple(sorted({*self.days, *other.days})),
            shards=tuple(sorted({*self.shards, *other.shards})),
            attribution=tuple(dict.fromkeys((*self.attribution, *other.attribution))),
            dimensions=self.dimensions or other.dimensions,
            fields=self.fields | other.fields,
            budgets=self.budgets | other.budgets,
            runs=self.runs | other.runs,
            holds=self.holds or other.holds,
            trees=self.trees | other.trees,
            most_bytes=self.most_bytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSums:
    """The totals of a run, what it counts towards budgets of each run, its admission and its end."""

    totals: Totals
    budgets: BudgetDay = field(default_factory=dict)
    admission: RunAdmission | None = None
    """None for a run that only events name."""
    end: RunEnd | None = None
    """None if only events say that it has ended, or nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """The documents that were found, as they were at one instant; what does not exist is absent."""

    months: Mapping[date, MonthRollup] = field(default_factory=dict)
    days: Mapping[date, DayRollup] = field(default_factory=dict)
    shards: Mapping[ShardRef, CounterShard] = field(default_factory=dict)
    attribution: Mapping[AttributionRef, Attribution] = field(default_factory=dict)
    runs: Mapping[RunKey, RunSums] = field(default_factory=dict)
    holds: Holds = field(default_factory=Holds)
    trees: Mapping[RunKey, Tree] = field(default_factory=dict)

    @property
    def late_days(self) -> frozenset[date]:
        """The days to which something was added lately, after they were complete."""
        return frozenset().union(*(shard.late_days for shard in self.shards.values()))

    def budgets_in(self, day: date) -> frozenset[BudgetSlot]:
        """Return the budgets that are counted in the month of `day`."""
        month = self.months.get(month_of(day))
        return (
            frozenset(slot for entry in month.days.values() for slot in entry.budgets)
            if month
            else frozenset()
        )

    def entry(self, day: date) -> DayEntry | None:
        """Return the totals and runs of a folded day: its month's entry or, without the month, its rollup's."""
        month, rollup = self.months.get(month_of(day)), self.days.get(day)
        if month is not None:
            return month.days.get(day)
        return rollup.entry if rollup else None
