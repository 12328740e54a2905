"""The metadata of an event as it is stored: JSON of a limited size, without known secrets."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from shared.domain.metering.redaction import may_contain_secrets, redact

MAX_METADATA_BYTES: Final = 256 * 1024


class StoredMetadata(NamedTuple):
    """Metadata as JSON, None if nothing of it fits; whether it was cut; and how many secrets were replaced."""

    json: str | None = None
    is_cut: bool = False
    redactions: int = 0


NO_METADATA: Final = StoredMetadata()


def stored_metadata(metadata: Mapping[str, Any]) -> StoredMetadata:
    """Return the metadata without its secrets, cut to the limit.

    Entries are kept whole and in order, each if it fits beside those before it. Of the first text that does not
    fit, the beginning is kept in the room that the others leave.
    """
    text = to_json(metadata)
    if not may_contain_secrets(text.decode()):
        return _fitting(metadata, text, 0)
    # Before it is cut, because half of a secret has no form.
    redacted, redactions = redact(metadata)
    return _fitting(redacted, to_json(redacted), redactions)


def _fitting(metadata: Mapping[str, Any], text: bytes, redactions: int) -> StoredMetadata:
    if len(text) <= MAX_METADATA_BYTES:
        return StoredMetadata(text.decode(), False, redactions)
    kept = _cut(metadata)
    return StoredMetadata(to_json(kept).decode() if kept else None, True, redactions)


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
