"""CloudEvents 1.0 over HTTP, in structured, batch and binary mode, as metering events."""

import base64
from collections.abc import Mapping

from flask import Request
from pydantic_core import from_json
from werkzeug.datastructures import Headers

from shared.domain.errors import FieldProblem, InvalidInput, shown

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_VERSION = "1.0"
_REQUIRED = ("specversion", "id", "source", "type")
_HEADER_PREFIX = "ce-"


def is_binary(request: Request) -> bool:
    """Return whether the headers contain the event's attributes and the body only its data."""
    return "ce-specversion" in request.headers


def unwrap(mimetype: str, body: object) -> list[object]:
    """Return the metering events of a structured or batch body, with a FieldProblem for each malformed one."""
    if mimetype != BATCH:
        return [_metering_event(body)]
    if not isinstance(body, list):
        message = f"events: a CloudEvents batch must be a JSON array (got {shown(body)})"
        raise InvalidInput(message, (FieldProblem(field="events", code="list_type", message=message),))
    return [_metering_event(event) for event in body]


def from_headers(headers: Headers, data: object) -> object:
    """Return the metering event of a binary-mode request."""
    attributes = {
        name.lower().removeprefix(_HEADER_PREFIX): value
        for name, value in headers.items()
        if name.lower().startswith(_HEADER_PREFIX)
    }
    return _metering_event({**attributes, "data": data})


def _metering_event(event: object) -> object:
    """Return the event's data, with id and ts from the envelope unless the data has its own.

    A CloudEvent's id is unique only together with its source (CloudEvents 1.0, "id"), so the two are joined.
    """
    if not isinstance(event, Mapping):
        return FieldProblem(
            field="event",
            code="cloudevent_type",
            message=f"event: a CloudEvent must be an object (got {shown(event)})",
        )
    for name in _REQUIRED:
        value = event.get(name)
        if not isinstance(value, str) or not value:
            return FieldProblem(
                field=name,
                code="cloudevent_attribute",
                message=f"{name}: required as non-empty text (got {shown(value)})",
            )
    if event["specversion"] != _VERSION:
        message = f"specversion: must be {_VERSION} (got {shown(event['specversion'])})"
        return FieldProblem(field="specversion", code="cloudevent_version", message=message)
    return _with_envelope(event, _data(event))


def _with_envelope(event: Mapping[str, object], data: object) -> object:
    if not isinstance(data, Mapping):
        return data
    ts = {"ts": event["time"]} if "time" in event else {}
    return {"id": f"{event['source']}/{event['id']}", **ts, **data}


def _data(event: Mapping[str, object]) -> object:
    if "data_base64" not in event:
        return event.get("data")
    try:
        return from_json(base64.b64decode(str(event["data_base64"]), validate=True), allow_inf_nan=False)
    except ValueError as error:
        return FieldProblem(
            field="data_base64",
            code="malformed_json",
            message=f"data_base64: not base64-encoded JSON ({error})",
        )
