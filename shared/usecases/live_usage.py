"""Reads a tenant's usage as it is now, in two round trips."""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock

from shared.domain.counters import Totals
from shared.domain.errors import NotFound, Unavailable
from shared.domain.live import LiveRange, live_days, live_range, live_rollup, live_totals
from shared.domain.periods import Period, period_at
from shared.domain.rollups import DayRollup, PeriodRollup, TornRead, kept_rollup
from shared.domain.tenants import Tenant
from shared.ports import ShardRef, Snapshot, UsageStore

MAX_HINTS = 10_000
_MAX_TRIES = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides limits: the tenant and what it has used in its current period."""

    tenant: Tenant
    period: Period
    totals: Totals
    runs: int


@dataclass(frozen=True, slots=True)
class LiveUsage:
    """All of a tenant's current period, and the days of it that the fold may not have seen entirely."""

    tenant: Tenant
    rollup: PeriodRollup
    days: dict[date, DayRollup]


class LiveUsageReader:
    """Knows what to read at once from the read before; what is read decides, the memory only saves a round trip."""

    def __init__(self, store: UsageStore) -> None:
        self._store = store
        self._hints: OrderedDict[str, tuple[datetime | None, int, datetime]] = OrderedDict()
        self._lock = Lock()

    def standing(self, tenant_id: str, now: datetime) -> Standing:
        """What limits are decided by; NotFound if there is no such tenant."""
        wanted, snapshot, tenant = self._read(tenant_id, now, with_days=False)
        totals = live_totals(_rollup(snapshot, tenant, wanted.period), wanted.days, snapshot.shards.values())
        return Standing(tenant, wanted.period, totals, self._store.count_runs(tenant_id, wanted.period))

    def usage(self, tenant_id: str, now: datetime) -> LiveUsage:
        """The current period with its series; NotFound if there is no such tenant."""
        for _ in range(_MAX_TRIES):
            with suppress(TornRead):
                return self._usage(tenant_id, now)
        raise Unavailable("the usage keeps changing while it is read")

    def _usage(self, tenant_id: str, now: datetime) -> LiveUsage:
        wanted, snapshot, tenant = self._read(tenant_id, now, with_days=True)
        days = live_days(wanted.days, snapshot.shards.values(), snapshot.days, now)
        runs = self._store.count_runs(tenant_id, wanted.period)
        rollup = live_rollup(_rollup(snapshot, tenant, wanted.period), days, snapshot.days, runs, now)
        return LiveUsage(tenant, rollup, days)

    def _read(self, tenant_id: str, now: datetime, *, with_days: bool) -> tuple[LiveRange, Snapshot, Tenant]:
        """Read what was needed last time; if the tenant has changed since, once more."""
        wanted = live_range(*self._hints.get(tenant_id, (None, 1, now)), now)
        while True:
            snapshot = self._store.read(
                tenant_id,
                periods=[wanted.period],
                days=wanted.days if with_days else (),
                shards=[
                    ShardRef(day, index) for day in wanted.days for index in range(wanted.counter_shards)
                ],
            )
            tenant = snapshot.tenant
            if tenant is None:
                raise NotFound(f"tenant {tenant_id!r} does not exist")
            period = period_at(tenant.anchor, now)
            # Of a period that was not read yet, most likely: all but today is folded.
            folded_at = _rollup(snapshot, tenant, period).folded_at if period == wanted.period else now
            needed = live_range(tenant.anchor, tenant.counter_shards, folded_at, now)
            if wanted.covers(needed):
                self._remember(tenant, folded_at)
                return wanted, snapshot, tenant
            wanted = needed

    def _remember(self, tenant: Tenant, folded_at: datetime) -> None:
        with self._lock:
            self._hints[tenant.id] = (tenant.anchor, tenant.counter_shards, folded_at)
            self._hints.move_to_end(tenant.id)
            if len(self._hints) > MAX_HINTS:
                self._hints.popitem(last=False)


def _rollup(snapshot: Snapshot, tenant: Tenant, period: Period) -> PeriodRollup:
    return kept_rollup(snapshot.periods.get(period), period, tenant.anchored_at)
