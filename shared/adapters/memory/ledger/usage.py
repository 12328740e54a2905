"""UsageStore on dictionaries."""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from shared.adapters.memory.cursors import page
from shared.adapters.memory.state import CounterDocument, MemoryState, TenantUsage
from shared.domain.ledger.attribution import Attribution, AttributionRef, Names, merge
from shared.domain.ledger.budget_counts import EVERY_VALUE, BudgetSlot, merge_hours
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.counters import CounterShard, ShardRef, sum_totals
from shared.domain.ledger.documents import Documents, RunSums, Wanted
from shared.domain.ledger.holds import Holds
from shared.domain.ledger.periods import month_of
from shared.domain.ledger.rollups import DayRollup, MonthRollup
from shared.domain.metering.deltas import deltas_with_late_days
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import Run, runs_of
from shared.domain.metering.sealed_batches import SealedBatch
from shared.domain.notices.alerts import UsageAlert
from shared.domain.notices.entries import Outgoing
from shared.domain.people.tenant_rows import RowUsage
from shared.ports import DueCounter, Outcome, Page, Snapshot, StaleRollup
from shared.ports.ledger import NOTHING

T = TypeVar("T")


class MemoryUsageStore(MemoryState):
    """Events, counters, runs and rollups of all tenants."""

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], settings: CounterSettings, now: datetime
    ) -> list[Outcome]:
        with self._lock:
            usage = self._usage.setdefault(tenant_id, TenantUsage())
            outcomes, new = [], []
            for event in events:
                outcomes.append(_outcome(event, usage.events.get(event.identity)))
                if outcomes[-1] is Outcome.RECORDED:
                    usage.events[event.identity] = event
                    new.append(event)
            self._count(usage, new, settings, now)
            return outcomes

    def seal(
        self, tenant_id: str, batch: SealedBatch, settings: CounterSettings, now: datetime
    ) -> SealedBatch | None:
        with self._lock:
            usage = self._usage.setdefault(tenant_id, TenantUsage())
            if stored := usage.batches.get(batch.id):
                return stored
            usage.batches[batch.id] = batch
            self._count(usage, batch.events, settings, now)
            return None

    def _count(
        self, usage: TenantUsage, events: Sequence[RecordedEvent], settings: CounterSettings, now: datetime
    ) -> None:
        usage.recorded_at.update((event.identity, now) for event in events)
        self._add_to_counters(usage, events, settings, now)
        for part in runs_of(events).values():
            usage.add_run(part)

    def _add_to_counters(
        self, usage: TenantUsage, events: Sequence[RecordedEvent], settings: CounterSettings, now: datetime
    ) -> None:
        number = random.randrange(settings.shards)  # noqa: S311 (spreads load, no secret)
        for day, delta in deltas_with_late_days(events, now, settings.tag_names).items():
            counter = usage.counters.setdefault(ShardRef(day, number), CounterDocument())
            counter.add(delta, settings.due_at(day, now))
            if delta.names:
                counter.attributed = number + 1
                merge(usage.attribution.setdefault(AttributionRef(day, number), {}), delta.names)

    def read(self, tenant_id: str, wanted: Wanted = NOTHING) -> Snapshot:
        with self._lock:
            usage, tenant = self._usage.get(tenant_id, TenantUsage()), self._tenants.get(tenant_id)
            months = {each: usage.months[each] for each in wanted.months if each in usage.months}
            days = {each: usage.days[each] for each in wanted.days if each in usage.days}
            refs = [ref for ref in wanted.shards if ref in usage.counters]
            documents = Documents(
                months={month: _part_of_month(found, wanted) for month, found in months.items()},
                days={day: _part(rollup, wanted) for day, rollup in days.items()},
                shards={ref: _shard(ref, usage.counters[ref], wanted) for ref in refs},
                runs={
                    key: _sums(usage.runs[usage.run_ids[key]], wanted)
                    for key in wanted.runs
                    if key in usage.run_ids
                },
                attribution={
                    ref: _names(usage.attribution[ref], wanted)
                    for ref in wanted.attribution
                    if ref in usage.attribution
                },
                holds=usage.holds if wanted.holds else Holds(),
                trees={root: usage.trees[root] for root in wanted.trees if root in usage.trees},
            )
            return Snapshot(tenant=tenant, documents=documents, version=tenant)

    def count_runs(self, tenant_id: str, start: datetime, end: datetime) -> int:
        with self._lock:
            begun = self._usage.get(tenant_id, TenantUsage()).runs_begun
            return sum(count for hour, count in begun.items() if start <= hour < end)

    def due_counters(self, now: datetime) -> Iterator[DueCounter]:
        with self._lock:
            due = [
                (counter.fold_due, DueCounter(tenant_id, ref))
                for tenant_id, usage in self._usage.items()
                for ref, counter in usage.counters.items()
                if counter.fold_due and counter.fold_due <= now
            ]
            return iter([each for _, each in sorted(due)])

    def dirty_counters(self, tenant_id: str) -> list[ShardRef]:
        with self._lock:
            counters = self._usage.get(tenant_id, TenantUsage()).counters
            return sorted(ref for ref, counter in counters.items() if counter.fold_due)

    def most_overdue(self) -> datetime | None:
        with self._lock:
            counters = [counter for usage in self._usage.values() for counter in usage.counters.values()]
            return min((counter.fold_due for counter in counters if counter.fold_due), default=None)

    def save_day(self, tenant_id: str, day: DayRollup) -> None:
        with self._lock:
            usage = self._usage.setdefault(tenant_id, TenantUsage())
            stored, month = usage.days.get(day.day), usage.months.get(month_of(day.day))
            if month is None or (stored.version if stored else None) != day.version:
                raise StaleRollup
            self._versions += 1
            usage.days[day.day] = replace(day, attribution=None, version=self._versions)
            if day.attribution is not None:
                usage.attribution[AttributionRef(day.day, None)] = day.attribution
            usage.months[month.month] = replace(month, days={**month.days, day.day: day.entry})

    def create_month(self, tenant_id: str, month: MonthRollup) -> None:
        with self._lock:
            self._usage.setdefault(tenant_id, TenantUsage()).months.setdefault(month.month, month)

    def clear_counters(
        self,
        tenant_id: str,
        shards: Collection[CounterShard],
        next_fold_at: datetime,
        usage: RowUsage | None = None,
    ) -> None:
        with self._lock:
            self._put_row_usage(tenant_id, usage)
            for shard in shards:
                counter = self._usage[tenant_id].counters[shard.ref]
                if counter.version == shard.version:
                    counter.fold_due = None
                    counter.run_hours.clear()
                    counter.version += 1
                else:
                    counter.fold_due = next_fold_at

    def _put_row_usage(self, tenant_id: str, usage: RowUsage | None) -> None:
        row = self._rows.get(tenant_id)
        if usage is None or row is None:
            return
        known = [each.last_event_at for each in (row.usage, usage) if each and each.last_event_at]
        rate = usage.rate or (row.usage.rate if row.usage else None)
        merged = replace(usage, last_event_at=max(known, default=None), rate=rate)
        self._rows[tenant_id] = replace(row, usage=merged)

    def save_counter_settings(self, tenant_id: str, settings: CounterSettings, version: object) -> None:
        with self._lock:
            tenant = self._tenants.get(tenant_id)
            if tenant is not None and tenant is version:
                self._tenants[tenant_id] = replace(tenant, counters=settings)

    def known_alerts(self, tenant_id: str, alert_ids: Collection[str]) -> set[str]:
        with self._lock:
            return set(alert_ids) & self._usage.get(tenant_id, TenantUsage()).alerts.keys()

    def save_alerts(self, tenant_id: str, alerts: Sequence[UsageAlert], outgoing: Outgoing) -> bool:
        with self._lock:
            kept = self._usage.setdefault(tenant_id, TenantUsage()).alerts
            if any(alert.id in kept for alert in alerts):
                return False
            if not self._is_new(outgoing):
                return False
            kept.update({alert.id: alert for alert in alerts})
            self._put_outgoing(outgoing)
            return True

    def list_alerts(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[UsageAlert]:
        with self._lock:
            alerts = self._usage.get(tenant_id, TenantUsage()).alerts.values()
            return page("alerts", {(alert.reached_at, alert.id): alert for alert in alerts}, limit, cursor)


def _outcome(event: RecordedEvent, stored: RecordedEvent | None) -> Outcome:
    if stored is None:
        return Outcome.RECORDED
    return Outcome.DUPLICATE if stored.fingerprint == event.fingerprint else Outcome.CONFLICT


def _sums(run: Run, wanted: Wanted) -> RunSums:
    return RunSums(
        totals=dict(run.totals),
        budgets=_asked(run.budgets, wanted),
        admission=run.admission,
        end=run.end,
    )


def _shard(ref: ShardRef, counter: CounterDocument, wanted: Wanted) -> CounterShard:
    cells = {cell: dict(totals) for cell, totals in counter.cells.items()}
    return CounterShard(
        ref=ref,
        totals=sum_totals(cells.values()),
        cells=cells if "cells" in wanted.fields else {},
        commits=counter.commits,
        events=counter.events,
        run_hours=frozenset(counter.run_hours),
        keys=_copy(counter.keys) if "keys" in wanted.fields else {},
        attributed=counter.attributed,
        dirty=counter.fold_due is not None,
        budgets=_asked(merge_hours([counter.budgets]), wanted),
        late_days=frozenset(counter.late_days),
        version=counter.version,
    )


def _part(rollup: DayRollup, wanted: Wanted) -> DayRollup:
    """Return what is asked for of a day."""
    return replace(
        rollup,
        cells=rollup.cells if "hours" in wanted.fields else {},
        series=rollup.series if "series" in wanted.fields else {},
        hour_totals=rollup.hour_totals if "hour_totals" in wanted.fields else {},
        keys=rollup.keys if "keys" in wanted.fields else {},
        budgets=_asked(rollup.budgets, wanted),
    )


def _names(found: Attribution, wanted: Wanted) -> Attribution:
    """Return the dimensions that are asked for."""
    asked = wanted.dimensions or found.keys()
    return {dimension: _copy(names) for dimension, names in found.items() if dimension in asked}


def _copy(names: Names) -> Names:
    return {name: dict(totals) for name, totals in names.items()}


def _part_of_month(month: MonthRollup, wanted: Wanted) -> MonthRollup:
    entries = {
        day: entry._replace(budgets=_asked(entry.budgets, wanted)) for day, entry in month.days.items()
    }
    return replace(month, days=entries)


def _asked(budgets: Mapping[BudgetSlot, T], wanted: Wanted) -> dict[BudgetSlot, T]:
    """Return the budgets that are asked for."""
    return {
        slot: found
        for slot, found in budgets.items()
        if "budgets" in wanted.fields
        or not wanted.budgets.isdisjoint({slot, BudgetSlot(slot.key, EVERY_VALUE)})
    }
