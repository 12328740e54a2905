"""Counts beside the totals: the part of a day's usage that counts towards each budget. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b
from typing import Final, Literal, NamedTuple

from shared.domain.ledger.counters import Totals
from shared.domain.ledger.periods import Period, start_of

BudgetUnit = Literal["tokens", "runs", "cost"]
"""The amount that a budget limits; `cost` is in nano-USD."""

MAX_VALUES: Final = 1_000
"""A month keeps this many values of one budget apart."""
MAX_VALUES_OF_ALL: Final = 1_800
"""A month's document holds this many values of all budgets: each takes up to 31 days, and Firestore allows 1 MiB."""
EVERY_VALUE: Final = "*"
OTHER_VALUES: Final = ""
"""The value of a budget that keeps none apart, and of those that a month has no room for."""


class BudgetSlot(NamedTuple):
    """One value of a budget, under the key by which the budget is counted."""

    key: str
    value: str = OTHER_VALUES


class Counted(NamedTuple):
    """A budget in which an event counts."""

    slot: BudgetSlot
    unit: BudgetUnit
    is_by_run: bool = False
    """Whether it is counted in the run's document instead of the day's counters."""


class Spent(NamedTuple):
    """The amount that counts towards a budget, and the calls of which the price is not known completely."""

    amount: int = 0
    unknown_calls: int = 0

    def plus(self, other: "Spent") -> "Spent":
        return Spent(self.amount + other.amount, self.unknown_calls + other.unknown_calls)


@dataclass(slots=True)
class HourCount:
    """The part of an hour that counts towards a budget. Runs are told apart by marks, so that each counts once."""

    amount: int = 0
    unknown_calls: int = 0
    runs: set[str] = field(default_factory=set)

    def add(self, other: "HourCount") -> None:
        self.amount += other.amount
        self.unknown_calls += other.unknown_calls
        self.runs |= other.runs


BudgetHours = dict[BudgetSlot, dict[int, HourCount]]
"""The counts of a day, by budget and hour (0-23)."""
BudgetDay = Mapping[BudgetSlot, Spent]
"""What a day counts towards each budget."""


def spent_by(amounts: Totals, unit: BudgetUnit) -> Spent:
    """Return what amounts count towards a budget of tokens or cost."""
    if unit == "tokens":
        return Spent(amounts.get("total_tokens", 0))
    unknown = amounts.get("unpriced_calls", 0) + amounts.get("incomplete_calls", 0)
    return Spent(amounts.get("cost_nanousd", 0), unknown)


def count_of(amounts: Totals, run_id: str | None, unit: BudgetUnit) -> HourCount | None:
    """Return what an event counts towards a budget; None if nothing."""
    if unit == "runs":
        return HourCount(runs={run_mark(run_id)}) if run_id is not None else None
    spent = spent_by(amounts, unit)
    return HourCount(*spent) if any(spent) else None


def run_mark(run_id: str) -> str:
    """Return a short mark of a run: of 10,000 runs in a day, two share one once in 5 million days."""
    return blake2b(run_id.encode(), digest_size=6).hexdigest()


def merge_hours(parts: Iterable[BudgetHours]) -> BudgetHours:
    """Add the counts of several counters up."""
    merged: BudgetHours = {}
    for part in parts:
        for slot, hours in part.items():
            for hour, count in hours.items():
                merged.setdefault(slot, {}).setdefault(hour, HourCount()).add(count)
    return merged


def spent_within(day: date, hours: Mapping[int, HourCount], period: Period) -> Spent:
    """Return what the hours of `day` that lie in `period` count. A run counts once a day, however often it is seen."""
    midnight = start_of(day)
    total = HourCount()
    for hour, count in hours.items():
        if period.start <= midnight + timedelta(hours=hour) < period.end:
            total.add(count)
    return Spent(total.amount + len(total.runs), total.unknown_calls)


def fold_budgets(day: date, hours: BudgetHours, listed: Iterable[BudgetSlot]) -> dict[BudgetSlot, Spent]:
    """Return what a day counts towards each budget. `listed` are those of its month, which keep their place.

    What a month has no room for is added up as other values.
    """
    whole = Period(start_of(day), start_of(day) + timedelta(days=1))
    kept = set(listed)
    sizes: dict[str, int] = {}
    for slot in kept:
        sizes[slot.key] = sizes.get(slot.key, 0) + 1
    room = MAX_VALUES_OF_ALL - len(kept)
    folded: dict[BudgetSlot, Spent] = {}
    for slot in sorted(hours):
        is_new = slot not in kept and slot.value != OTHER_VALUES
        if is_new and (room <= 0 or sizes.get(slot.key, 0) >= MAX_VALUES):
            target = BudgetSlot(slot.key, OTHER_VALUES)
        else:
            target = slot
            room -= is_new
            sizes[slot.key] = sizes.get(slot.key, 0) + is_new
        spent = spent_within(day, hours[slot], whole)
        folded[target] = folded.get(target, Spent()).plus(spent)
    return folded
