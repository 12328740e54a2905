"""UsageStore on Firestore: documents are read by computed names, and queried only to list them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import from_microseconds, microseconds
from shared.adapters.firestore.ledger.attribution import (
    ALL_FIELDS,
    dimension_path,
    read_attribution,
    rollup_write,
)
from shared.adapters.firestore.ledger.budgets import budget_paths
from shared.adapters.firestore.ledger.counters import (
    clear_write,
    day_write,
    entry_write,
    month_write,
    postpone_write,
    read_counter,
    read_day,
    read_month,
)
from shared.adapters.firestore.ledger.runs import list_runs, measure_runs
from shared.adapters.firestore.limits.holds import HOLDS, read_holds, read_tree
from shared.adapters.firestore.limits.run_admissions import ADMISSION, END
from shared.adapters.firestore.metering.commits import UsageCommits
from shared.adapters.firestore.metering.corrections import FirestoreCorrections
from shared.adapters.firestore.metering.event_lists import EventLists, event_cursor
from shared.adapters.firestore.metering.events import read_run, read_run_sums
from shared.adapters.firestore.metering.recorder import Recorder
from shared.adapters.firestore.metering.sealer import Sealer
from shared.adapters.firestore.notices.alerts import read_usage_alert, usage_alert_fields
from shared.adapters.firestore.notices.documents import outgoing_writes
from shared.adapters.firestore.paging import Listing
from shared.adapters.firestore.paths import shard_ref_of
from shared.adapters.firestore.people.tenant_rows import row_usage_write
from shared.adapters.firestore.people.tenants import (
    TENANT_FIELDS,
    counter_settings_write,
    create_write,
    read_tenant,
)
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.ledger.attribution import AttributionRef
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.counters import CounterShard, ShardRef
from shared.domain.ledger.documents import Documents, Wanted
from shared.domain.ledger.holds import Holds
from shared.domain.ledger.periods import MAX_AGE, start_of
from shared.domain.ledger.rollups import DayRollup, MonthRollup
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.run_lists import ALL_RUNS, RunsWanted
from shared.domain.metering.runs import Run
from shared.domain.metering.sealed_batches import SealedBatch
from shared.domain.notices.alerts import UsageAlert
from shared.domain.notices.entries import Outgoing
from shared.domain.people.tenant_rows import RowUsage
from shared.ports import DueCounter, EventsWanted, Outcome, Page, Snapshot, StaleRollup
from shared.ports.ledger import ALL_EVENTS, NOTHING

DUE_PAGE_SIZE = 300
COUNTERS_OUTLAST_EVENTS_BY = timedelta(days=3)
"""A counter outlives the events it counts, so that they can be compared, and any late event for its day."""
_SMALL_FIELDS = (
    "days",
    "runs",
    "shards",
    "commits",
    "events",
    "folded_at",
    "totals",
    "dirty",
    "run_hours",
    "late_days",
    "attributed",
)
"""Fields of months, days and counters that every read asks for."""
_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)


_ALERTS = Listing("alerts", "reached_at", read_usage_alert)


class FirestoreUsageStore(FirestoreCorrections):
    """UsageStore on Firestore; an event's document is kept for `retention` after it was recorded."""

    def __init__(self, rpc: FirestoreRpc, retention: timedelta, *, feeds_warehouse: bool = False) -> None:
        commits = UsageCommits(rpc)
        super().__init__(rpc, commits, retention, feeds_warehouse=feeds_warehouse)
        self._recorder = Recorder(rpc, commits, retention, feeds_warehouse=feeds_warehouse)
        self._events = EventLists(rpc)
        self._sealer = Sealer(rpc, commits, retention)
        self._counters_kept_for = max(retention, MAX_AGE) + COUNTERS_OUTLAST_EVENTS_BY

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], settings: CounterSettings, now: datetime
    ) -> list[Outcome]:
        return self._recorder.record(tenant_id, events, settings, now)

    def seal(
        self, tenant_id: str, batch: SealedBatch, settings: CounterSettings, now: datetime
    ) -> SealedBatch | None:
        return self._sealer.seal(tenant_id, batch, settings, now)

    def find_batch(self, tenant_id: str, batch_id: str) -> SealedBatch | None:
        return self._sealer.find_batch(tenant_id, batch_id)

    def read(self, tenant_id: str, wanted: Wanted = NOTHING) -> Snapshot:
        paths = self._paths(tenant_id)
        shards = {paths.counter(ref): ref for ref in wanted.shards}
        days = {paths.day(day): day for day in wanted.days}
        months = {paths.month(month): month for month in wanted.months}
        attribution = {paths.attribution(ref): ref for ref in wanted.attribution}
        # The emulator reads one document after the other. In this order, what is written first is read last.
        held = [paths.holds] if wanted.holds else []
        trees = {paths.tree(root): root for root in wanted.trees}
        runs = {paths.run_of_key(key): key for key in wanted.runs}
        names = [paths.tenant, *held, *trees, *runs, *attribution, *shards, *days, *months]
        fields = (
            *TENANT_FIELDS,
            *_SMALL_FIELDS,
            *wanted.fields,
            *budget_paths(wanted.budgets),
            *_attribution_fields(wanted),
            *([HOLDS] if held or trees else ()),
            *((ADMISSION, END) if runs else ()),
        )
        found = self._rpc.batch_get(names, fields, wanted.most_bytes)
        tenant = found.get(paths.tenant)
        documents = Documents(
            months={month: read_month(found[name]) for name, month in months.items() if name in found},
            days={day: read_day(found[name]) for name, day in days.items() if name in found},
            shards={ref: read_counter(found[name]) for name, ref in shards.items() if name in found},
            runs={key: read_run_sums(found[name]) for name, key in runs.items() if name in found},
            attribution={
                ref: read_attribution(found[name]) for name, ref in attribution.items() if name in found
            },
            holds=read_holds(found[paths.holds]) if paths.holds in found else Holds(),
            trees={root: read_tree(found[name]) for name, root in trees.items() if name in found},
        )
        return Snapshot(
            tenant=read_tenant(tenant) if tenant else None,
            documents=documents,
            version=tenant.update_time if tenant else None,
        )

    def count_runs(self, tenant_id: str, start: datetime, end: datetime) -> int:
        query = queries.runs_begun_within(microseconds(start), microseconds(end))
        return self._rpc.count(self._paths(tenant_id).tenant, query)

    def due_counters(self, now: datetime) -> Iterator[DueCounter]:
        after = None
        while True:
            query = queries.due_counters(microseconds(now), DUE_PAGE_SIZE, after)
            found = self._rpc.query(self._rpc.documents, query)
            for document in found:
                yield DueCounter(document.name.split("/")[-3], shard_ref_of(document.name))
            if len(found) < DUE_PAGE_SIZE:
                return
            after = (found[-1].fields["fold_due"].integer_value, found[-1].name)

    def dirty_counters(self, tenant_id: str) -> list[ShardRef]:
        found = self._rpc.query(self._paths(tenant_id).tenant, queries.dirty_counters_of_tenant())
        return sorted(shard_ref_of(document.name) for document in found)

    def most_overdue(self) -> datetime | None:
        found = self._rpc.query(self._rpc.documents, queries.most_overdue_counter())
        return from_microseconds(found[0].fields["fold_due"].integer_value) if found else None

    def save_day(self, tenant_id: str, day: DayRollup) -> None:
        paths = self._paths(tenant_id)
        writes = [day_write(paths.day(day.day), day), entry_write(paths.month(day.day), day)]
        if day.attribution is not None:
            name = paths.attribution(AttributionRef(day.day, None))
            writes.append(rollup_write(name, day.day, day.attribution))
        try:
            self._rpc.commit(writes)
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StaleRollup from error
            raise

    def create_month(self, tenant_id: str, month: MonthRollup) -> None:
        self._rpc.batch_write([month_write(self._paths(tenant_id).month(month.month), month)])

    def clear_counters(
        self,
        tenant_id: str,
        shards: Collection[CounterShard],
        next_fold_at: datetime,
        usage: RowUsage | None = None,
    ) -> None:
        names = [self._paths(tenant_id).counter(shard.ref) for shard in shards]
        row = [row_usage_write(self._rpc.documents, tenant_id, usage)] if usage else []
        writes = [
            clear_write(name, shard, start_of(shard.ref.day) + self._counters_kept_for)
            for name, shard in zip(names, shards, strict=True)
        ]
        refused = self._rpc.batch_write([*writes, *row])
        # The row of a tenant that is older than the list does not exist yet: the daily job makes it.
        changed = [index for index in refused if index < len(writes)]
        self._rpc.batch_write([postpone_write(names[index], next_fold_at) for index in changed])

    def save_counter_settings(self, tenant_id: str, settings: CounterSettings, version: object) -> None:
        self._rpc.batch_write([counter_settings_write(self._paths(tenant_id).tenant, settings, version)])

    def list_events(
        self, tenant_id: str, wanted: EventsWanted = ALL_EVENTS, *, limit: int, cursor: str | None = None
    ) -> Page[RecordedEvent]:
        return self._events.page(self._paths(tenant_id), wanted, limit, cursor)

    def scan_events(self, tenant_id: str, *, with_metadata: bool = False) -> Iterator[RecordedEvent]:
        return self._events.scan(self._paths(tenant_id), with_metadata=with_metadata)

    def event_cursor(self, event: RecordedEvent) -> str:
        return event_cursor(event)

    def find_event(self, tenant_id: str, identity: str) -> RecordedEvent | None:
        return self._events.find(self._paths(tenant_id), identity)

    def list_runs(
        self, tenant_id: str, wanted: RunsWanted = ALL_RUNS, *, limit: int, cursor: str | None = None
    ) -> Page[Run]:
        return list_runs(self._rpc, self._paths(tenant_id), wanted, (limit, cursor))

    def measure_runs(self, tenant_id: str, limit: int) -> int:
        return measure_runs(self._rpc, self._paths(tenant_id), limit)

    def find_run(self, tenant_id: str, run_id: str) -> Run | None:
        name = self._paths(tenant_id).run(run_id)
        found = self._rpc.batch_get([name])
        return read_run(found[name]) if name in found else None

    def list_children(self, tenant_id: str, run_ids: Collection[str], *, limit: int) -> list[Run]:
        query = queries.runs_started_by(sorted(run_ids), limit)
        return [read_run(document) for document in self._rpc.query(self._paths(tenant_id).tenant, query)]

    def known_alerts(self, tenant_id: str, alert_ids: Collection[str]) -> set[str]:
        paths = self._paths(tenant_id)
        found = self._rpc.batch_get([paths.alert(alert_id) for alert_id in alert_ids], ["reached_at"])
        return {name.rpartition("/")[2] for name in found}

    def save_alerts(self, tenant_id: str, alerts: Sequence[UsageAlert], outgoing: Outgoing) -> bool:
        paths = self._paths(tenant_id)
        writes = [create_write(paths.alert(alert.id), usage_alert_fields(alert)) for alert in alerts]
        try:
            self._rpc.commit([*writes, *outgoing_writes(self._rpc.documents, outgoing)])
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.ALREADY_EXISTS:
                raise
            return False
        return True

    def list_alerts(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[UsageAlert]:
        return _ALERTS.page(self._rpc, self._paths(tenant_id).tenant, limit, cursor)


def _attribution_fields(wanted: Wanted) -> tuple[str, ...]:
    if not wanted.attribution:
        return ()
    return tuple(dimension_path(each) for each in sorted(wanted.dimensions)) or ALL_FIELDS
