"""UsageStore on Firestore: documents are read by computed names, and queried only to list them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.accounts import mail_fields
from shared.adapters.firestore.alerts import read_usage_alert, usage_alert_fields
from shared.adapters.firestore.counters import (
    clear_dirty_write,
    day_write,
    held_write,
    period_write,
    read_counter,
    read_day,
    read_period,
)
from shared.adapters.firestore.encoding import decode_day, from_microseconds, microseconds
from shared.adapters.firestore.events import read_event, read_run
from shared.adapters.firestore.paging import Listing
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.recorder import Recorder
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.adapters.firestore.tenants import create_write, raise_shards_write, read_tenant, set_write
from shared.domain.alerts import UsageAlert
from shared.domain.periods import Period
from shared.domain.recording import RecordedEvent
from shared.domain.rollups import CounterShard, DayRollup, PeriodRollup, empty_rollup
from shared.domain.runs import Run
from shared.ports import Mail, Outcome, Page, ShardRef, Snapshot, StaleRollup

T = TypeVar("T")

DIRTY_PAGE_SIZE = 300
_MAX_INT64 = 2**63 - 1
_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)


_EVENTS = Listing("events", "ts", read_event)
_RUNS = Listing("runs", "began_at_us", read_run)
_ALERTS = Listing("alerts", "reached_at", read_usage_alert)


class FirestoreUsageStore:
    """UsageStore on Firestore; an event's document is kept for `retention` after it was recorded."""

    def __init__(self, rpc: FirestoreRpc, retention: timedelta) -> None:
        self._rpc = rpc
        self._recorder = Recorder(rpc, retention)

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], counter_shards: int, now: datetime
    ) -> list[Outcome]:
        return self._recorder.record(tenant_id, events, counter_shards, now)

    def read(
        self,
        tenant_id: str,
        *,
        periods: Collection[Period] = (),
        days: Collection[date] = (),
        shards: Collection[ShardRef] = (),
    ) -> Snapshot:
        paths = self._paths(tenant_id)
        period_names = {period: paths.period(period) for period in periods}
        day_names = {day: paths.day(day) for day in days}
        shard_names = {ref: paths.counter(ref) for ref in shards}
        names = [paths.tenant, *period_names.values(), *day_names.values(), *shard_names.values()]
        found = self._rpc.batch_get(names)
        return Snapshot(
            read_tenant(found[paths.tenant]) if paths.tenant in found else None,
            {
                period: _read_period(found[name], period)
                for period, name in period_names.items()
                if name in found
            },
            {day: read_day(found[name]) for day, name in day_names.items() if name in found},
            {ref: read_counter(found[name]) for ref, name in shard_names.items() if name in found},
        )

    def count_runs(self, tenant_id: str, start: datetime, end: datetime) -> int:
        query = queries.runs_begun_within(microseconds(start), microseconds(end))
        return self._rpc.count(self._paths(tenant_id).tenant, query)

    def dirty_tenants(self) -> Iterator[str]:
        last_tenant, last_name = None, None
        while True:
            query = queries.dirty_counters(DIRTY_PAGE_SIZE, last_name)
            names = [document.name for document in self._rpc.query(self._rpc.documents, query)]
            for name in names:
                tenant_id = name.split("/")[-3]
                if tenant_id != last_tenant:
                    yield tenant_id
                last_tenant, last_name = tenant_id, name
            if len(names) < DIRTY_PAGE_SIZE:
                return

    def dirty_shards(self, tenant_id: str) -> list[ShardRef]:
        found = self._rpc.query(self._paths(tenant_id).tenant, queries.dirty_counters_of_tenant())
        ids = [document.name.rpartition("/")[2].split(".") for document in found]
        return sorted(ShardRef(decode_day(day), int(index)) for day, index in ids)

    def oldest_dirty_at(self) -> datetime | None:
        found = self._rpc.query(self._rpc.documents, queries.oldest_dirty_counter())
        return from_microseconds(found[0].fields["dirty_since_us"].integer_value) if found else None

    def save_rollups(
        self,
        tenant_id: str,
        day: DayRollup,
        periods: Sequence[PeriodRollup],
        held: Sequence[DayRollup] = (),
    ) -> None:
        paths = self._paths(tenant_id)
        writes = [day_write(paths.day(day.day), day)]
        writes += [period_write(paths.period(rollup.period), rollup) for rollup in periods]
        writes += [held_write(paths.day(rollup.day), rollup) for rollup in held]
        try:
            self._rpc.commit(writes)
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StaleRollup from error
            raise

    def clear_dirty(self, tenant_id: str, shards: Sequence[CounterShard]) -> None:
        paths = self._paths(tenant_id)
        self._rpc.batch_write(
            clear_dirty_write(paths.counter(ShardRef(shard.day, shard.index)), shard) for shard in shards
        )

    def raise_counter_shards(self, tenant_id: str, counter_shards: int) -> None:
        self._rpc.commit([raise_shards_write(self._paths(tenant_id).tenant, counter_shards)])

    def list_events(
        self, tenant_id: str, *, run_id: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[RecordedEvent]:
        events = _EVENTS if run_id is None else _EVENTS.where("run_id", run_id)
        return events.page(self._rpc, self._paths(tenant_id).tenant, limit, cursor)

    def list_runs(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[Run]:
        return _RUNS.page(self._rpc, self._paths(tenant_id).tenant, limit, cursor)

    def find_run(self, tenant_id: str, run_id: str) -> Run | None:
        name = self._paths(tenant_id).run(run_id)
        found = self._rpc.batch_get([name])
        return read_run(found[name]) if name in found else None

    def _paths(self, tenant_id: str) -> TenantPaths:
        return TenantPaths(self._rpc.documents, tenant_id)

    def known_alerts(self, tenant_id: str, alert_ids: Collection[str]) -> set[str]:
        paths = self._paths(tenant_id)
        found = self._rpc.batch_get([paths.alert(alert_id) for alert_id in alert_ids], ["reached_at"])
        return {name.rpartition("/")[2] for name in found}

    def save_alerts(self, tenant_id: str, alerts: Sequence[UsageAlert], mails: Sequence[Mail]) -> bool:
        paths, at = self._paths(tenant_id), alerts[0].reached_at
        writes = [create_write(paths.alert(alert.id), usage_alert_fields(alert)) for alert in alerts]
        for mail in mails:
            name = f"{self._rpc.documents}/mail/{uuid4().hex}"
            writes.append(set_write(name, mail_fields(mail, tenant_id, at)))
        try:
            self._rpc.commit(writes)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.ALREADY_EXISTS:
                raise
            return False
        return True

    def list_alerts(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[UsageAlert]:
        return _ALERTS.page(self._rpc, self._paths(tenant_id).tenant, limit, cursor)


def _read_period(document: Any, period: Period) -> PeriodRollup:
    """A period's rollup. After a change of anchor another period may have the same start: that one counts nothing."""
    rollup = read_period(document)
    return rollup if rollup.period == period else empty_rollup(period, period.start, rollup.version)
