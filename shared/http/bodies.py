"""Reads requests: JSON bodies and query strings, checked by a model."""

from typing import TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from shared.domain.errors import FieldProblem, InvalidInput, TooLarge
from shared.domain.metering.events import field_problem, shown
from shared.http.app import MAX_BODY_BYTES

M = TypeVar("M", bound=BaseModel)

JSON = "application/json"


def read_json(request: Request) -> object:
    """Return the JSON body; raise UnsupportedMediaType if the request does not say it is JSON."""
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"Content-Type is {request.mimetype or 'missing'!r}; send {JSON}")
    return parse_json(request)


def parse_json(request: Request) -> object:
    """Return the body as JSON, whatever its media type is called; raise InvalidInput if it is not."""
    return parse_json_bytes(read_bytes(request))


def parse_json_bytes(body: bytes) -> object:
    """Parse `body` as JSON; raise InvalidInput if it is not."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidInput(f"the body is not JSON: {error}", code="malformed_json") from error


def read_bytes(request: Request) -> bytes:
    """Return the body as it came; raise TooLarge, or InvalidInput if it is not sent as its headers say."""
    try:
        body = request.get_data(cache=False)
    except HTTPException:
        raise
    except Exception as error:  # each server has errors of its own for chunks that are none
        raise InvalidInput(f"the body cannot be read: {error}", code="malformed_body") from error
    if len(body) > MAX_BODY_BYTES:  # one that came in chunks, without saying its length
        raise TooLarge(f"the body is too long: at most {MAX_BODY_BYTES} bytes are read")
    return body


def read_body(request: Request, model: type[M]) -> M:
    """Return the JSON body as `model`; no body is an empty object."""
    body = read_json(request) if request.content_length != 0 and _has_body(request) else {}
    return _validated(model, body)


def read_query(request: Request, model: type[M]) -> M:
    """Return the query string as `model`, which names every parameter there is."""
    for name, values in request.args.lists():
        if len(values) > 1:
            message = f"{name}: given {len(values)} times ({', '.join(map(shown, values[:3]))})"
            raise invalid_field(name, "repeated_parameter", message)
    return _validated(model, request.args.to_dict())


def _has_body(request: Request) -> bool:
    return request.content_length is not None or "chunked" in request.headers.get("Transfer-Encoding", "")


def _validated(model: type[M], value: object) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems = tuple(field_problem(each, each["loc"] or ("body",)) for each in details)
        raise InvalidInput(problems[0].message, problems) from error


def invalid_field(field: str, code: str, message: str) -> InvalidInput:
    """Return the error about one field of a request."""
    return InvalidInput(message, (FieldProblem(field=field, code=code, message=message),))
