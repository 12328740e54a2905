"""Records usage, and reads it live: in one round trip, or two if something was recorded since the last fold."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from threading import Lock

from shared.domain.errors import NotFound
from shared.domain.ledger.attribution import Dimension
from shared.domain.ledger.documents import Documents, RunSums, Wanted
from shared.domain.ledger.holds import Holds, RunKey, Tree
from shared.domain.ledger.periods import Period, period_at
from shared.domain.ledger.usage import FEW_SHARDS, Detail, ReadingPlan, Usage, plan_reading
from shared.domain.limits.metrics import Consumption
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.sealed_batches import SealedBatch
from shared.domain.people.tenants import Tenant
from shared.ports import CorrectionChange, Outcome, UsageStore
from shared.usecases.ledger.reading_names import NamesByDay
from shared.usecases.ledger.reading_plans import AskedBudgets, ReadingPlans
from shared.usecases.ledger.run_count_memory import BegunRuns, Marks, RunCountMemory, marks_of

REMEMBER_FOR = timedelta(seconds=2)
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodUsage:
    """A tenant and its usage within an interval, both as they were at one instant."""

    tenant: Tenant
    usage: Usage
    holds: Holds = field(default_factory=Holds)
    """Read only with the current metering period, or for a decision."""
    names: Mapping[Dimension, NamesByDay] = field(default_factory=dict)
    """The names of the dimensions that were asked for."""

    @property
    def period(self) -> Period:
        """The interval."""
        return self.usage.within

    @property
    def consumption(self) -> Consumption:
        """The part that limits apply to."""
        return Consumption.of(self.usage.totals, self.usage.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUsage:
    """The usage of the current metering period and that of budgets, by window and by run; and what runs hold."""

    current: PeriodUsage
    windows: Mapping[Period, Usage]
    runs: Mapping[RunKey, RunSums]
    trees: Mapping[RunKey, Tree] = field(default_factory=dict)
    marks: Marks = frozenset()


AskBudgets = Callable[[Tenant], AskedBudgets]


class Ledger:
    """The usage of all tenants.

    Each method takes a tenant that may be a minute old. It only decides which documents are read first. Raises
    NotFound if the tenant does not exist any more.
    """

    def __init__(self, store: UsageStore) -> None:
        self.store = store
        self._recent = _RecentUsage()
        self._late_days = _LateDays()
        self._run_counts = RunCountMemory(store)

    def record(self, tenant: Tenant, events: Sequence[RecordedEvent], now: datetime) -> list[Outcome]:
        """Record events as UsageStore.record does, and forget the remembered usage of the tenant."""
        outcomes = self.store.record(tenant.id, events, tenant.counters, now)
        self._recent.forget(tenant.id)
        return outcomes

    def seal(self, tenant: Tenant, batch: SealedBatch, now: datetime) -> SealedBatch | None:
        """Record a batch as UsageStore.seal does, and forget the remembered usage of the tenant."""
        stored = self.store.seal(tenant.id, batch, tenant.counters, now)
        self._recent.forget(tenant.id)
        return stored

    def correct(self, tenant: Tenant, change: CorrectionChange, now: datetime) -> None:
        """Correct events as UsageStore.save_corrections does, and forget the remembered usage of the tenant."""
        self.store.save_corrections(tenant, change, now)
        self._recent.forget(tenant.id)

    def current(self, known: Tenant, detail: Detail, now: datetime) -> PeriodUsage:
        """Return the usage of the tenant's current metering period."""
        slot = self._recent.slot(known.id)
        read = self._read(known, None, detail, now)
        if detail is Detail.TOTALS:
            slot.keep(read, now)
        return read

    def recent(self, known: Tenant, now: datetime) -> PeriodUsage | None:
        """Return the current period's totals if they were read within two seconds, for tenants of many counters."""
        return self._recent.find(known.id, now)

    def within(self, known: Tenant, within: Period, detail: Detail, now: datetime) -> PeriodUsage:
        """Return the usage within any interval."""
        return self._read(known, within, detail, now)

    def by_name(
        self, known: Tenant, within: Period, dimensions: frozenset[Dimension], now: datetime
    ) -> PeriodUsage:
        """Return the usage within whole UTC days by series, and by the names of each dimension."""

        def plan(tenant: Tenant) -> ReadingPlans:
            main = _plan(tenant, within, Detail.SERIES, now)
            return ReadingPlans(main=main, windows={}, asked=AskedBudgets(), dimensions=dimensions)

        return self._read_all(known, plan, now).current

    def budgets(self, known: Tenant, ask: AskBudgets, now: datetime) -> BudgetUsage:
        """Return the usage of the current metering period, and what `ask` wants to know of the tenant's budgets."""

        def plan(tenant: Tenant) -> ReadingPlans:
            main = _plan(tenant, None, Detail.TOTALS, now)
            return ReadingPlans.of(main, ask(tenant.at(now)), tenant.counter_history, now)

        slot = self._recent.slot(known.id)
        read = self._read_all(known, plan, now)
        slot.keep(read.current, now)
        return read

    def add_begun(self, read: BudgetUsage, begun: BegunRuns) -> None:
        """Take note of runs that began after `read`, so that they need not be counted."""
        self._run_counts.add_begun(read.current.tenant.id, read.marks, begun)

    def _read(self, known: Tenant, within: Period | None, detail: Detail, now: datetime) -> PeriodUsage:
        def plan(tenant: Tenant) -> ReadingPlans:
            asked = AskedBudgets(holds=tenant.has_holds and within is None)
            return ReadingPlans(main=_plan(tenant, within, detail, now), windows={}, asked=asked)

        return self._read_all(known, plan, now).current

    def _read_all(self, known: Tenant, plan: Callable[[Tenant], ReadingPlans], now: datetime) -> BudgetUsage:
        plans = plan(known).counting_late(self._late_days.of(known.id))
        while True:
            wanted = plans.first_read
            tenant, found = read_documents(self.store, known.id, wanted)
            needed = plan(tenant).counting_late(found.late_days)
            # Without an interval, a period that has moved is another interval.
            is_same = plans.main.within == needed.main.within
            if needed == plans or (is_same and wanted.covers(needed.first_read)):
                self._late_days.remember(tenant.id, found.late_days)
                # By the tenant as it is: it may have counters that the plan does not know, of days folded since.
                documents = needed.with_second_read(self.store, tenant.id, found)
                counting = self._run_counts.counting(tenant.id, found, now)
                usage, windows = needed.finish(documents, counting)
                current = PeriodUsage(
                    tenant=tenant.at(now), usage=usage, holds=found.holds, names=needed.names(documents)
                )
                return BudgetUsage(
                    current=current,
                    windows=windows,
                    runs=found.runs,
                    trees=found.trees,
                    marks=marks_of(found),
                )
            plans = needed


