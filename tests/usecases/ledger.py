"""Owns the plain sums that every fold and every live read must equal, and the tenants they are about."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.adapters.memory import InlineTickPublisher, MemoryStore
from shared.domain.counters import Series, Totals
from shared.domain.periods import Period, period_at
from shared.domain.recording import RecordedEvent
from shared.domain.rollups import PeriodRollup
from shared.domain.tenants import ApiKey, AuditEntry, Tenant
from shared.ports import Directory, Snapshot, UsageStore
from shared.usecases.fold_usage import fold_all, fold_tenants
from tests.sample_events import NOON


@dataclass(frozen=True, slots=True)
class Sums:
    """What a period amounts to."""

    totals: Totals
    series: dict[Series, Totals]
    runs: int


def plain_sums(events: Iterable[RecordedEvent], period: Period) -> Sums:
    """The sums over the distinct ids of `events`, in as few words as possible: nothing of the product's own."""
    distinct = {event.id: event for event in events}.values()
    series: dict[Series, Counter[str]] = {}
    for event in distinct:
        if period.contains(event.ts) and event.amounts:
            series.setdefault(event.series, Counter()).update(event.amounts)
    totals: Counter[str] = Counter()
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


def sums_of(rollup: PeriodRollup | None) -> Sums:
    """What a rollup says, its days and its series each added up."""
    return Sums(rollup.totals, rollup.series, rollup.runs) if rollup else Sums({}, {}, 0)


def folded_sums(store: UsageStore, tenant: Tenant, instant: datetime) -> Sums:
    """What the rollup of the period at `instant` says."""
    period = period_at(tenant.anchor, instant)
    return sums_of(store.read(tenant.id, periods=[period]).periods.get(period))


def new_tenant(
    directory: Directory,
    tenant_id: str = "acme",
    *,
    plan: str = "starter",
    anchor: datetime | None = None,
    counter_shards: int = 1,
    anchored_at: datetime | None = None,
) -> Tenant:
    """A tenant that exists, with a key that nobody has."""
    tenant = Tenant(
        id=tenant_id,
        name="Acme",
        plan=plan,
        created_at=NOON,
        anchor=anchor,
        counter_shards=counter_shards,
        anchored_at=anchored_at,
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
    """A tick whose messages, if it sends any, are handled at once."""
    fold_all(store, InlineTickPublisher(lambda tenant_ids: fold_tenants(store, tenant_ids, now)), now)


class ReanchoredStore(MemoryStore):
    """A store in which billing moves every tenant's anchor, as a subscription does that begins or ends."""

    _anchor: datetime | None = None
    _anchored_at: datetime | None = None

    def reanchor(self, anchor: datetime | None, now: datetime) -> None:
        """Move the anchor."""
        self._anchor, self._anchored_at = anchor, now

    def read(self, tenant_id: str, **wanted: object) -> Snapshot:
        """See UsageStore.read."""
        snapshot = super().read(tenant_id, **wanted)  # type: ignore[arg-type]  # handed on as it came
        tenant = snapshot.tenant and replace(
            snapshot.tenant, anchor=self._anchor, anchored_at=self._anchored_at
        )
        return replace(snapshot, tenant=tenant)
