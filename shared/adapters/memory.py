"""The whole store in this process's memory: for development without emulators, and for fast tests."""

import base64
import json
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import RLock
from typing import TypeVar

from shared.domain.counters import Cells, add
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.periods import Period
from shared.domain.recording import RecordedEvent, cells_by_day
from shared.domain.rollups import CounterShard, DayRollup, PeriodRollup
from shared.domain.runs import Run, runs_of
from shared.domain.tenants import ApiKey, AuditEntry, Tenant
from shared.ports import Outcome, Page, ShardRef, Snapshot, StaleRollup

T = TypeVar("T")
_Place = tuple[datetime, str]
"""Where an item stands in a list: by its time, then by its id."""


@dataclass(slots=True)
class _Counter:
    """A counter document, changed in place; `version` grows with every commit."""

    cells: Cells = field(default_factory=dict)
    commits: int = 0
    dirty_since: datetime | None = None
    version: int = 0


@dataclass(slots=True)
class _TenantUsage:
    """All usage of one tenant."""

    events: dict[str, RecordedEvent] = field(default_factory=dict)
    counters: dict[ShardRef, _Counter] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    runs_begun: Counter[datetime] = field(default_factory=Counter)
    """Runs by the hour they began in, as periods consist of whole hours."""
    days: dict[date, DayRollup] = field(default_factory=dict)
    periods: dict[Period, PeriodRollup] = field(default_factory=dict)


