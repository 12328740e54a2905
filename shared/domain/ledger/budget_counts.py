"""Counts beside the totals: the part of a day's usage that counts towards each budget. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b
from typing import Final, Literal, NamedTuple

from shared.domain.ledger.periods import Period, start_of

BudgetUnit = Literal["tokens", "runs", "cost"]
"""The amount that a budget limits; `cost` is in nano-USD."""

MAX_VALUES: Final = 1_000
"""A month keeps this many values of one budget apart."""
MAX_MONTH_BYTES: Final = 900_000
"""Of all values of all budgets in a month's document, of which Firestore allows 1 MiB."""
_BYTES_OF_DAYS = 31 * 24
_MAX_ESCAPED_BYTES_PER_BYTE = 3
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
    """The part of an hour that counts towards a budget. Each run has a mark, so that it counts once."""

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
    """Return what the hours of `day` that lie in `period` count. A run counts once a day."""
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
    room = _Room(listed)
    folded: dict[BudgetSlot, Spent] = {}
    for slot in sorted(hours):
        target = slot if room.takes(slot) else BudgetSlot(slot.key)
        folded[target] = folded.get(target, Spent()).plus(spent_within(day, hours[slot], whole))
    return folded


class _Room:
    """The room of a month's document for values of budgets."""

    def __init__(self, listed: Iterable[BudgetSlot]) -> None:
        self._listed = set(listed)
        self._values = Counter(slot.key for slot in self._listed)
        self._bytes = sum(map(budget_bytes, self._listed))

    def takes(self, slot: BudgetSlot) -> bool:
        """Return whether the slot has a place of its own, and keep it for the slot."""
        if slot in self._listed or slot.value == OTHER_VALUES:
            return True
        size = budget_bytes(slot)
        if self._values[slot.key] >= MAX_VALUES or self._bytes + size > MAX_MONTH_BYTES:
            return False
        self._listed.add(slot)
        self._values[slot.key] += 1
        self._bytes += size
        return True


def budget_bytes(slot: BudgetSlot) -> int:
    """Return the most bytes that a value takes in a month's document."""
    return _BYTES_OF_DAYS + len(slot.value.encode()) * _MAX_ESCAPED_BYTES_PER_BYTE
