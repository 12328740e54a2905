"""The same writes through the stock client's WriteBatch: what the record path is compared with."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore_v1 import Client, Increment, Maximum, Minimum
from google.cloud.firestore_v1.types import firestore as firestore_types

from shared.adapters.firestore.encoding import encode_series, microseconds
from shared.adapters.firestore.paths import hashed_id
from shared.domain.counters import Cells, Totals, sum_totals
from shared.domain.periods import day_key
from shared.domain.recording import RecordedEvent, cells_by_day
from shared.domain.runs import Run, runs_of
from shared.ports import Outcome

_COLUMNS = (
    *("id", "ts", "category", "status", "latency_ms", "cost_nanousd", "price_source", "user_id"),
    *("run_id", "workflow_id", "request_id", "metadata_json", "fingerprint"),
)


def stock_client(project_id: str) -> Client:
    """The stock client; to the emulator that the environment names, if it names one."""
    return Client(project=project_id, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]


class StockStore:
    """Records as the Firestore adapter does, by the stock client, up to the serialised request."""

    def __init__(self, project_id: str, retention: timedelta) -> None:
        self._client = stock_client(project_id)
        self._retention = retention

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], _counter_shards: int, now: datetime
    ) -> list[Outcome]:
        """See UsageStore.record; nothing is sent."""
        documents = {event.id: _document(event, now + self._retention) for event in events}
        batch = stock_batch(self._client, tenant_id, documents, cells_by_day(events), runs_of(events), now)
        request, _ = batch._prep_commit(None, None)
        firestore_types.CommitRequest.serialize(firestore_types.CommitRequest(request))
        return [Outcome.RECORDED] * len(events)


def _document(event: RecordedEvent, expire_at: datetime) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(event, name) for name in _COLUMNS}
    fields |= {"provider": event.series.provider, "model": event.series.model, "expire_at": expire_at}
    if event.tokens is not None:
        fields["tokens"] = {name: count for name, count in event.tokens._asdict().items() if count}
    return {name: value for name, value in fields.items() if value is not None}


def stock_batch(
    client: Client,
    tenant_id: str,
    documents: Mapping[str, dict[str, object]],
    days: Mapping[date, Cells],
    runs: Mapping[str, Run],
    now: datetime,
) -> Any:
    """A WriteBatch that creates `documents` (by event id) and increments counters and runs; not committed."""
    tenant = client.collection("tenants").document(tenant_id)
    batch = client.batch()
    for event_id, fields in documents.items():
        batch.create(tenant.collection("events").document(hashed_id(event_id)), fields)
    for day, cells in days.items():
        counter = tenant.collection("counters").document(f"{day_key(day)}.0")
        batch.set(counter, _counter(cells, now), merge=True)
    for run in runs.values():
        batch.set(tenant.collection("runs").document(hashed_id(run.id)), _run(run), merge=True)
    return batch


def _counter(cells: Cells, now: datetime) -> dict[str, object]:
    hours: dict[str, dict[str, object]] = {}
    for cell, totals in cells.items():
        hours.setdefault(f"{cell.hour:02}", {})[encode_series(cell.series)] = _increments(totals)
    since = Minimum(microseconds(now))
    totals = _increments(sum_totals(cells.values()))
    return {"dirty": True, "totals": totals, "hours": hours, "commits": Increment(1), "dirty_since_us": since}


def _run(run: Run) -> dict[str, object]:
    began, last = Minimum(microseconds(run.began_at)), Maximum(microseconds(run.last_at))
    return {"id": run.id, "totals": _increments(run.totals), "began_at_us": began, "last_at_us": last}


def _increments(totals: Totals) -> dict[str, Any]:
    return {metric: Increment(amount) for metric, amount in totals.items()}
