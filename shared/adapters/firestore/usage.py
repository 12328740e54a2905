"""UsageStore on Firestore: documents are read by computed names, and queried only to list them."""

import base64
import binascii
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.counters import (
    clear_dirty_write,
    day_write,
    period_write,
    read_counter,
    read_day,
    read_period,
)
from shared.adapters.firestore.encoding import decode_day, from_microseconds, get_value, microseconds
from shared.adapters.firestore.events import read_event, read_run
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.recorder import Recorder
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.adapters.firestore.tenants import raise_shards_write, read_tenant
from shared.domain.errors import InvalidInput
from shared.domain.periods import Period
from shared.domain.recording import RecordedEvent
from shared.domain.rollups import CounterShard, DayRollup, PeriodRollup, empty_rollup
from shared.domain.runs import Run
from shared.ports import Outcome, Page, ShardRef, Snapshot, StaleRollup

T = TypeVar("T")

DIRTY_PAGE_SIZE = 300
_MAX_INT64 = 2**63 - 1
_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)


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

    def count_runs(self, tenant_id: str, period: Period) -> int:
        start_us, end_us = microseconds(period.start), microseconds(period.end)
        query = queries.runs_begun_within(start_us, end_us)
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

    def save_rollups(self, tenant_id: str, day: DayRollup, periods: Sequence[PeriodRollup]) -> None:
        paths = self._paths(tenant_id)
        writes = [day_write(paths.day(day.day), day)]
        writes += [period_write(paths.period(rollup.period), rollup) for rollup in periods]
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
        query = queries.newest("events", "ts", limit + 1, self._after(tenant_id, "events", cursor))
        if run_id is not None:
            query = queries.where_equal(query, "run_id", run_id)
        return self._page(tenant_id, query, "ts", limit, read_event)

    def list_runs(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[Run]:
        query = queries.newest("runs", "began_at_us", limit + 1, self._after(tenant_id, "runs", cursor))
        return self._page(tenant_id, query, "began_at_us", limit, read_run)

    def find_run(self, tenant_id: str, run_id: str) -> Run | None:
        name = self._paths(tenant_id).run(run_id)
        found = self._rpc.batch_get([name])
        return read_run(found[name]) if name in found else None

    def _paths(self, tenant_id: str) -> TenantPaths:
        return TenantPaths(self._rpc.documents, tenant_id)

    def _page(
        self, tenant_id: str, query: Any, order_field: str, limit: int, read: Callable[[Any], T]
    ) -> Page[T]:
        found = self._rpc.query(self._paths(tenant_id).tenant, query)
        last = found[limit - 1] if len(found) > limit else None
        cursor = _encode_cursor(get_value(last.fields[order_field]), last.name) if last else None
        return Page([read(document) for document in found[:limit]], cursor)

    def _after(self, tenant_id: str, collection: str, cursor: str | None) -> tuple[object, str] | None:
        """Where a cursor says to go on; it names a document only by its id, so never another tenant's."""
        if cursor is None:
            return None
        value, document_id = _decode_cursor(cursor, "t" if collection == "events" else "n")
        return value, f"{self._paths(tenant_id).tenant}/{collection}/{document_id}"


def _read_period(document: Any, period: Period) -> PeriodRollup:
    """A period's rollup. After a change of anchor another period may have the same start: that one counts nothing."""
    rollup = read_period(document)
    return rollup if rollup.period == period else empty_rollup(period, period.start, rollup.version)


def _encode_cursor(value: datetime | int, name: str) -> str:
    value_us = microseconds(value) if isinstance(value, datetime) else value
    kind = "t" if isinstance(value, datetime) else "n"
    text = json.dumps([kind, value_us, name.rpartition("/")[2]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode_cursor(cursor: str, expected_kind: str) -> tuple[object, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        kind, value_us, document_id = json.loads(text)
        if kind != expected_kind or type(value_us) is not int or abs(value_us) > _MAX_INT64:
            raise ValueError("not a place in this list")
        if not (isinstance(document_id, str) and document_id.isalnum()):
            raise ValueError("not a document id")
        return (from_microseconds(value_us) if kind == "t" else value_us), document_id
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise InvalidInput(
            f"cursor {cursor[:80]!r} is not one of this list", code="invalid_cursor"
        ) from error
