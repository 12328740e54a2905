"""The same writes through the stock client's WriteBatch: what the record path is compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore_v1 import DELETE_FIELD, Client, Increment, Maximum, Minimum
from google.cloud.firestore_v1.types import firestore as firestore_types

from shared.adapters.firestore.encoding import encode_series, microseconds
from shared.adapters.firestore.paths import hashed_id
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.counters import Totals, sum_totals
from shared.domain.ledger.periods import day_key
from shared.domain.metering.deltas import DayDelta, deltas_by_day
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import Run, runs_of
from shared.ports import Outcome

_COLUMNS = (
    *("id", "ts", "category", "status", "latency_ms", "user_id"),
    *("run_id", "workflow_id", "request_id", "metadata_json", "fingerprint"),
)


def stock_client(project_id: str) -> Client:
    """Return the stock client; to the emulator that the environment names, if it names one."""
    return Client(project=project_id, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class EventWrites:
    """The writes of a request: event documents by id, counters by day, and runs by id."""

    documents: Mapping[str, dict[str, object]]
    days: Mapping[date, DayDelta]
    runs: Mapping[str, Run]


class StockStore:
    """Records as the Firestore adapter does, by the stock client, up to the serialised request."""

    def __init__(self, project_id: str, retention: timedelta) -> None:
        self._client = stock_client(project_id)
        self._retention = retention

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], settings: CounterSettings, now: datetime
    ) -> list[Outcome]:
        """See UsageStore.record; nothing is sent."""
        documents = {event.id: _document(event, now + self._retention) for event in events}
        writes = EventWrites(documents, deltas_by_day(events), runs_of(events))
        batch = stock_batch(self._client, tenant_id, writes, settings.due_at(now.date(), now))
        request, _ = batch._prep_commit(None, None)
        firestore_types.CommitRequest.serialize(firestore_types.CommitRequest(request))
        return [Outcome.RECORDED] * len(events)


def _document(event: RecordedEvent, expire_at: datetime) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(event, name) for name in _COLUMNS}
    fields |= {"provider": event.provider, "model": event.model, "expire_at": expire_at}
    fields |= {"cost_nanousd": event.cost.nanousd, "cost_status": event.cost.status}
    fields["price_source"] = event.cost.source
    if event.tokens is not None:
        fields["tokens"] = {name: count for name, count in event.tokens._asdict().items() if count}
    return {name: value for name, value in fields.items() if value is not None}


def stock_batch(client: Client, tenant_id: str, writes: EventWrites, fold_due: datetime) -> Any:
    """Return a WriteBatch that creates events and increments counters and runs; it is not committed."""
    tenant = client.collection("tenants").document(tenant_id)
    batch = client.batch()
    for event_id, fields in writes.documents.items():
        batch.create(tenant.collection("events").document(hashed_id(event_id)), fields)
    for day, delta in writes.days.items():
        counter = tenant.collection("counters").document(f"{day_key(day)}.0")
        batch.set(counter, _counter(delta, fold_due), merge=True)
    for run in writes.runs.values():
        batch.set(tenant.collection("runs").document(hashed_id(run.id)), _run(run), merge=True)
    return batch


def _counter(delta: DayDelta, fold_due: datetime) -> dict[str, object]:
    cells: dict[str, dict[str, object]] = {}
    for cell, totals in delta.cells.items():
        cells.setdefault(f"{cell.hour:02}", {})[encode_series(cell.series)] = _increments(totals)
    fields: dict[str, object] = {
        "dirty": True,
        "expire_at": DELETE_FIELD,
        "totals": _increments(sum_totals(delta.cells.values())),
        "cells": cells,
        "commits": Increment(1),
        "fold_due": Minimum(microseconds(fold_due)),
    }
    hours = {f"{hour:02}": True for hour in delta.run_hours}
    return fields | {"run_hours": hours} if hours else fields


def _run(run: Run) -> dict[str, object]:
    began, last = Minimum(microseconds(run.began_at)), Maximum(microseconds(run.last_at))
    return {"id": run.id, "totals": _increments(run.totals), "began_at_us": began, "last_at_us": last}


def _increments(totals: Totals) -> dict[str, object]:
    return {metric: Increment(amount) for metric, amount in totals.items()}
