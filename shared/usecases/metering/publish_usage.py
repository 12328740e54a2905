"""Send what was recorded to the warehouse: each event at least once, with the id that marks repetitions."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.ports import StaleCursor, UsageFeed, Warehouse

SETTLED_AFTER: Final = timedelta(minutes=2)
"""A commit that is tried again is stored later than the time in it, and clocks differ."""
MOST_SECONDS: Final = 30.0
"""The next tick goes on; a tick has more to do."""


@dataclass(frozen=True, slots=True)
class UsagePublisher:
    """Sends the feed to the warehouse, from where the last tick has stopped."""

    feed: UsageFeed
    warehouse: Warehouse
    timer: Callable[[], float] = time.monotonic

    def publish(self, now: datetime) -> None:
        """Send what is new, for half a minute at the most.

        The cursor is saved after its events are sent: what fails between the two is sent again.
        """
        ends_at, cursor = self.timer() + MOST_SECONDS, self.feed.read_cursor()
        while self.timer() < ends_at:
            page = self.feed.recorded_after(cursor, now - SETTLED_AFTER)
            if page is None:
                return
            self.warehouse.send(page.usage)
            try:
                cursor = self.feed.save_cursor(page.cursor)
            except StaleCursor:
                return
