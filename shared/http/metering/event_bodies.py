"""Reads the events of a request: one event, an array, a batch, or CloudEvents."""

from codecs import BOM_UTF8

from flask import Request
from pydantic_core import from_json

from shared.domain.errors import FieldProblem, InvalidInput, TooLarge, shown
from shared.http.bodies import invalid_field, parse_json_bytes, read_json, read_unpacked, require_json
from shared.http.metering import cloudevents
from shared.http.metering.item_borders import NoBorders, is_array, split_array, split_object

MAX_EVENTS = 500
NDJSON = "application/x-ndjson"
LINES = (NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines")
"""The names of one format: a JSON value a line."""
_BATCH_FIELD = "events"


def read_events(request: Request) -> list[object]:
    """Return the events of a request, not yet validated, with a FieldProblem for each that cannot be read.

    Only a batch of CloudEvents may be empty.
    """
    events = _events(request)
    if not events and request.mimetype != cloudevents.BATCH:
        raise invalid_field("events", "empty_batch", "events: the request contains no events")
    if len(events) > MAX_EVENTS:
        raise _too_many(str(len(events)))
    return events


def _events(request: Request) -> list[object]:
    if request.mimetype == cloudevents.STRUCTURED:
        return [cloudevents.unwrap(parse_json_bytes(read_unpacked(request)))]
    if request.mimetype == cloudevents.BATCH:
        return cloudevents.unwrap_batch(parse_batch(read_unpacked(request)))
    if cloudevents.is_binary(request):
        return [cloudevents.from_headers(request.headers, read_json(request))]
    if request.mimetype in LINES:
        return _parse_lines(read_unpacked(request))
    require_json(request)
    body = parse_batch(read_unpacked(request))
    if isinstance(body, dict) and _BATCH_FIELD in body:
        return _batch(body)
    return body if isinstance(body, list) else [body]


def parse_batch(body: bytes) -> object:
    """Parse `body` as JSON, with a FieldProblem for each item of a batch that is malformed.

    Raise InvalidInput if more than single items is malformed.
    """
    try:
        return parse_json_bytes(body)
    except InvalidInput as error:
        try:
            return _parse_array(body) if is_array(body) else _parse_object(body)
        except (NoBorders, ValueError):
            raise error from error.__cause__


def _parse_lines(body: bytes) -> list[object]:
    """Parse a body of one event a line; an empty line is none."""
    lines = [line for line in body.removeprefix(BOM_UTF8).split(b"\n") if line.strip()]
    if len(lines) > MAX_EVENTS:
        raise _too_many(str(len(lines)))
    return [_parse_item(line) for line in lines]


def _parse_object(body: bytes) -> object:
    members: dict[object, object] = {}
    for key, value in split_object(body):
        name = from_json(key)
        is_batch = name == _BATCH_FIELD and is_array(value)
        members[name] = _parse_array(value) if is_batch else from_json(value, allow_inf_nan=False)
    return members


def _parse_array(text: bytes) -> list[object]:
    items = split_array(text, MAX_EVENTS + 1)
    if len(items) > MAX_EVENTS:
        raise _too_many(f"more than {MAX_EVENTS}")
    return [_parse_item(item) for item in items]


def _parse_item(text: bytes) -> object:
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        message = f"event: not JSON: {error} of this event"
        return FieldProblem(field="event", code="malformed_json", message=message)


def _too_many(count: str) -> TooLarge:
    message = f"events: the request contains {count}; the maximum is {MAX_EVENTS}"
    return TooLarge(message, code="too_many_events")


def _batch(body: dict[str, object]) -> list[object]:
    events = body[_BATCH_FIELD]
    if unknown := sorted(body.keys() - {_BATCH_FIELD}):
        name, value = unknown[0], shown(body[unknown[0]])
        message = f"{name}: unknown field; a batch has only the field events (got {value})"
        raise invalid_field(name, "extra_forbidden", message)
    if not isinstance(events, list):
        raise invalid_field("events", "list_type", f"events: must be an array (got {shown(events)})")
    return events
