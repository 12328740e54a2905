"""UsageFeed on Firestore: queries over the events of all tenants, by the server's time."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import from_microseconds, get_fields, get_value, microseconds
from shared.adapters.firestore.metering.batches import read_batch
from shared.adapters.firestore.metering.corrections import read_correction
from shared.adapters.firestore.metering.event_lists import EventLists
from shared.adapters.firestore.metering.events import EVENT_FIELDS, read_event
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.people.tenants import set_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.metering.corrected_events import with_corrections
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.usage_rows import RecordedUsage
from shared.ports import FeedCursor, FeedPage, StaleCursor
from shared.ports.pages import PAGE_BYTES

_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)


class FirestoreUsageFeed:
    """UsageFeed on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc
        self._name = f"{rpc.documents}/jobs/warehouse"

    def read_cursor(self) -> FeedCursor:
        document = self._rpc.batch_get([self._name]).get(self._name)
        if document is None:
            return FeedCursor()
        return FeedCursor(get_fields(document.fields), document.update_time)

    def save_cursor(self, cursor: FeedCursor) -> FeedCursor:
        write = set_write(self._name, cursor.places)
        if cursor.version is None:
            write.current_document.exists = False
        else:
            write.current_document.update_time.CopyFrom(cursor.version)
        try:
            response = self._rpc.commit([write])
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StaleCursor from error
            raise
        return FeedCursor(cursor.places, response.write_results[0].update_time)

    def recorded_after(self, cursor: FeedCursor, before: datetime) -> FeedPage | None:
        for kind in _KINDS:
            if found := self._find(kind, cursor, before):
                usage = [
                    RecordedUsage(
                        tenant_id=_tenant_of(each), recorded_at=get_value(each.fields[kind.time]), event=event
                    )
                    for each in found
                    for event in kind.events_of(self._rpc, each)
                ]
                return FeedPage(usage, self._after(cursor, kind, found[-1]))
        return None

    def _find(self, kind: "_Kind", cursor: FeedCursor, before: datetime) -> Sequence[Any]:
        query = queries.recorded_before((kind.collection, kind.time), before, kind.most)
        if place := cursor.places.get(kind.collection):
            recorded_us, name = json.loads(place)
            last = f"{self._rpc.documents}/{name}"
            queries.start_after_document(query, [from_microseconds(recorded_us)], last)
        for field in kind.fields:
            query.select.fields.add(field_path=field)
        return self._rpc.query(self._rpc.documents, query, PAGE_BYTES)

    def _after(self, cursor: FeedCursor, kind: "_Kind", last: Any) -> FeedCursor:
        name = last.name.removeprefix(f"{self._rpc.documents}/")
        place = json.dumps([microseconds(get_value(last.fields[kind.time])), name])
        return FeedCursor({**cursor.places, kind.collection: place}, cursor.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """The documents of a collection that hold events: how many at once, with which fields, and the events in one."""

    collection: str
    time: str = "recorded_at"
    most: int
    fields: Sequence[str] = ()
    events_of: Callable[[FirestoreRpc, Any], Sequence[RecordedEvent]]


def _single(_: FirestoreRpc, document: Any) -> list[RecordedEvent]:
    return [read_event(document)]


def _sealed(rpc: FirestoreRpc, head: Any) -> list[RecordedEvent]:
    return [event._replace(metadata_json=None) for event in read_batch(rpc, head).events]


def _corrected(rpc: FirestoreRpc, document: Any) -> list[RecordedEvent]:
    """Return the event of a correction as it stands; none if it has expired."""
    correction = read_correction(document)
    event = EventLists(rpc).find(TenantPaths(rpc.documents, _tenant_of(document)), correction.identity)
    found = [] if event is None else [event._replace(metadata_json=None)]
    return with_corrections(found, {correction.identity: correction})


_KINDS: Final = (
    _Kind(collection="events", most=500, fields=(*EVENT_FIELDS, "recorded_at"), events_of=_single),
    _Kind(collection="batches", most=4, events_of=_sealed),
    # A call for each event: corrections are rare.
    _Kind(collection="corrections", time="at", most=50, events_of=_corrected),
)


def _tenant_of(document: Any) -> str:
    return str(document.name.split("/")[-3])
