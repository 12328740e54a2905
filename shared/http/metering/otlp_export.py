"""Records the spans of a request, and reports to the exporter which were not recorded and why."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from flask import Request, Response
from werkzeug.exceptions import UnsupportedMediaType

from shared.domain.errors import FieldProblem, RateLimited, RateStatus, TooLarge, Unavailable, cut
from shared.domain.metering.span_events import SpanEvents, events_of
from shared.domain.metering.spans import Span
from shared.http.bodies import JSON, parse_json_bytes, read_unpacked
from shared.http.metering import otlp_json
from shared.http.metering.event_bodies import MAX_EVENTS
from shared.http.negotiation import PROTOBUF
from shared.http.openapi_responses import IGNORED_SPANS
from shared.http.problems import rate_headers
from shared.http.routes import PRIVATE, TENANT_HEADER, Call, Container
from shared.usecases.metering.record_for_tenants import NOT_RECORDED, Sender
from shared.usecases.metering.recorded import Recorded

MAX_SPAN_EVENTS: Final = 20 * MAX_EVENTS
"""A collector sends 8,192 spans at once."""
_OFF: Final = "metering is disabled (GWI_METERING_ENABLED): no span was recorded"
_SHOWN_PROBLEMS: Final = 3
_MAX_MESSAGE_CHARS: Final = 1_000


@dataclass(slots=True)
class _Results:
    """The ids of the events that are recorded, and the problems of others, by the index of their event."""

    ids: Counter[str] = field(default_factory=Counter)
    problems: dict[int, FieldProblem] = field(default_factory=dict)
    rate: RateStatus | None = None

    def add(self, recorded: Recorded, first: int) -> None:
        """Add the results of a part of the events, which begins at the index `first`."""
        self.ids.update(recorded.ids)
        for problem in recorded.rejected:
            self.problems.setdefault(first + (problem.index or 0), problem)


def export(call: Call, container: Container) -> Response:
    """Record the spans of a request, in parts."""
    results = _Results()
    if not call.platform:
        call.caller.tenant.refuse_recording()
        results.rate = container.rates.take_for_recording(call.caller.tenant, call.now)
    spans = _read_spans(call.request)
    if not container.config.metering_enabled:
        return _response(call.request, 0, _OFF)
    found = events_of(spans)
    call.counts.update(spans=len(spans), ignored_spans=found.ignored)
    if len(found.events) > MAX_SPAN_EVENTS:
        message = f"the request contains {len(found.events)} metered steps; the maximum is {MAX_SPAN_EVENTS}"
        raise TooLarge(message, code="too_many_events")
    for first in range(0, len(found.events), MAX_EVENTS):
        items = [event.item for event in found.events[first : first + MAX_EVENTS]]
        results.add(_record(call, container, items, results), first)
    rejected = _rejected(found, results)
    response = _response(call.request, len(rejected), _message(list(rejected.values()), len(spans)))
    response.headers[IGNORED_SPANS] = str(found.ignored)
    if results.rate:
        response.headers.update(rate_headers(results.rate))
    return response


def _record(call: Call, container: Container, items: Sequence[object], results: _Results) -> Recorded:
    """Record a part of the events. What was recorded before stays, and counts once when all are sent again."""
    if not call.platform:
        return container.events.record(call.caller, items, call.now)
    sender = Sender(call.platform, call.request.headers.get(TENANT_HEADER) or None)
    admitted = container.platform_events.admit(sender, items, call.now)
    call.crossings.extend(tenant for tenant in admitted.tenants if tenant not in call.crossings)
    recorded = container.platform_events.record(admitted)
    results.rate = admitted.rate
    # No exporter sends a rejected span again, so what may succeed later is no rejection.
    for error in admitted.refused.values():
        if isinstance(error, RateLimited | Unavailable):
            raise error
    if any(problem.code == NOT_RECORDED for problem in recorded.rejected):
        raise Unavailable("not all spans were recorded; send all of them again")
    return recorded


def _rejected(found: SpanEvents, results: _Results) -> dict[int, str]:
    """Return the reason for each span that is not recorded, by its index."""
    rejected: dict[int, str] = {}
    for index, event in enumerate(found.events):
        if event.id is not None and results.ids[event.id]:
            results.ids[event.id] -= 1
        else:
            problem = results.problems.get(index)
            name = f"{event.id}: " if event.id else ""
            rejected.setdefault(event.span, name + problem.message if problem else "")
    return rejected


def _message(reasons: Sequence[str], spans: int) -> str:
    if not reasons:
        return ""
    first = "; ".join([reason for reason in reasons if reason][:_SHOWN_PROBLEMS])
    return cut(f"{len(reasons)} of {spans} spans were not recorded. {first}", _MAX_MESSAGE_CHARS)


def _read_spans(request: Request) -> list[Span | FieldProblem]:
    if request.mimetype == JSON:
        return otlp_json.parse(parse_json_bytes(read_unpacked(request)))
    if request.mimetype == PROTOBUF:
        from shared.http.metering import otlp_protobuf

        return otlp_protobuf.parse(read_unpacked(request))
    sent = request.mimetype or "missing"
    raise UnsupportedMediaType(f"Content-Type is {sent!r}; send {PROTOBUF} or {JSON}")


def _response(request: Request, rejected: int, message: str) -> Response:
    if request.mimetype == JSON:
        return _of_type(JSON, json.dumps(otlp_json.response(rejected, message)).encode())
    from shared.http.metering import otlp_protobuf

    return _of_type(PROTOBUF, otlp_protobuf.response(rejected, message))


def _of_type(content_type: str, body: bytes) -> Response:
    return Response(body, 200, {"Cache-Control": PRIVATE}, mimetype=content_type)
