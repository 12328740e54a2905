"""The warehouse that gets every recorded event, and the feed of what was recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.domain.metering.usage_rows import RecordedUsage


class StaleCursor(Exception):
    """The cursor has changed since it was read: another tick has sent the same."""


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """The place in the feed after what was sent; the beginning by default."""

    places: Mapping[str, str] = field(default_factory=dict)
    version: object = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class FeedPage:
    """The events that were recorded next, and the cursor after them."""

    usage: Sequence[RecordedUsage]
    cursor: FeedCursor


class UsageFeed(Protocol):
    """The events of all tenants, by the server's time of recording; each method raises Unavailable."""

    def read_cursor(self) -> FeedCursor:
        """Return the cursor that was saved last."""

    def save_cursor(self, cursor: FeedCursor) -> FeedCursor:
        """Replace the cursor of its version, and return it with the new one; raise StaleCursor."""

    def recorded_after(self, cursor: FeedCursor, before: datetime) -> FeedPage | None:
        """Return what was recorded after `cursor` and before an instant, a page of it; None if nothing was.

        A page may be empty, of what has been deleted meanwhile. Events that were recorded while the warehouse was
        off are not in the feed, unless they are in sealed batches.
        """


class Warehouse(Protocol):
    """The queue to the warehouse."""

    def send(self, usage: Sequence[RecordedUsage]) -> None:
        """Send each event as a message; return when all are accepted, else raise Unavailable."""
