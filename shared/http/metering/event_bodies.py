"""Reads the events in a request: one, an array, a batch, or CloudEvents."""

from flask import Request

from shared.domain.errors import TooLarge
from shared.domain.metering.events import shown
from shared.http.bodies import invalid_field, parse_json, read_json
from shared.http.metering import cloudevents

MAX_EVENTS = 500


def read_events(request: Request) -> list[object]:
    """Return the events in a request: one, an array, `{"events": […]}`, or CloudEvents. Each is still unchecked."""
    events = _events(request)
    if not events:
        raise invalid_field("events", "empty_batch", "events: there are none in the request")
    if len(events) > MAX_EVENTS:
        raise TooLarge(
            f"events: {len(events)} in one request, at most {MAX_EVENTS} are taken", code="too_many_events"
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
        message = f"{name}: not a field of a batch, which has only events (got {value})"
        raise invalid_field(name, "extra_forbidden", message)
    if not isinstance(events, list):
        raise invalid_field("events", "list_type", f"events: Input should be a list (got {shown(events)})")
    return events
