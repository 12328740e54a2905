"""Bodies of responses that are read bit by bit: kept for the meter while they pass to the caller."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from gwi_usage.responses import without_content
from gwi_usage.wrappers import calls
from gwi_usage.wrappers.observer import ObservedCall, Observer

_BORDER = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_DATA = re.compile(rb"^data:(.*)", re.MULTILINE)
_DONE = b"[DONE]"


class Body(Protocol):
    """The body of an answer. Its call is recorded when it ends, however it ends."""

    def passed(self, chunk: bytes) -> bytes:
        """Take the next bytes, and return those that the caller gets now."""

    def rest(self) -> bytes:
        """Return what the caller has not got yet when everything has been read."""

    def end(self, error: BaseException | None = None) -> None:
        """Record the call, unless it has been recorded."""


def is_stream(response: Any) -> bool:
    return "event-stream" in response.headers.get("content-type", "")


def body_of(response: Any, call: ObservedCall, observer: Observer) -> Body:
    return StreamBody(call, observer) if is_stream(response) else WholeBody(call)


class WholeBody:
    """A response that is no stream, and is read as one."""

    def __init__(self, call: ObservedCall) -> None:
        self._call = call
        self._content = b""
        self._is_whole = False

    def passed(self, chunk: bytes) -> bytes:
        self._content += chunk
        return chunk

    def rest(self) -> bytes:
        self._is_whole = True
        return b""

    def end(self, error: BaseException | None = None) -> None:
        if self._is_whole:
            self._call.record(self._content)
        else:
            self._call.record(**_cut_off(error))


class StreamBody:
    """A stream of server-sent events; those that only carry a piece of text are not kept."""

    def __init__(self, call: ObservedCall, observer: Observer) -> None:
        self._call, self._harmless = call, observer.harmless()
        self._rest = b""
        self._events: list[Any] = []
        self._has_end = False

    def passed(self, chunk: bytes) -> bytes:
        parts = self._rest + chunk
        begin, passed = 0, b""
        for border in _BORDER.finditer(parts):
            part, begin = parts[begin : border.end()], border.end()
            passed += self._for_caller(part)
        self._rest = parts[begin:]
        return passed

    def rest(self) -> bytes:
        return self._for_caller(self._rest)

    def end(self, error: BaseException | None = None) -> None:
        self._call.record(self._events, **({} if self._has_end else _cut_off(error)))

    def _for_caller(self, part: bytes) -> bytes:
        with self._harmless:
            return part if self._keep(part) else b""
        return part

    def _keep(self, part: bytes) -> bool:
        """Keep the event of a part, and return whether the caller expects it."""
        if self._events and calls.goes_on(part):
            return True
        data = b"\n".join(_DATA.findall(part)).strip()
        if not data or data == _DONE:
            self._has_end = self._has_end or data == _DONE
            return True
        event: Mapping[str, Any] = json.loads(data)
        self._has_end = self._has_end or calls.is_end(event)
        if not (self._events and calls.is_content_alone(event)):
            self._events.append(without_content(event))
        return not (self._call.call.hides_usage and calls.is_usage_alone(event))


def _cut_off(error: BaseException | None) -> dict[str, Any]:
    """Return the fields of an event whose stream was closed by the agent, or broke off with an error."""
    if error is None or isinstance(error, GeneratorExit):
        return {"metadata": {"aborted": True}}
    return {"status": "error", "metadata": {"aborted": True, "error": type(error).__name__}}
