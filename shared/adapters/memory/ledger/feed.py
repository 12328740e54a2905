"""UsageFeed in memory."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Final

from shared.adapters.memory.state import MemoryState
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
            recorded = {
                (at.isoformat(), tenant_id, identity): at
                for tenant_id, usage in self._usage.items()
                for identity, at in usage.recorded_at.items()
                if at < before and identity in usage.events
            }
            places = sorted(place for place in recorded if list(place) > after)[:_PAGE]
            if not places:
                return None
            usage = [self._recorded(place, recorded[place]) for place in places]
            return FeedPage(usage, FeedCursor({_PLACE: json.dumps(places[-1])}, cursor.version))

    def _recorded(self, place: tuple[str, str, str], at: datetime) -> RecordedUsage:
        _, tenant_id, identity = place
        event = self._usage[tenant_id].events[identity]
        return RecordedUsage(tenant_id=tenant_id, recorded_at=at, event=event._replace(metadata_json=None))
