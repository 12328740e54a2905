"""The route that takes spans from exporters of OpenTelemetry, by the rules of OTLP/HTTP 1.x."""

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
from shared.http.metering.otlp_models import EXAMPLE, StatusBody, TracesBody, TracesResponse
from shared.http.metering.recording_models import TenantHeader
from shared.http.problems import rate_headers
from shared.http.routes import (
    MAX_BODY_BYTES,
    PRIVATE,
    TENANT_HEADER,
    Call,
    Container,
    ErrorForm,
    Example,
    Route,
)
from shared.usecases.metering.record_events import Recorded
from shared.usecases.metering.record_for_tenants import NOT_RECORDED, Sender

PROTOBUF: Final = "application/x-protobuf"
IGNORED_HEADER: Final = "GWI-Ignored-Spans"
MAX_SPAN_EVENTS: Final = 20 * MAX_EVENTS
"""A collector sends 8,192 spans at once."""
_OFF: Final = "metering is disabled (GWI_METERING_ENABLED): no span was recorded"
_SHOWN_PROBLEMS: Final = 3
_MAX_MESSAGE_CHARS: Final = 1_000
_CODES: Final = {401: 16, 403: 7, 404: 5, 408: 4, 413: 8, 429: 8, 500: 13, 503: 14}
"""The codes of google.rpc by status; any other is INVALID_ARGUMENT."""
_INVALID_ARGUMENT: Final = 3


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


def _export(call: Call, container: Container) -> Response:
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
    response.headers[IGNORED_HEADER] = str(found.ignored)
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


def _as_status(request: Request, problem: Response) -> Response:
    """Return a problem document as a google.rpc.Status, in the content type of the request."""
    document = json.loads(problem.get_data())
    code = _CODES.get(problem.status_code, _INVALID_ARGUMENT)
    message = f"{document['detail']} ({document['code']})"
    if request.mimetype == PROTOBUF:
        from shared.http.metering import otlp_protobuf

        converted = _of_type(PROTOBUF, otlp_protobuf.status(code, message))
    else:
        converted = _of_type(JSON, StatusBody(code=code, message=message).model_dump_json().encode())
    converted.status_code = problem.status_code
    kept = {name: value for name, value in problem.headers.items() if not name.startswith("Content-")}
    converted.headers.update(kept)
    return converted


def _of_type(content_type: str, body: bytes) -> Response:
    return Response(body, 200, {"Cache-Control": PRIVATE}, mimetype=content_type)


OTLP_ROUTE: Final = Route(
    method="POST",
    path="/v1/otlp/v1/traces",
    summary="Record the spans of OpenTelemetry",
    handle=_export,
    needs="usage:write",
    names_tenants=True,
    response=TracesResponse,
    body=TracesBody,
    other_bodies={PROTOBUF: bytes},
    headers=TenantHeader,
    is_also_protobuf=True,
    errors=ErrorForm(StatusBody, _as_status),
    examples={"a call of a model": Example(EXAMPLE)},
    max_body_bytes=MAX_BODY_BYTES,
)
