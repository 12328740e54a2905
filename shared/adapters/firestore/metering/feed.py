"""UsageFeed on Firestore: queries over the events of all tenants, by the server's time."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import from_microseconds, get_fields, get_value, microseconds
from shared.adapters.firestore.metering.events import EVENT_FIELDS, read_event
from shared.adapters.firestore.people.tenants import set_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.metering.usage_rows import RecordedUsage
from shared.ports import FeedCursor, FeedPage, StaleCursor
from shared.ports.pages import PAGE_BYTES

RECORDED_AT: Final = "recorded_at"
_EVENTS: Final = "events"
_EVENTS_PER_PAGE: Final = 500
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
        found = self._find(_EVENTS, cursor, before)
        if not found:
            return None
        usage = [
            RecordedUsage(
                tenant_id=each.name.split("/")[-3],
                recorded_at=get_value(each.fields[RECORDED_AT]),
                event=read_event(each),
            )
            for each in found
        ]
        return FeedPage(usage, self._after(cursor, _EVENTS, found[-1]))

    def _find(self, collection: str, cursor: FeedCursor, before: datetime) -> Sequence[Any]:
        query = queries.recorded_before(collection, before, _EVENTS_PER_PAGE)
        if place := cursor.places.get(collection):
            recorded_us, name = json.loads(place)
            queries.start_after_document(
                query, [from_microseconds(recorded_us)], f"{self._rpc.documents}/{name}"
            )
        for field in (*EVENT_FIELDS, RECORDED_AT):
            query.select.fields.add(field_path=field)
        return self._rpc.query(self._rpc.documents, query, PAGE_BYTES)

    def _after(self, cursor: FeedCursor, collection: str, last: Any) -> FeedCursor:
        recorded_us = microseconds(get_value(last.fields[RECORDED_AT]))
        name = last.name.removeprefix(f"{self._rpc.documents}/")
        return FeedCursor({**cursor.places, collection: json.dumps([recorded_us, name])}, cursor.version)