class MemoryStore:
    """UsageStore and Directory on dictionaries; one lock makes every method atomic."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._usage: dict[str, _TenantUsage] = {}
        self._tenants: dict[str, Tenant] = {}
        self._keys: dict[str, ApiKey] = {}
        self._audit: list[AuditEntry] = []
        self._versions = 0

    # UsageStore

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], counter_shards: int, now: datetime
    ) -> list[Outcome]:
        with self._lock:
            usage = self._usage.setdefault(tenant_id, _TenantUsage())
            outcomes, new = [], []
            for event in events:
                outcomes.append(_outcome(event, usage.events.get(event.id)))
                if outcomes[-1] is Outcome.RECORDED:
                    usage.events[event.id] = event
                    new.append(event)
            self._count(usage, new, random.randrange(counter_shards), now)  # noqa: S311 (spreads load, no secret)
            return outcomes

    def _count(self, usage: _TenantUsage, events: Sequence[RecordedEvent], index: int, now: datetime) -> None:
        for day, cells in cells_by_day(events).items():
            counter = usage.counters.setdefault(ShardRef(day, index), _Counter())
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
            usage = self._usage.get(tenant_id, _TenantUsage())
            return Snapshot(
                self._tenants.get(tenant_id),
                {period: usage.periods[period] for period in periods if period in usage.periods},
                {day: usage.days[day] for day in days if day in usage.days},
                {ref: _shard(ref, usage.counters[ref]) for ref in shards if ref in usage.counters},
            )

    def count_runs(self, tenant_id: str, period: Period) -> int:
        with self._lock:
            begun = self._usage.get(tenant_id, _TenantUsage()).runs_begun
            return sum(count for hour, count in begun.items() if period.contains(hour))

    def dirty_tenants(self) -> Iterator[str]:
        with self._lock:
            return iter([tenant_id for tenant_id in self._usage if self.dirty_shards(tenant_id)])

    def dirty_shards(self, tenant_id: str) -> list[ShardRef]:
        with self._lock:
            counters = self._usage.get(tenant_id, _TenantUsage()).counters
            return sorted(ref for ref, counter in counters.items() if counter.dirty_since)

    def oldest_dirty_at(self) -> datetime | None:
        with self._lock:
            counters = [counter for usage in self._usage.values() for counter in usage.counters.values()]
            return min((counter.dirty_since for counter in counters if counter.dirty_since), default=None)

    def save_rollups(self, tenant_id: str, day: DayRollup, periods: Sequence[PeriodRollup]) -> None:
        with self._lock:
            usage = self._usage.setdefault(tenant_id, _TenantUsage())
            _refuse_stale(usage.days.get(day.day), day)
            for rollup in periods:
                _refuse_stale(usage.periods.get(rollup.period), rollup)
            self._versions += 1
            usage.days[day.day] = replace(day, version=self._versions)
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
            events = self._usage.get(tenant_id, _TenantUsage()).events.values()
            chosen = [event for event in events if run_id is None or event.run_id == run_id]
            return _page("events", {(event.ts, event.id): event for event in chosen}, limit, cursor)

    def list_runs(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[Run]:
        with self._lock:
            runs = self._usage.get(tenant_id, _TenantUsage()).runs.values()
            copies = [replace(run, totals=dict(run.totals)) for run in runs]
            return _page("runs", {(run.began_at, run.id): run for run in copies}, limit, cursor)

    def find_run(self, tenant_id: str, run_id: str) -> Run | None:
        with self._lock:
            run = self._usage.get(tenant_id, _TenantUsage()).runs.get(run_id)
            return replace(run, totals=dict(run.totals)) if run else None

    # Directory

    def create_tenant(self, tenant: Tenant, key: ApiKey, audit: AuditEntry) -> None:
        with self._lock:
            if tenant.id in self._tenants:
                raise Conflict(f"tenant {tenant.id!r} exists already")
            self._tenants[tenant.id] = tenant
            self.save_keys([key], audit)

    def find_tenant(self, tenant_id: str) -> Tenant | None:
        with self._lock:
            return self._tenants.get(tenant_id)

    def set_plan(self, tenant_id: str, plan: str, audit: AuditEntry) -> None:
        with self._lock:
            if tenant_id not in self._tenants:
                raise NotFound(f"tenant {tenant_id!r} does not exist")
            self._tenants[tenant_id] = replace(self._tenants[tenant_id], plan=plan)
            self._audit.append(audit)

    def find_key(self, key_id: str) -> ApiKey | None:
        with self._lock:
            return self._keys.get(key_id)

    def list_keys(self, tenant_id: str) -> list[ApiKey]:
        with self._lock:
            keys = [key for key in self._keys.values() if key.tenant_id == tenant_id]
            return sorted(keys, key=lambda key: (key.created_at, key.id))

    def save_keys(self, keys: Sequence[ApiKey], audit: AuditEntry) -> None:
        with self._lock:
            self._keys.update({key.id: key for key in keys})
            self._audit.append(audit)

    def list_audit(self, tenant_id: str) -> list[AuditEntry]:
        with self._lock:
            entries = [entry for entry in self._audit if entry.tenant_id == tenant_id]
            return sorted(entries, key=lambda entry: entry.at)


class InlineTickPublisher:
    """A TickPublisher that hands its messages to `receive` at once."""

    def __init__(self, receive: Callable[[Sequence[str]], None]) -> None:
        self._receive = receive

    def publish(self, tenant_ids: Sequence[str]) -> None:
        self._receive(tenant_ids)


def _outcome(event: RecordedEvent, stored: RecordedEvent | None) -> Outcome:
    if stored is None:
        return Outcome.RECORDED
    return Outcome.DUPLICATE if stored.fingerprint == event.fingerprint else Outcome.CONFLICT


def _hour_of(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def _shard(ref: ShardRef, counter: _Counter) -> CounterShard:
    cells = {cell: dict(totals) for cell, totals in counter.cells.items()}
    return CounterShard(
        ref.day, ref.number, cells, counter.commits, counter.dirty_since is not None, counter.version
    )


def _refuse_stale(stored: DayRollup | PeriodRollup | None, new: DayRollup | PeriodRollup) -> None:
    if (stored.version if stored else None) != new.version:
        raise StaleRollup


def _page(collection: str, items: dict[_Place, T], limit: int, cursor: str | None) -> Page[T]:
    """The items below the cursor, newest first: what is added above it meanwhile moves nothing."""
    after = None if cursor is None else _decode_cursor(collection, cursor)
    places = sorted((place for place in items if after is None or place < after), reverse=True)
    next_cursor = _encode_cursor(collection, places[limit - 1]) if len(places) > limit else None
    return Page([items[place] for place in places[:limit]], next_cursor)


def _encode_cursor(collection: str, place: _Place) -> str:
    at, item_id = place
    return base64.urlsafe_b64encode(json.dumps([collection, at.isoformat(), item_id]).encode()).decode()


def _decode_cursor(collection: str, cursor: str) -> _Place:
    try:
        named, at, item_id = json.loads(base64.urlsafe_b64decode(cursor))
        place = datetime.fromisoformat(at), str(item_id)
        if named != collection or place[0].tzinfo is None:
            raise ValueError("it is the place in another list")
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput(
            f"cursor {cursor[:80]!r} is not one of this list", code="invalid_cursor"
        ) from error
    return place
