"""Calls of a wrapped client, from the request to the event in the outbox."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Mapping
from typing import Any

from gwi_usage.events import encoded
from gwi_usage.meter import Meter
from gwi_usage.notices import Harmless
from gwi_usage.wrappers.calls import ModelCall, recognized

_REQUEST_IDS = ("x-request-id", "request-id")


class Observer:
    """Sees the requests of a client; nothing that fails here reaches the agent."""

    def __init__(self, meter: Meter, provider: str) -> None:
        self.meter, self.provider = meter, provider

    def begin(self, request: Any) -> ObservedCall | None:
        """Return the call that a request makes; None if it calls no model."""
        with self.harmless():
            call = recognized(request.method, request.url.path, request.content)
            return ObservedCall(self, call, request) if call else None
        return None

    def harmless(self) -> Harmless:
        return self.meter._core.harmless("a wrapped client")


class ObservedCall:
    """One call, which is recorded once: by its response, its stream, or the error that ended it."""

    def __init__(self, observer: Observer, call: ModelCall, request: Any) -> None:
        self._observer, self.call = observer, call
        self.request = _asking(request, call)
        self._began = time.monotonic()
        # A stream may be read outside of the run and the context that asked for it.
        self._context = contextvars.copy_context()
        self._is_recorded = False
        self._stated: dict[str, Any] = {}

    def answered(self, headers: Mapping[str, str]) -> None:
        request_id = next((headers[name] for name in _REQUEST_IDS if name in headers), None)
        self._stated = {"request_id": request_id} if request_id else {}

    def record(self, response: object = None, **fields: Any) -> None:
        """Record the call with its response, or the events of its stream, and what `fields` state besides."""
        if self._is_recorded:
            return
        self._is_recorded = True
        latency_ms = round((time.monotonic() - self._began) * 1000)
        event = {"model": self.call.model, "latency_ms": latency_ms, **self._stated, **fields}
        meter, provider = self._observer.meter, self._observer.provider
        if response:
            self._context.run(meter.track_response, provider, response, **event)
        else:
            self._context.run(meter.track, provider=provider, **event)


def _asking(request: Any, call: ModelCall) -> Any:
    """Return the request to send: the caller's own, or the same one that also asks for usage."""
    if call.asks_for_usage is None:
        return request
    headers = [(name, value) for name, value in request.headers.multi_items() if name != "content-length"]
    return type(request)(
        request.method,
        request.url,
        headers=headers,
        content=encoded(call.asks_for_usage).encode(),
        extensions=request.extensions,
    )
