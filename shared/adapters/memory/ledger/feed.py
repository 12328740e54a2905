"""UsageFeed in memory."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from shared.adapters.memory.state import MemoryState
from shared.domain.metering.corrected_events import with_corrections
from shared.domain.metering.usage_rows import RecordedUsage
from shared.ports import FeedCursor, FeedPage, StaleCursor

_PAGE: Final = 500
_PLACE: Final = "events"


class MemoryUsageFeed(MemoryState):
    """UsageFeed over the store's data."""

    def read_cursor(self) -> FeedCursor:
        with self._lock:
            return self._feed_cursor

    def save_cursor(self, cursor: FeedCursor) -> FeedCursor:
        with self._lock:
            if cursor.version != self._feed_cursor.version:
                raise StaleCursor
            self._feed_cursor = replace(cursor, version=self._next_version())
            return self._feed_cursor

    def recorded_after(self, cursor: FeedCursor, before: datetime) -> FeedPage | None:
        with self._lock:
            after = json.loads(cursor.places.get(_PLACE, "[]"))
            recorded = {_place(each): each for each in self._all_recorded() if each.recorded_at < before}
            places = sorted(place for place in recorded if list(place) > after)[:_PAGE]
            if not places:
                return None
            usage = [recorded[place] for place in places]
            return FeedPage(usage, FeedCursor({_PLACE: json.dumps(places[-1])}, cursor.version))

    def _all_recorded(self) -> Iterator[RecordedUsage]:
        for tenant_id, usage in self._usage.items():
            for event in usage.all_events():
                at = usage.recorded_at[event.identity]
                bare = event._replace(metadata_json=None)
                yield RecordedUsage(tenant_id=tenant_id, recorded_at=at, event=bare)
                if correction := usage.corrections.get(event.identity):
                    (standing,) = with_corrections([bare], {event.identity: correction})
                    yield RecordedUsage(tenant_id=tenant_id, recorded_at=correction.at, event=standing)


def _place(usage: RecordedUsage) -> tuple[str, str, str, str]:
    correction = usage.event.correction
    revision = str(correction.revision) if correction else ""
    return usage.recorded_at.isoformat(), usage.tenant_id, usage.event.identity, revision