def read_documents(store: UsageStore, tenant_id: str, wanted: Wanted) -> tuple[Tenant, Documents]:
    """Return the tenant and its documents at one instant; NotFound if there is no such tenant."""
    snapshot = store.read(tenant_id, wanted)
    if snapshot.tenant is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    return snapshot.tenant, snapshot.documents


def finish_reading(store: UsageStore, tenant_id: str, plan: ReadingPlan, found: Documents) -> Usage:
    """Read what the plan's first read did not find, and return the usage."""
    second = plan.second_read(found)
    days = store.read(tenant_id, second).documents.days if second else {}
    documents = replace(found, days={**found.days, **days})
    uncounted = plan.uncounted_runs(documents)
    runs = store.count_runs(tenant_id, uncounted.start, uncounted.end) if uncounted else None
    return plan.usage(documents, runs)


def _plan(tenant: Tenant, within: Period | None, detail: Detail, now: datetime) -> ReadingPlan:
    return plan_reading(tenant.counter_history, within or period_at(tenant.at(now).anchor, now), detail, now)


@dataclass(slots=True)
class _Slot:
    """A place for usage that is being read. A recording removes it, and with it a reading that began earlier."""

    read: PeriodUsage | None = None
    read_at: datetime | None = None

    def keep(self, read: PeriodUsage, now: datetime) -> None:
        """Keep totals of a tenant with so many counters that reading them is costly."""
        if read.tenant.counters.shards_on(now.date()) > FEW_SHARDS:
            self.read = read
            self.read_at = now


class _RecentUsage:
    """Remembers, for two seconds, the usage of tenants with so many counters that reading them is costly."""

    def __init__(self) -> None:
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._lock = Lock()

    def slot(self, tenant_id: str) -> _Slot:
        """Return the place for usage that is about to be read."""
        with self._lock:
            slot = self._slots.setdefault(tenant_id, _Slot())
            self._slots.move_to_end(tenant_id)
            if len(self._slots) > MAX_REMEMBERED:
                self._slots.popitem(last=False)
            return slot

    def find(self, tenant_id: str, now: datetime) -> PeriodUsage | None:
        """Return a reading of the last two seconds, if its period has not ended."""
        with self._lock:
            slot = self._slots.get(tenant_id)
            if slot is None or slot.read is None or slot.read_at is None:
                return None
            is_fresh = slot.read_at <= now < slot.read_at + REMEMBER_FOR
            return slot.read if is_fresh and slot.read.period.contains(now) else None

    def forget(self, tenant_id: str) -> None:
        """Forget the usage of a tenant."""
        with self._lock:
            self._slots.pop(tenant_id, None)


class _LateDays:
    """Remembers the days that last had late events, so that the first read includes their counters."""

    def __init__(self) -> None:
        self._days: OrderedDict[str, frozenset[date]] = OrderedDict()
        self._lock = Lock()

    def of(self, tenant_id: str) -> frozenset[date]:
        return self._days.get(tenant_id, frozenset())

    def remember(self, tenant_id: str, days: frozenset[date]) -> None:
        if days == self.of(tenant_id):
            return
        with self._lock:
            self._days[tenant_id] = days
            self._days.move_to_end(tenant_id)
            if len(self._days) > MAX_REMEMBERED:
                self._days.popitem(last=False)
