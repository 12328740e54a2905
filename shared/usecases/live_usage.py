"""Reads a tenant's usage as it is now: in one round trip, or in two if anything was recorded since the last fold."""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock

from shared.domain.counters import Totals
from shared.domain.errors import NotFound
from shared.domain.live import LiveRange, known_runs, live_days, live_range, live_rollup, live_totals
from shared.domain.periods import Period, period_at
from shared.domain.rollups import DayRollup, PeriodRollup, TornRead, empty_rollup, kept_rollup
from shared.domain.tenants import Tenant
from shared.ports import ShardRef, Snapshot, UsageStore

MAX_HINTS = 10_000
NEW_FOR = timedelta(minutes=10)
"""How long a tenant, or a period, may well have usage that no tick has folded."""

Hint = tuple[datetime | None, int, datetime | None]
"""The anchor, the counter shards, and until when the period is folded (None: not at all)."""

_MAX_TORN = 2


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
    folded_at: datetime
    """When the rollup was folded that this goes on from; the period's start if none was."""


class LiveUsageReader:
    """Knows what to read at once from the read before; what is read decides, the memory only saves a round trip."""

    def __init__(self, store: UsageStore) -> None:
        self._store = store
        self._hints: OrderedDict[str, Hint] = OrderedDict()
        self._lock = Lock()

    def standing(self, tenant_id: str, now: datetime, known: Tenant | None = None) -> Standing:
        """What limits are decided by; NotFound if there is no such tenant.

        `known` is the tenant as it was a while ago: with it two round trips suffice for the first time too.
        """
        wanted, snapshot, tenant = self._read(tenant_id, now, known, with_days=False)
        rollup = _rollup(snapshot, tenant, wanted.period)
        totals = live_totals(rollup, wanted.days, snapshot.shards.values())
        return Standing(tenant, wanted.period, totals, self._runs(tenant_id, rollup, snapshot))

    def usage(self, tenant_id: str, now: datetime, known: Tenant | None = None) -> LiveUsage:
        """The current period with its series; NotFound if there is no such tenant. `known` as for `standing`."""
        for _ in range(_MAX_TORN):
            with suppress(TornRead):
                return self._usage(tenant_id, now, known)
        # A rollup that stays torn does not fit its days. The next fold puts it right; until then counters tell all.
        return self._usage(tenant_id, now, known, from_counters=True)

    def _usage(
        self, tenant_id: str, now: datetime, known: Tenant | None, *, from_counters: bool = False
    ) -> LiveUsage:
        wanted, snapshot, tenant = self._read(tenant_id, now, known, with_days=True, whole=from_counters)
        days = live_days(wanted.days, snapshot.shards.values(), snapshot.days, now)
        folded = _rollup(snapshot, tenant, wanted.period)
        if from_counters:
            folded = empty_rollup(folded.period, folded.folded_at)
        runs = self._runs(tenant_id, folded, snapshot)
        rollup = live_rollup(folded, days, snapshot.days, runs, now)
        return LiveUsage(tenant, rollup, days, folded.folded_at)

    def _runs(self, tenant_id: str, rollup: PeriodRollup, snapshot: Snapshot) -> int:
        """The period's runs; counted are only those that began since the first day that is read live."""
        known = known_runs(rollup, snapshot.shards.values())
        if known is not None:
            return known
        since = self._store.count_runs(tenant_id, rollup.counted_until, rollup.period.end)
        return (rollup.runs_before or 0) + since

    def _read(
        self, tenant_id: str, now: datetime, known: Tenant | None, *, with_days: bool, whole: bool = False
    ) -> tuple[LiveRange, Snapshot, Tenant]:
        """Read what was needed last time; if the tenant has changed since, or the `whole` period is, once more."""
        wanted = self._guess(tenant_id, known, now)
        while True:
            snapshot = self._store.read(
                tenant_id,
                periods=[wanted.period],
                days=wanted.days if with_days else (),
                shards=[
                    ShardRef(day, index) for day in wanted.days for index in range(wanted.counter_shards)
                ],
            )
            if snapshot.tenant is None:
                raise NotFound(f"tenant {tenant_id!r} does not exist")
            tenant = snapshot.tenant.at(now)
            period = period_at(tenant.anchor, now)
            # A period that was not read is then read whole, so that a second time is the last one.
            was_read = period == wanted.period and not whole
            folded_at = _rollup(snapshot, tenant, period).folded_at if was_read else None
            needed = live_range(tenant.anchor, tenant.counter_shards, folded_at, now)
            if wanted.covers(needed):
                self._remember(tenant, folded_at)
                return wanted, snapshot, tenant
            wanted = needed

    def _guess(self, tenant_id: str, known: Tenant | None, now: datetime) -> LiveRange:
        """What to read: by the read before, or by the tenant alone."""
        return live_range(*(self._hints.get(tenant_id) or _first_guess(known, now)), now)

    def _remember(self, tenant: Tenant, folded_at: datetime | None) -> None:
        with self._lock:
            self._hints[tenant.id] = (tenant.anchor, tenant.counter_shards, folded_at)
            self._hints.move_to_end(tenant.id)
            if len(self._hints) > MAX_HINTS:
                self._hints.popitem(last=False)


def _first_guess(known: Tenant | None, now: datetime) -> Hint:
    """Where nothing is remembered: a tick has folded until a minute ago, unless all is too new for that.

    Reading the whole period at once would spare a round trip where this is wrong, for 60 reads where it is right.
    """
    if known is None:
        return None, 1, now
    held = known.at(now)
    began_at = max(held.created_at, period_at(held.anchor, now).start)
    return held.anchor, held.counter_shards, None if now - began_at < NEW_FOR else now


def _rollup(snapshot: Snapshot, tenant: Tenant, period: Period) -> PeriodRollup:
    return kept_rollup(snapshot.periods.get(period), period, tenant.anchored_at)
