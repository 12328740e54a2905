"""Reads the events of a request: one event, an array, a batch, or CloudEvents."""

from flask import Request

from shared.domain.errors import TooLarge, shown
from shared.http.bodies import invalid_field, parse_json, read_json
from shared.http.metering import cloudevents

MAX_EVENTS = 500


def read_events(request: Request) -> list[object]:
    """Return the events of a request, not yet validated."""
    events = _events(request)
    if not events:
        raise invalid_field("events", "empty_batch", "events: the request contains no events")
    if len(events) > MAX_EVENTS:
        raise TooLarge(
            f"events: the request contains {len(events)}; the maximum is {MAX_EVENTS}", code="too_many_events"
        )
    return events


def _events(request: Request) -> list[object]:
    if request.mimetype in (cloudevents.STRUCTURED, cloudevents.BATCH):
        return cloudevents.unwrap(request.mimetype, parse_json(request))
    body = read_json(request)
    if cloudevents.is_binary(request):
        return [cloudevents.from_headers(request.headers, body)]
    if isinstance(body, dict) and "events" in body:
        return _batch(body)
    return body if isinstance(body, list) else [body]


def _batch(body: dict[str, object]) -> list[object]:
    events = body["events"]
    if unknown := sorted(body.keys() - {"events"}):
        name, value = unknown[0], shown(body[unknown[0]])
        message = f"{name}: unknown field; a batch has only the field events (got {value})"
        raise invalid_field(name, "extra_forbidden", message)
    if not isinstance(events, list):
        raise invalid_field("events", "list_type", f"events: must be an array (got {shown(events)})")
    return events
