"""The events of a recorded stream, out of the envelopes of server-sent events and of client libraries."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.responses.stream_text import END_MARK, Piece, parsed, pieces
from shared.domain.metering.shown import shown

Event = Mapping[str, Any]

_MAX_DEPTH: Final = 200
"""As deep as pydantic parses JSON: the readers of a response recurse."""
MAX_EVENTS: Final = 200_000
_ENVELOPE: Final = frozenset({"event", "data", "id", "retry"})


class StreamEvents(NamedTuple):
    """The events of a stream, in order, and what else was among them."""

    events: list[Event]
    has_end_mark: bool
    has_error: bool


def events_of(stream: Sequence[object] | str) -> StreamEvents:
    """Return the events of a stream. Raises ExtractionError `malformed_stream`."""
    found = pieces(stream) if isinstance(stream, str) else map(Piece, stream)
    events: list[Event] = []
    has_end_mark = has_error = False
    for number, each in enumerate(found, start=1):
        if number > MAX_EVENTS:
            raise ExtractionError(
                "malformed_stream", "events", f"the stream has more than {MAX_EVENTS} events"
            )
        value, name, is_json = _opened(each)
        if name == "error":
            has_error = True
        elif is_json and value == END_MARK:
            has_end_mark = True
        elif value == {}:
            continue
        elif not isinstance(value, dict):
            raise _malformed(number, f"is {shown(value)}, not an object")
        elif _is_deeper(value, _MAX_DEPTH):
            raise _malformed(number, f"is nested more than {_MAX_DEPTH} levels deep")
        elif name != "ping":
            events.append(value)
    return StreamEvents(events, has_end_mark, has_error)


def _malformed(number: int, message: str) -> ExtractionError:
    return ExtractionError("malformed_stream", f"[{number}]", f"event {number} {message}")


def _opened(piece: Piece) -> Piece:
    """Take an event out of its envelope: `{"event": …, "data": …}`, or a chunk of OpenAI's client helper."""
    value, name, is_json = piece
    if isinstance(value, dict) and value.get("data") is not None and _is_envelope(value):
        name = str(value.get("event") or name)
        value = value["data"]
    elif isinstance(value, dict) and value.get("type") == "chunk" and isinstance(value.get("chunk"), dict):
        value = value["chunk"]
    return parsed(value, name) if isinstance(value, str) and is_json else Piece(value, name, is_json)


def _is_envelope(event: Event) -> bool:
    return all(name in _ENVELOPE or value is None for name, value in event.items())


def _is_deeper(value: object, levels: int) -> bool:
    """Return whether objects and arrays are nested in more than `levels` levels."""
    found = [value]
    for _ in range(levels):
        found = [inner for each in found for inner in _inner(each) if isinstance(inner, (dict, list))]
        if not found:
            return False
    return True


def _inner(value: object) -> Sequence[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()
