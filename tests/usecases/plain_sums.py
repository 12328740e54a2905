"""Owns the plain sums that every fold and every live read must equal, and the tenants they are about."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from shared.adapters.memory import MemoryStore
from shared.domain.ledger.counter_settings import CounterHistory, CounterSettings
from shared.domain.ledger.counters import Metric, Series, Totals, add
from shared.domain.ledger.periods import Period, period_at
from shared.domain.ledger.usage import Detail, Usage, plan_reading
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ApiKey
from shared.domain.people.tenants import Tenant
from shared.ports import Directory, UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger, finish_reading
from tests.sample_events import NOON, ONE_SHARD


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of a period."""

    totals: Totals
    series: dict[Series, Totals]
    runs: int


def plain_sums(events: Iterable[RecordedEvent], period: Period) -> Sums:
    """The sums over the distinct ids of `events`, in as few words as possible: nothing of the product's own."""
    distinct = {event.id: event for event in events}.values()
    series: dict[Series, Counter[Metric]] = {}
    for event in distinct:
        if period.contains(event.ts) and event.amounts:
            series.setdefault(event.series, Counter()).update(event.amounts)
    totals: Counter[Metric] = Counter()
    for amounts in series.values():
        totals.update(amounts)
    runs = plain_runs(distinct, period.start, period.end)
    return Sums(dict(totals), {name: dict(amounts) for name, amounts in series.items()}, runs)


def plain_runs(events: Iterable[RecordedEvent], start: datetime, end: datetime) -> int:
    """How many runs have their first event in [start, end)."""
    begun: dict[str, datetime] = {}
    for event in events:
        if event.run_id:
            begun[event.run_id] = min(event.ts, begun.get(event.run_id, event.ts))
    return sum(start <= instant < end for instant in begun.values())


def sums_of(usage: Usage) -> Sums:
    """Add up the days and the series of what was read."""
    return Sums(usage.totals, {name: totals for name, totals in usage.series.items() if totals}, usage.runs)


def hour_sums(usage: Usage) -> dict[tuple[date, int], Totals]:
    """Add up the hours of what was read."""
    sums: dict[tuple[date, int], Totals] = {}
    for day, cells in usage.cells.items():
        for cell, totals in cells.items():
            add(sums.setdefault((day, cell.hour), {}), totals)
    return sums


def within(store: UsageStore, tenant: Tenant, period: Period, now: datetime) -> Sums:
    """Read an interval from the ledger by series, by hours and in sums, which must agree."""
    ledger = Ledger(store)
    read = {detail: ledger.within(tenant, period, detail, now).usage for detail in Detail}
    by_series, by_hour, plain = read[Detail.SERIES], read[Detail.HOURS], read[Detail.TOTALS]
    assert sums_of(by_series) == sums_of(by_hour)
    assert (plain.days, plain.runs) == (by_series.days, by_series.runs)
    assert hour_sums(read[Detail.HOUR_TOTALS]) == hour_sums(by_hour)
    return sums_of(by_series)


def current(store: UsageStore, tenant: Tenant, now: datetime) -> Sums:
    """Read the period at `now` from the ledger."""
    return within(store, tenant, period_at(tenant.anchor, now), now)


def folded(store: UsageStore, tenant: Tenant, now: datetime) -> Sums:
    """Read the period at `now` from rollups alone."""
    all_folded = replace(tenant.counters, complete_until=datetime(3000, 1, 1, tzinfo=UTC))
    period = period_at(tenant.anchor, now)
    plan = plan_reading(CounterHistory(all_folded, tenant.created_at), period, Detail.HOURS, now)
    found = store.read(tenant.id, plan.first_read).documents
    return sums_of(finish_reading(store, tenant.id, plan, found))


def new_tenant(
    directory: Directory,
    tenant_id: str = "acme",
    *,
    plan: str = "starter",
    anchor: datetime | None = None,
    counters: CounterSettings = ONE_SHARD,
    created_at: datetime = NOON,
) -> Tenant:
    """A tenant that exists, with a key that nobody has."""
    tenant = Tenant(
        id=tenant_id,
        name="Acme",
        plan=plan,
        created_at=created_at,
        anchor=anchor,
        counters=counters,
    )
    key = ApiKey(
        id=f"{tenant_id}-key",
        tenant_id=tenant_id,
        scopes=("usage:write",),
        label="first",
        prefix="gwi_test_abcde",
        created_at=NOON,
    )
    directory.create_tenant(
        tenant,
        key,
        AuditEntry(
            tenant_id=tenant_id,
            at=NOON,
            actor="test",
            action="tenant.created",
            before=None,
            after=plan,
            reason="",
        ),
    )
    return tenant


def tick(store: UsageStore, now: datetime) -> None:
    """Fold whatever is dirty of every tenant, due or not."""
    tenant_ids = {each.tenant_id for each in store.due_counters(datetime(3000, 1, 1, tzinfo=UTC))}
    fold_tenants(TenantFolder(store), sorted(tenant_ids), now)


def stored_tenant(store: UsageStore, tenant_id: str = "acme") -> Tenant:
    """The tenant as it is stored now."""
    tenant = store.read(tenant_id).tenant
    assert tenant is not None
    return tenant


class MovingStore(MemoryStore):
    """A store in which billing moves a tenant's plan and anchor, as a subscription does that begins or ends."""

    def move(self, tenant_id: str, **fields: object) -> None:
        """Set fields of the tenant."""
        with self._lock:
            self._tenants[tenant_id] = replace(self._tenants[tenant_id], **fields)  # type: ignore[arg-type]  # handed on
