"""Lists that are read in parts."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, newest first; `next_cursor` is None at the end of it."""

    items: list[T]
    next_cursor: str | None
