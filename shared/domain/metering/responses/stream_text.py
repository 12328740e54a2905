"""The text of a recorded stream: server-sent events, or JSON values in a row. A rest that was cut off is dropped."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

END_MARK: Final = "[DONE]"
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_BETWEEN_VALUES: Final = re.compile(r"[\s,\[\]]*")
_FIELDS: Final = ("data", "event", "id", "retry")
_DECODER: Final = json.JSONDecoder()


class Piece(NamedTuple):
    """A complete part of a stream: a JSON value, the end mark, or text that is neither."""

    value: object
    name: str = ""
    """The name of the server-sent event."""
    is_json: bool = True


def pieces(text: str) -> Iterator[Piece]:
    """Yield the parts of a stream's text, in order."""
    rest = text.lstrip("\ufeff \t\r\n")
    return _values_in_a_row(rest) if rest.startswith(("{", "[")) else _server_sent(rest)


def parsed(text: str, name: str = "") -> Piece:
    """Return the data of an event, parsed."""
    if text.strip() == END_MARK:
        return Piece(END_MARK, name)
    try:
        return Piece(json.loads(text), name)
    except (ValueError, RecursionError):
        return Piece(text, name, is_json=False)


def _values_in_a_row(text: str) -> Iterator[Piece]:
    """Yield JSON values: one a line as Ollama sends them, or those of an array as Gemini does."""
    position = _next_value(text, 0)
    while position < len(text):
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            if not _is_of_a_cut(error, text):
                yield Piece(text[position:], is_json=False)
            return
        yield Piece(value)
        position = _next_value(text, position)


def _is_of_a_cut(error: Exception, text: str) -> bool:
    """Return whether JSON is incomplete rather than wrong: a cut leaves its error in the last line."""
    return isinstance(error, json.JSONDecodeError) and not _LINE_END.search(text[error.pos :].rstrip())


def _next_value(text: str, position: int) -> int:
    match = _BETWEEN_VALUES.match(text, position)
    return match.end() if match else position


class _Data(NamedTuple):
    """A `data` line, and the name of its event."""

    text: str
    name: str


def _server_sent(text: str) -> Iterator[Piece]:
    """Yield the data of each event (html.spec.whatwg.org, event stream interpretation)."""
    lines = _LINE_END.split(text)
    if not lines[-1]:
        lines.pop()  # the end of the last line, and no blank line after it
    waiting: list[_Data] = []
    name, has_data = "", False
    for line in lines:
        field, _, value = line.partition(":")
        if field == "data":
            has_data = True
            waiting.append(_Data(value.removeprefix(" "), name))
        elif field == "event":
            name = value.strip()
        elif not line:
            yield from _dispatched(waiting)
            waiting, name = [], ""
    yield from _dispatched(waiting, is_last=True)
    if not has_data:
        yield from (Piece(line, is_json=False) for line in lines if not _is_field(line))


def _is_field(line: str) -> bool:
    """Return whether a line belongs to an event stream; comments have an empty name, and the last may be cut."""
    name = line.partition(":")[0]
    return any(field.startswith(name) for field in _FIELDS)


def _dispatched(lines: Sequence[_Data], *, is_last: bool = False) -> Iterator[Piece]:
    """Yield the data of an event, or that of each line if a recording left out the blank lines."""
    if not lines:
        return
    is_line_each = len(lines) > 1 and parsed(lines[0].text).is_json
    events = lines if is_line_each else [_Data("\n".join(line.text for line in lines), lines[0].name)]
    for event in events:
        found = parsed(*event)
        is_cut = is_last and event is events[-1] and not found.is_json and _is_incomplete(event.text)
        if event.text.strip() and not is_cut:
            yield found


def _is_incomplete(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return _is_of_a_cut(error, text)
    return False
