"""The events of sealed batches in the order of time, of the batches alone that have some of them."""

from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import get_value
from shared.adapters.firestore.metering.batches import read_batch
from shared.adapters.firestore.paths import TenantPaths, hashed_id
from shared.adapters.firestore.rpc import FirestoreRpc, size_of
from shared.domain.ledger.holds import run_key
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.sealed_batches import WIDEST
from shared.ports import EventsWanted
from shared.ports.pages import PAGE_BYTES

Place = tuple[datetime, str]
"""The place of an event in a list: its time, and the id that its own document has, or would have."""
_FIRST_BATCHES: Final = 3
"""A page of 500 events is within two full batches; the third shows that the rest is older."""
_MOST_BATCHES: Final = 32


def place_of(event: RecordedEvent) -> Place:
    return event.ts, hashed_id(event.identity)


class SealedEvents:
    """The events of a tenant's batches that are wanted."""

    def __init__(self, rpc: FirestoreRpc, paths: TenantPaths, wanted: EventsWanted) -> None:
        self._rpc = rpc
        self._tenant = paths.tenant
        self._wanted = wanted

    def newest(self, most: int, before: Place | None, after: Place | None) -> list[RecordedEvent]:
        """Return the newest events between two places, at most so many of them, newest first."""
        best: list[tuple[Place, RecordedEvent]] = []
        for head in self._heads(before, after):
            # Batches come in the order of their last events: no later one has anything newer.
            if len(best) == most and get_value(head.fields["last_ts"]) < best[-1][0][0]:
                break
            found = self._between(head, before, after)
            best = sorted([*best, *found], key=itemgetter(0), reverse=True)[:most]
        return [event for _, event in best]

    def _between(
        self, head: Any, before: Place | None, after: Place | None
    ) -> Iterator[tuple[Place, RecordedEvent]]:
        for event in read_batch(self._rpc, head).events:
            if not self._wanted.includes(event):
                continue
            place = place_of(event)
            if (before is None or place < before) and (after is None or place > after):
                bare = event if self._wanted.with_metadata else event._replace(metadata_json=None)
                yield place, bare

    def _heads(self, before: Place | None, after: Place | None) -> Iterator[Any]:
        """Yield the batches that may have such events, those with the latest last event first."""
        conditions, limit, last = self._conditions(before, after), _FIRST_BATCHES, None
        while True:
            query = queries.batches_sorted(conditions, limit)
            if last is not None:
                values = [get_value(last.fields[name]) for name in ("last_ts", "first_ts")]
                queries.start_after_document(query, values, last.name)
            found = self._rpc.query(self._tenant, query, PAGE_BYTES)
            yield from found
            if len(found) < limit and size_of(found) <= PAGE_BYTES:
                return
            last, limit = found[-1], min(2 * limit, _MOST_BATCHES)

    def _conditions(self, before: Place | None, after: Place | None) -> list[queries.Condition]:
        wanted = self._wanted
        latest = before[0] if before else wanted.before
        earliest = max((each for each in (wanted.since, after and after[0]) if each), default=None)
        conditions: list[queries.Condition] = []
        if wanted.run_id is not None:
            conditions.append(("run_keys", queries.CONTAINS, run_key(wanted.run_id)))
        if earliest is not None:
            conditions.append(("last_ts", queries.AT_LEAST, earliest))
        if latest is not None:
            # The second is enough; the first lets the index leave out what is much newer.
            conditions.append(("last_ts", queries.AT_MOST, latest + WIDEST))
            conditions.append(("first_ts", queries.AT_MOST if before else queries.LESS, latest))
        return conditions
