"""The bounds of a request's size, which are checked by its headers before any of its body is read."""

from flask import Request
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.wsgi import get_input_stream

from shared.domain.errors import TooLarge
from shared.http.routes import Route

MAX_QUERY_CHARS = 8 * 1024
_UNENCODED = "identity"
_GZIP = ("gzip", "x-gzip")
"""Both names are one encoding (RFC 9110, 8.4.1.3)."""


def max_body_bytes(request: Request) -> int:
    """Return the most bytes that the body of this request may have."""
    return (request.max_content_length or 0) - 1


def refuse_unreadable(request: Request, route: Route) -> None:
    """Refuse what is too large or encoded by the headers, before reading any of the body."""
    most = route.max_body_bytes
    # One byte more, because werkzeug truncates a longer body instead of refusing it; read_bytes refuses it.
    request.max_content_length = most + 1
    if (request.content_length or 0) > most:
        raise TooLarge(f"the body is {request.content_length} bytes; the maximum is {most}")
    if len(request.query_string) > MAX_QUERY_CHARS:
        raise TooLarge(f"the query string is too long; the maximum is {MAX_QUERY_CHARS} characters")
    encoding = request.headers.get("Content-Encoding", _UNENCODED)
    if encoding.lower() != _UNENCODED and not is_gzip(request):
        message = f"Content-Encoding {encoding!r} is not supported; send the body unencoded, or gzip it once"
        raise UnsupportedMediaType(message)


def is_gzip(request: Request) -> bool:
    """Return whether the body is gzip-encoded, by its header."""
    return request.headers.get("Content-Encoding", "").lower() in _GZIP


def end_body_at_its_length(request: Request) -> None:
    """Replace the server's input by a stream that knows where the body ends, however often it is read.

    Werkzeug's own server hands over the bare socket: reading it beyond the body waits for bytes that never come.
    """
    request.environ["wsgi.input"] = get_input_stream(request.environ)
    request.environ["wsgi.input_terminated"] = True
