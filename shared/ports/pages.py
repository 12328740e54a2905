"""Lists that are read in parts."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

PAGE_BYTES = 4 * 1024 * 1024
"""A page ends early after the item with which it exceeds this size as stored: metadata may be 256 KB an event."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, newest first; `next_cursor` is None at the end of it.

    A page may have fewer items than were asked for and still have a next one, which may then be empty.
    """

    items: list[T]
    next_cursor: str | None
