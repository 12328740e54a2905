"""The events of a recorded stream: a list as a client parsed it, server-sent events, or JSON values in a row."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.domain.metering.responses.errors import ExtractionError
from shared.domain.metering.shown import shown

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_BETWEEN_VALUES: Final = re.compile(r"[\s,\[\]]*")
_END_MARK: Final = "[DONE]"
_DECODER: Final = json.JSONDecoder()

Event = Mapping[str, object]


@dataclass(slots=True)
class StreamEvents:
    """The events of a stream, in order, and whether the mark of its end was among them."""

    events: list[Event] = field(default_factory=list)
    has_end_mark: bool = False

    def add(self, value: object) -> None:
        """Add an event, taken out of an envelope `{"event": …, "data": …}`."""
        if isinstance(value, dict) and "event" in value and "data" in value:
            value = value["data"]
        if isinstance(value, str):
            self._add_text(value, may_be_cut=False)
        elif isinstance(value, dict):
            self.events.append(value)
        else:
            raise self._malformed(value)

    def _add_text(self, text: str, *, may_be_cut: bool) -> None:
        if text.strip() == _END_MARK:
            self.has_end_mark = True
            return
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            if may_be_cut:
                return  # cut off in the middle of a line
            raise self._malformed(text) from None
        if not isinstance(value, dict):
            if may_be_cut:
                return
            raise self._malformed(value)
        self.events.append(value)

    def add_sse(self, text: str) -> None:
        """Add the events of server-sent events; a last line that was cut off adds nothing."""
        is_cut = not text.endswith(("\n", "\r"))
        payloads = list(_payloads(text))
        for number, payload in enumerate(payloads, start=1):
            self._add_text(payload, may_be_cut=is_cut and number == len(payloads))

    def add_json(self, text: str) -> None:
        """Add JSON objects in a row: one a line as Ollama sends them, or an array as Gemini does."""
        position = _next_value(text, 0)
        while position < len(text):
            try:
                value, position = _DECODER.raw_decode(text, position)
            except (ValueError, RecursionError):
                if "\n" in text[position:].strip():
                    raise self._malformed(text[position:]) from None
                return
            self.add(value)
            position = _next_value(text, position)

    def _malformed(self, value: object) -> ExtractionError:
        number = len(self.events) + 1
        return ExtractionError(
            "malformed_stream", f"[{number}]", f"event {number} is {shown(value)}, not an object"
        )


def events_of(stream: Sequence[object] | str) -> StreamEvents:
    """Return the events of a stream. Raises ExtractionError `malformed_stream`."""
    found = StreamEvents()
    if not isinstance(stream, str):
        for each in stream:
            found.add(each)
        return found
    text = stream.lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        found.add_json(text)
    else:
        found.add_sse(text)
    return found


def _payloads(text: str) -> Iterator[str]:
    """Yield the data of each server-sent event (html.spec.whatwg.org, event stream interpretation)."""
    data: list[str] = []
    for line in _LINE_END.split(text):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []
    if data:
        yield "\n".join(data)


def _next_value(text: str, position: int) -> int:
    match = _BETWEEN_VALUES.match(text, position)
    return match.end() if match else position
