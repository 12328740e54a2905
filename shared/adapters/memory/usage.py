"""UsageStore on dictionaries."""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from shared.adapters.memory.cursors import page
from shared.adapters.memory.state import CounterDocument, MemoryState, TenantUsage
from shared.domain.alerts import UsageAlert
from shared.domain.counters import add
from shared.domain.periods import Period
from shared.domain.recording import RecordedEvent, cells_by_day
from shared.domain.rollups import CounterShard, DayRollup, PeriodRollup
from shared.domain.runs import Run, runs_of
from shared.ports import Mail, Outcome, Page, ShardRef, Snapshot, StaleRollup


class MemoryUsageStore(MemoryState):
    """Events, counters, runs and rollups of all tenants."""

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], counter_shards: int, now: datetime
    ) -> list[Outcome]:
        with self._lock:
            usage = self._usage.setdefault(tenant_id, TenantUsage())
            outcomes, new = [], []
            for event in events:
                outcomes.append(_outcome(event, usage.events.get(event.id)))
                if outcomes[-1] is Outcome.RECORDED:
                    usage.events[event.id] = event
                    new.append(event)
            self._count(usage, new, random.randrange(counter_shards), now)  # noqa: S311 (spreads load, no secret)
            return outcomes

    def _count(self, usage: TenantUsage, events: Sequence[RecordedEvent], index: int, now: datetime) -> None:
        for day, cells in cells_by_day(events).items():
            counter = usage.counters.setdefault(ShardRef(day, index), CounterDocument())
            for cell, amounts in cells.items():
                add(counter.cells.setdefault(cell, {}), amounts)
            counter.commits += 1
            # The earliest, not the first: instances' clocks differ.
            counter.dirty_since = min(counter.dirty_since or now, now)
            counter.version += 1
        for run_id, part in runs_of(events).items():
            run = usage.runs.setdefault(run_id, part)
            if run is not part:
                usage.runs_begun[_hour_of(run.began_at)] -= 1
                run.merge(part)
            usage.runs_begun[_hour_of(run.began_at)] += 1

    def read(
        self,
        tenant_id: str,
        *,
        periods: Collection[Period] = (),
        days: Collection[date] = (),
        shards: Collection[ShardRef] = (),
    ) -> Snapshot:
        with self._lock:
            usage = self._usage.get(tenant_id, TenantUsage())
            return Snapshot(
                self._tenants.get(tenant_id),
                {period: usage.periods[period] for period in periods if period in usage.periods},
                {day: usage.days[day] for day in days if day in usage.days},
                {ref: _shard(ref, usage.counters[ref]) for ref in shards if ref in usage.counters},
            )

    def count_runs(self, tenant_id: str, start: datetime, end: datetime) -> int:
        with self._lock:
            begun = self._usage.get(tenant_id, TenantUsage()).runs_begun
            return sum(count for hour, count in begun.items() if start <= hour < end)

    def dirty_tenants(self) -> Iterator[str]:
        with self._lock:
            return iter([tenant_id for tenant_id in self._usage if self.dirty_shards(tenant_id)])

    def dirty_shards(self, tenant_id: str) -> list[ShardRef]:
        with self._lock:
            counters = self._usage.get(tenant_id, TenantUsage()).counters
            return sorted(ref for ref, counter in counters.items() if counter.dirty_since)

    def oldest_dirty_at(self) -> datetime | None:
        with self._lock:
            counters = [counter for usage in self._usage.values() for counter in usage.counters.values()]
            return min((counter.dirty_since for counter in counters if counter.dirty_since), default=None)

    def save_rollups(
        self,
        tenant_id: str,
        day: DayRollup,
        periods: Sequence[PeriodRollup],
        held: Sequence[DayRollup] = (),
    ) -> None:
        with self._lock:
            usage = self._usage.setdefault(tenant_id, TenantUsage())
            for each in (day, *held):
                _refuse_stale(usage.days.get(each.day), each)
            for rollup in periods:
                _refuse_stale(usage.periods.get(rollup.period), rollup)
            self._versions += 1
            for each in (day, *held):
                usage.days[each.day] = replace(each, version=self._versions)
            for rollup in periods:
                usage.periods[rollup.period] = replace(rollup, version=self._versions)

    def clear_dirty(self, tenant_id: str, shards: Sequence[CounterShard]) -> None:
        with self._lock:
            counters = self._usage[tenant_id].counters
            for shard in shards:
                counter = counters[ShardRef(shard.day, shard.index)]
                if counter.version == shard.version:
                    counter.dirty_since = None

    def raise_counter_shards(self, tenant_id: str, counter_shards: int) -> None:
        with self._lock:
            tenant = self._tenants[tenant_id]
            raised = max(tenant.counter_shards, counter_shards)
            self._tenants[tenant_id] = replace(tenant, counter_shards=raised)

    def list_events(
        self, tenant_id: str, *, run_id: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[RecordedEvent]:
        with self._lock:
            events = self._usage.get(tenant_id, TenantUsage()).events.values()
            chosen = [event for event in events if run_id is None or event.run_id == run_id]
            return page("events", {(event.ts, event.id): event for event in chosen}, limit, cursor)

    def list_runs(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[Run]:
        with self._lock:
            runs = self._usage.get(tenant_id, TenantUsage()).runs.values()
            copies = [replace(run, totals=dict(run.totals)) for run in runs]
            return page("runs", {(run.began_at, run.id): run for run in copies}, limit, cursor)

    def find_run(self, tenant_id: str, run_id: str) -> Run | None:
        with self._lock:
            run = self._usage.get(tenant_id, TenantUsage()).runs.get(run_id)
            return replace(run, totals=dict(run.totals)) if run else None

    def known_alerts(self, tenant_id: str, alert_ids: Collection[str]) -> set[str]:
        with self._lock:
            return set(alert_ids) & self._usage.get(tenant_id, TenantUsage()).alerts.keys()

    def save_alerts(self, tenant_id: str, alerts: Sequence[UsageAlert], mails: Sequence[Mail]) -> bool:
        with self._lock:
            kept = self._usage.setdefault(tenant_id, TenantUsage()).alerts
            if any(alert.id in kept for alert in alerts):
                return False
            kept.update({alert.id: alert for alert in alerts})
            self.mails += mails
            return True

    def list_alerts(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[UsageAlert]:
        with self._lock:
            alerts = self._usage.get(tenant_id, TenantUsage()).alerts.values()
            return page("alerts", {(alert.reached_at, alert.id): alert for alert in alerts}, limit, cursor)


def _outcome(event: RecordedEvent, stored: RecordedEvent | None) -> Outcome:
    if stored is None:
        return Outcome.RECORDED
    return Outcome.DUPLICATE if stored.fingerprint == event.fingerprint else Outcome.CONFLICT


def _hour_of(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def _shard(ref: ShardRef, counter: CounterDocument) -> CounterShard:
    cells = {cell: dict(totals) for cell, totals in counter.cells.items()}
    return CounterShard(
        ref.day, ref.number, cells, counter.commits, counter.dirty_since is not None, counter.version
    )


def _refuse_stale(stored: DayRollup | PeriodRollup | None, new: DayRollup | PeriodRollup) -> None:
    if (stored.version if stored else None) != new.version:
        raise StaleRollup
