"""Reads requests: JSON bodies and query strings, validated by models."""

import time
from codecs import BOM_UTF8
from threading import Lock
from typing import TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from shared.domain.errors import FieldProblem, InvalidInput, Problems, TooLarge, UsageError, shown
from shared.domain.metering.events import field_problem
from shared.http.body_deadlines import body_deadline
from shared.http.gzip_bodies import unpack
from shared.http.negotiation import prefers_csv
from shared.http.request_bounds import is_gzip, max_body_bytes

M = TypeVar("M", bound=BaseModel)

JSON = "application/json"
LARGE_BODY_BYTES = 256 * 1024
_PARSING_LARGE = Lock()


def read_json(request: Request) -> object:
    """Return the JSON body; raise UnsupportedMediaType for another content type."""
    require_json(request)
    return parse_json_bytes(read_unpacked(request))


def require_json(request: Request) -> None:
    """Raise UnsupportedMediaType unless the content type is JSON."""
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"Content-Type is {request.mimetype or 'missing'!r}; send {JSON}")


def parse_json_bytes(body: bytes) -> object:
    """Parse `body` as JSON; raise InvalidInput if it is malformed."""
    # RFC 8259 lets a reader ignore the byte order mark, which some libraries write.
    text = body.removeprefix(BOM_UTF8)
    try:
        return _parse_large(text) if len(text) > LARGE_BODY_BYTES else from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidInput(f"the body is not JSON: {error}", code="malformed_json") from error


def _parse_large(body: bytes) -> object:
    """Parse one large body at a time, and then pause for as long as that took.

    No other thread runs while a body is parsed, which takes 0.2 s for 4 MiB of small values. The pause is for small
    requests: each has to get its turn several times.
    """
    with _PARSING_LARGE:
        started = time.perf_counter()
        try:
            return from_json(body, allow_inf_nan=False)
        finally:
            time.sleep(time.perf_counter() - started)


def read_unpacked(request: Request) -> bytes:
    """Return the body without its gzip encoding, if it has one."""
    body = read_bytes(request)
    return unpack(body) if is_gzip(request) else body


def read_bytes(request: Request) -> bytes:
    """Return the body as sent; raise TooLarge, or InvalidInput if its transfer is malformed."""
    try:
        with body_deadline(request):
            body = request.get_data(cache=False)
    except (HTTPException, UsageError):
        raise
    except Exception as error:  # each server raises its own errors for malformed chunks
        raise InvalidInput(f"the body cannot be read: {error}", code="malformed_body") from error
    most = max_body_bytes(request)
    if len(body) > most:  # a chunked body has no Content-Length to refuse it by
        raise TooLarge(f"the body is too large; the maximum is {most} bytes")
    return body


def read_body(request: Request, model: type[M]) -> M:
    """Return the JSON body as `model`; a missing body counts as an empty object."""
    return validated(model, read_content(request))


def read_content(request: Request) -> object:
    """Return the JSON body before any validation; a missing body counts as an empty object."""
    return read_json(request) if request.content_length != 0 and _has_body(request) else {}


def read_query(request: Request, model: type[M]) -> M:
    """Return the query string as `model`, which must have a field for each parameter."""
    for name, values in request.args.lists():
        if len(values) > 1:
            message = f"{name}: given {len(values)} times ({', '.join(map(shown, values[:3]))})"
            raise invalid_field(name, "repeated_parameter", message)
    given: dict[str, str] = request.args.to_dict()
    if "format" in model.model_fields and "format" not in given and prefers_csv(request):
        given["format"] = "csv"
    return validated(model, given)


def _has_body(request: Request) -> bool:
    return request.content_length is not None or "chunked" in request.headers.get("Transfer-Encoding", "")


def validated(model: type[M], value: object) -> M:
    """Return `value` as `model`; raise InvalidInput with a problem for each wrong field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = Problems()
        # A field that may be absent: its other error says what is wrong.
        details = [each for each in error.errors(include_url=False) if each["type"] != "none_required"]
        problems.add(field_problem(each, each["loc"] or ("body",)) for each in details)
        listed = tuple(problems.listed)
        raise InvalidInput(listed[0].message, listed, is_truncated=problems.is_truncated) from error


def invalid_field(field: str, code: str, message: str) -> InvalidInput:
    """Return the error about one field of a request."""
    return InvalidInput(message, (FieldProblem(field=field, code=code, message=message),))
