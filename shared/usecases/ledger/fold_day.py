"""Folds one day of a tenant: reads its counters, counts its runs, and sets the day with its entry in its month."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Final

from shared.domain.errors import Unavailable
from shared.domain.ledger.attribution import (
    Attribution,
    AttributionRef,
    chosen_tags,
    largest,
    merge,
    rollup_of,
)
from shared.domain.ledger.counter_settings import LONGEST_FOLD_MINUTES
from shared.domain.ledger.counters import CounterShard, ShardRef
from shared.domain.ledger.documents import DocumentField, Wanted
from shared.domain.ledger.periods import days_of_month, month_of, start_of
from shared.domain.ledger.rollups import DayEntry, DayRollup, MonthRollup, fold_day, with_budgets
from shared.domain.ledger.run_counts import recount_hours
from shared.domain.limits.metrics import Consumption
from shared.domain.people.tenants import Tenant
from shared.ports import StaleRollup, UsageStore

_MAX_TRIES = 5
_HOUR_SECONDS: Final = 3600
DOCUMENTS_AT_ONCE: Final = 4
"""Attribution documents that are in memory together, up to 1 MiB each."""
MAX_NAMES_AT_ONCE: Final = 20_000
_WHOLE: Final[frozenset[DocumentField]] = frozenset({"cells", "keys", "hours", "budgets"})
_SUMS: Final[frozenset[DocumentField]] = frozenset({"hour_totals", "budgets"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedDay:
    """A day before and after a fold, and the counters it was folded from."""

    previous: DayRollup | None
    rollup: DayRollup
    shards: list[CounterShard]

    @property
    def day(self) -> date:
        """The UTC day."""
        return self.rollup.day

    @property
    def seconds(self) -> int:
        """The time since the fold before this one, or since the day began; at least one second."""
        since = self.previous.folded_at if self.previous else start_of(self.day)
        return max(int((self.rollup.folded_at - since).total_seconds()), 1)

    @property
    def is_first_of_hour(self) -> bool:
        """Return True if no fold of this day came before it in its hour of the clock."""
        return self.previous is None or _hour(self.previous.folded_at) < _hour(self.rollup.folded_at)

    @property
    def commits_per_second(self) -> float:
        """The rate at which the day's counters were written in that time."""
        return (self.rollup.commits - (self.previous.commits if self.previous else 0)) / self.seconds

    @property
    def new_events(self) -> int:
        """How many came; none if the day's counter only names days with late events."""
        return self.rollup.events - (self.previous.events if self.previous else 0)

    @property
    def events_per_hour(self) -> int:
        """The rate of the events that are new. A tenant folded after a pause had its events in the last minutes."""
        return self.new_events * _HOUR_SECONDS // min(max(self.seconds, 60), LONGEST_FOLD_MINUTES * 60)

    @property
    def new(self) -> Consumption:
        """The usage that came in that time."""
        now, before = _consumption(self.rollup), _consumption(self.previous)
        return Consumption(
            now.tokens - before.tokens,
            now.runs - before.runs,
            cost_nanousd=now.cost_nanousd - before.cost_nanousd,
        )


def fold_one_day(store: UsageStore, tenant: Tenant, due: tuple[date, int], now: datetime) -> FoldedDay:
    """Fold a day, given the least number of its counters. Raises Unavailable if the day keeps changing."""
    day, shards = due
    for _ in range(_MAX_TRIES):
        folded = _fold(store, tenant, ShardRef(day, shards), now)
        try:
            store.save_day(tenant.id, folded.rollup)
        except StaleRollup:
            # Another fold was faster, or the month does not exist yet.
            create_months(store, tenant.id, [day])
            continue
        return folded
    raise Unavailable(f"the rollup of {day} keeps changing under the fold")


def _fold(store: UsageStore, tenant: Tenant, beyond: ShardRef, now: datetime) -> FoldedDay:
    """Fold a day without saving it. `beyond` is the first counter that may not exist."""
    day = beyond.day
    wanted = Wanted(months=(month_of(day),), days=(day,), fields=_WHOLE)
    found = store.read(tenant.id, wanted).documents
    previous = found.days.get(day)
    # Include shards from before the number was lowered, and those added because a document was full.
    count = max(beyond.number, previous.shards if previous else 0, tenant.counters.shards_on(day))
    refs = tuple(ShardRef(day, number) for number in range(count))
    shards = _read_shards(store, tenant, refs)
    counted = shards
    names: Attribution | None = None
    if attributed := max((shard.attributed for shard in shards), default=0):
        named = _read_names(store, tenant.id, day, attributed)
        names = rollup_of(named, chosen_tags(tenant.counters.tag_names, named))
        # Again, because totals that are older than the names could be less than their sum. What came meanwhile is not
        # in the names, so the counters are cleared only if they still are as they were before.
        counted = _read_shards(store, tenant, refs)
    folded = replace(fold_day(day, counted, previous, now), attribution=names)
    rollup = with_budgets(folded, counted, found.budgets_in(day))
    changed = {hour for shard in counted for hour in shard.run_hours}
    runs = recount_hours(day, rollup.runs, changed, partial(store.count_runs, tenant.id))
    return FoldedDay(previous=previous, rollup=replace(rollup, runs=runs), shards=shards)


def _read_shards(store: UsageStore, tenant: Tenant, refs: tuple[ShardRef, ...]) -> list[CounterShard]:
    return list(store.read(tenant.id, Wanted(shards=refs, fields=_WHOLE)).documents.shards.values())


def _read_names(store: UsageStore, tenant_id: str, day: date, documents: int) -> Attribution:
    """Return the names of a day, of each dimension the largest: memory is limited, their number is not."""
    found: Attribution = {}
    for first in range(0, documents, DOCUMENTS_AT_ONCE):
        numbers = range(first, min(first + DOCUMENTS_AT_ONCE, documents))
        refs = tuple(AttributionRef(day, number) for number in numbers)
        for part in store.read(tenant_id, Wanted(attribution=refs)).documents.attribution.values():
            merge(found, part)
        found = {dimension: largest(names, MAX_NAMES_AT_ONCE) for dimension, names in found.items()}
    return found


def create_months(store: UsageStore, tenant_id: str, days: Iterable[date]) -> None:
    """Create the months of these days that do not exist, from the days that do."""
    months = sorted({month_of(day) for day in days})
    found = store.read(tenant_id, Wanted(months=tuple(months))).documents.months
    for month in (each for each in months if each not in found):
        wanted = Wanted(days=tuple(days_of_month(month)), fields=_SUMS)
        rollups = store.read(tenant_id, wanted).documents.days
        entries: dict[date, DayEntry] = {day: rollup.entry for day, rollup in rollups.items()}
        store.create_month(tenant_id, MonthRollup(month=month, days=entries))


def _hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def _consumption(rollup: DayRollup | None) -> Consumption:
    return Consumption.of(rollup.entry.totals, rollup.entry.runs) if rollup else Consumption(0, 0)
