"""The metadata of an event as it is stored: JSON of a limited size."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

MAX_METADATA_BYTES: Final = 256 * 1024


def stored_metadata(metadata: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Return the metadata as JSON, and whether it was cut to the limit; None if nothing of it fits.

    Entries are kept whole and in order, each if it fits beside those before it. Of the first text that does not
    fit, the beginning is kept in the room that the others leave.
    """
    text = to_json(metadata)
    if len(text) <= MAX_METADATA_BYTES:
        return text.decode(), False
    kept = _cut(metadata)
    return (to_json(kept).decode() if kept else None), True


def _cut(metadata: Mapping[str, Any]) -> dict[str, Any]:
    kept: set[str] = set()
    cut: str | None = None
    room = MAX_METADATA_BYTES - len("{}") + len(",")  # there is no comma behind the last entry
    for name, value in metadata.items():
        size = _size(name, value)
        if size <= room:
            kept.add(name)
            room -= size
        elif cut is None and isinstance(value, str):
            cut = name
    beginning = None if cut is None else _beginning(cut, metadata[cut], room)
    if cut is not None and beginning:
        kept.add(cut)
    return {name: beginning if name == cut else value for name, value in metadata.items() if name in kept}


def _size(name: str, value: object) -> int:
    """Return how many bytes the entry takes, with the comma behind it."""
    return len(to_json({name: value})) - len("{}") + len(",")


def _beginning(name: str, text: str, room: int) -> str:
    lengths = range(1, min(len(text), room) + 1)
    return text[: bisect_right(lengths, room, key=lambda length: _size(name, text[:length]))]
