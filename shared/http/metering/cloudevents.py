"""CloudEvents 1.0 over HTTP, in structured, batch and binary mode, as metering events."""

import base64
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from flask import Request
from pydantic_core import from_json
from werkzeug.datastructures import Headers

from shared.domain.errors import FieldProblem, InvalidInput, shown
from shared.domain.metering.events import EnvelopedEvent
from shared.domain.metering.identities import identity_of
from shared.http.metering.cloudevent_attributes import MalformedCloudEvent, check_attributes, malformed

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_HEADER_PREFIX: Final = "ce-"
_NEVER_IN_HEADERS: Final = ("data", "datacontenttype")
_DATA: Final = ("data", "data_base64")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"')


def is_binary(request: Request) -> bool:
    """Return whether a header contains an attribute of a CloudEvent; the body is then its data."""
    return any(name.lower().startswith(_HEADER_PREFIX) for name, _ in request.headers)


def unwrap_batch(body: object) -> list[object]:
    """Return the metering events of a batch, which may be empty, with a FieldProblem for each malformed one."""
    if not isinstance(body, list):
        message = f"events: a CloudEvents batch must be a JSON array (got {shown(body)})"
        raise InvalidInput(message, (FieldProblem(field="events", code="list_type", message=message),))
    return [unwrap(event) for event in body]


def unwrap(event: object) -> object:
    """Return the metering event of a structured CloudEvent, or a FieldProblem."""
    if isinstance(event, FieldProblem):
        return event
    if not isinstance(event, Mapping):
        message = f"event: a CloudEvent must be an object (got {shown(event)})"
        return FieldProblem(field="event", code="cloudevent_type", message=message)
    present = {name: value for name, value in event.items() if value is not None}  # null means absent
    attributes = {name: value for name, value in present.items() if name not in _DATA}
    try:
        check_attributes(attributes)
        return _enveloped(attributes, _data_of(present))
    except MalformedCloudEvent as error:
        return error.problem


def from_headers(headers: Headers, data: object) -> object:
    """Return the metering event of a binary CloudEvent, or a FieldProblem."""
    try:
        attributes = _attributes_of(headers)
        check_attributes(attributes, _HEADER_PREFIX)
        return _enveloped(attributes, _metering_data("data", data), _HEADER_PREFIX)
    except MalformedCloudEvent as error:
        return error.problem


def _enveloped(
    attributes: Mapping[str, object], data: Mapping[str, object], prefix: str = ""
) -> EnvelopedEvent:
    """Return the data with the envelope's id and time, each unless the data has its own."""
    envelope = {"id": attributes["id"], "ts": attributes.get("time")}
    names = {"id": f"{prefix}id", "ts": f"{prefix}time"}
    taken = {field: value for field, value in envelope.items() if data.get(field) is None}
    identity = identity_of(str(attributes["id"]), str(attributes["source"])) if "id" in taken else None
    return EnvelopedEvent(
        data={**data, **taken}, identity=identity, names={field: names[field] for field in taken}
    )


def _data_of(event: Mapping[str, object]) -> Mapping[str, object]:
    if "data_base64" not in event:
        return _metering_data("data", event.get("data"))
    if "data" in event:
        raise malformed("data_base64", "send data or data_base64, not both")
    encoded = event["data_base64"]
    if not isinstance(encoded, str):
        raise malformed("data_base64", f"not base64-encoded JSON (got {shown(encoded)})")
    try:
        data = from_json(base64.b64decode(encoded, validate=True), allow_inf_nan=False)
    except ValueError as error:
        reason = f"not base64-encoded JSON ({error})"
        raise MalformedCloudEvent("data_base64", "malformed_json", reason) from error
    return _metering_data("data_base64", data)


def _metering_data(name: str, data: object) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        reason = f"must be a metering event, as an object (got {shown(data)})"
        raise MalformedCloudEvent(name, "cloudevent_data", reason)
    return data


def _attributes_of(headers: Headers) -> dict[str, object]:
    attributes: dict[str, object] = {}
    for header, value in headers.items():
        name = header.lower().removeprefix(_HEADER_PREFIX)
        if name == header.lower():
            continue
        if name in _NEVER_IN_HEADERS:
            raise malformed(header.lower(), f"the specification forbids this header (got {shown(value)})")
        try:
            attributes[name] = _decoded(value)
        except UnicodeError as error:
            raise malformed(header.lower(), f"not UTF-8 in percent-encoding (got {shown(value)})") from error
    return attributes


def _decoded(value: str) -> str:
    """Undo the quotes and the percent-encoding of a header (HTTP binding, 3.1.3.2)."""
    unquoted = _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted[1]), value)
    return unquote_to_bytes(unquoted.encode("latin-1")).decode()
