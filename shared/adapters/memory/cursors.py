"""Pages of a list that grows while it is read."""

import base64
import json
from datetime import datetime
from typing import TypeVar

from shared.domain.errors import InvalidInput
from shared.ports import Page
from shared.ports.pages import PAGE_BYTES

T = TypeVar("T")
_Place = tuple[datetime, str]
"""The position of an item in a list: its time, then its id."""


def page(collection: str, items: dict[_Place, T], limit: int, cursor: str | None) -> Page[T]:
    """Return the items after the cursor, newest first; new items at the start of the list move nothing."""
    after = None if cursor is None else _decode_cursor(collection, cursor)
    places = sorted((place for place in items if after is None or place < after), reverse=True)
    chosen, size = [], 0
    for place in places[:limit]:
        chosen.append(place)
        size += len(repr(items[place]))
        if size > PAGE_BYTES:
            break
    next_cursor = encode_cursor(collection, chosen[-1]) if len(places) > len(chosen) else None
    return Page([items[place] for place in chosen], next_cursor)


def encode_cursor(collection: str, place: _Place) -> str:
    """Return the cursor after the item at `place`."""
    at, item_id = place
    return base64.urlsafe_b64encode(json.dumps([collection, at.isoformat(), item_id]).encode()).decode()


def _decode_cursor(collection: str, cursor: str) -> _Place:
    try:
        named, at, item_id = json.loads(base64.urlsafe_b64decode(cursor))
        place = datetime.fromisoformat(at), str(item_id)
        if named != collection or place[0].tzinfo is None:
            raise ValueError("a position in another list")
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput(
            f"cursor {cursor[:80]!r} is not valid for this list", code="invalid_cursor"
        ) from error
    return place
