"""The events of a tenant, of both kinds: with a document each, and in sealed batches."""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, Final

from shared.adapters.firestore import queries
from shared.adapters.firestore.metering.batches import read_batch
from shared.adapters.firestore.metering.events import EVENT_FIELDS, read_event
from shared.adapters.firestore.metering.sealed_listing import Place, SealedEvents, place_of
from shared.adapters.firestore.paging import Listing
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.rpc import FirestoreRpc, size_of
from shared.adapters.firestore.scans import scan
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.sealed_ids import stored_id
from shared.ports import EventsWanted, Page
from shared.ports.pages import PAGE_BYTES

_WITH_METADATA: Final = Listing("events", "ts", read_event)
_BARE: Final = Listing("events", "ts", read_event, EVENT_FIELDS)
_BATCHES_PER_PAGE: Final = 20
_ONLY_IN_HEADS: Final = "last_ts"
"""The further parts of a batch do not have it."""


class EventLists:
    """Reads the events of all tenants."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def page(
        self, paths: TenantPaths, wanted: EventsWanted, limit: int, cursor: str | None
    ) -> Page[RecordedEvent]:
        """See UsageStore.list_events."""
        listing = _listing(wanted)
        single = listing.page(self._rpc, paths.tenant, limit, cursor)
        # Beyond the last single event of a page there are others, which come before older events of batches.
        floor = place_of(single.items[-1]) if single.next_cursor else None
        sealed = SealedEvents(self._rpc, paths, wanted).newest(limit + 1, _place(listing, cursor), floor)
        merged = sorted([*single.items, *sealed], key=place_of, reverse=True)
        shown = _within_page(merged[:limit])
        has_next = single.next_cursor is not None or len(shown) < len(merged)
        return Page(shown, event_cursor(shown[-1]) if has_next else None)

    def find(self, paths: TenantPaths, identity: str) -> RecordedEvent | None:
        """See UsageStore.find_event."""
        place = stored_id(identity)
        name = paths.event(identity) if place is None else paths.batch(place.batch)
        found = self._rpc.batch_get([name]).get(name)
        if found is None:
            return None
        return read_event(found) if place is None else read_batch(self._rpc, found).event(place.number)

    def scan(self, paths: TenantPaths, *, with_metadata: bool) -> Iterator[RecordedEvent]:
        """See UsageStore.scan_events."""
        fields = () if with_metadata else EVENT_FIELDS
        for document in scan(
            self._rpc, paths.tenant, lambda after: queries.all_by_name("events", None, after, fields)
        ):
            yield read_event(document)
        for head in self._batches(paths):
            for event in read_batch(self._rpc, head).events:
                yield event if with_metadata else event._replace(metadata_json=None)

    def _batches(self, paths: TenantPaths) -> Iterator[Any]:
        after = None
        while True:
            query = queries.all_by_name("batches", _BATCHES_PER_PAGE, after, ())
            found = self._rpc.query(paths.tenant, query, PAGE_BYTES)
            yield from (each for each in found if _ONLY_IN_HEADS in each.fields)
            if len(found) < _BATCHES_PER_PAGE and size_of(found) <= PAGE_BYTES:
                return
            after = found[-1].name


def event_cursor(event: RecordedEvent) -> str:
    """See UsageStore.event_cursor."""
    return _BARE.cursor_after(*place_of(event))


def _listing(wanted: EventsWanted) -> Listing[RecordedEvent]:
    events = _WITH_METADATA if wanted.with_metadata else _BARE
    if wanted.run_id is not None:
        events = events.where("run_id", wanted.run_id)
    return events.within(wanted.since, wanted.before)


def _place(listing: Listing[RecordedEvent], cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    ts, document_id = listing.place(cursor)
    return ts, document_id


def _within_page(events: Sequence[RecordedEvent]) -> list[RecordedEvent]:
    """Return the events up to the one with whose metadata they exceed the size of a page."""
    sizes = [0]
    for event in events:
        sizes.append(sizes[-1] + len(event.metadata_json or ""))
    return [
        event for event, _ in takewhile(lambda each: each[1] <= PAGE_BYTES, zip(events, sizes, strict=False))
    ]
