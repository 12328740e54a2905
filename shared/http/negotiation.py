"""The form of a response: its content type, its encoding, and no body for a caller who has it already."""

import gzip
from hashlib import blake2b
from typing import Any, Final

from flask import Request, Response
from pydantic import BaseModel
from pydantic_core import to_json
from werkzeug.exceptions import NotAcceptable

from shared.http.routes import Route, json_response

JSON: Final = "application/json"
CSV: Final = "text/csv"
PROTOBUF: Final = "application/x-protobuf"
MIN_GZIP_BYTES: Final = 1024
NOT_MODIFIED: Final = 304
_GZIP: Final = "gzip"
_LEVEL: Final = 5
"""9 takes three times as long for 2 % less."""


def refuse_unacceptable(request: Request, route: Route) -> None:
    """Raise NotAcceptable if the header Accept excludes every content type of the route."""
    also = [*[CSV] * route.is_also_csv, *[PROTOBUF] * route.is_also_protobuf]
    offered = list(route.files) or [JSON, *also]
    wanted = request.accept_mimetypes
    if route.response is not None and wanted.provided and not wanted.best_match(offered):
        raise NotAcceptable(f"Accept is {str(wanted)[:80]!r}; this route answers {' or '.join(offered)}")


def prefers_csv(request: Request) -> bool:
    """Return whether the header Accept asks for CSV rather than JSON."""
    return request.accept_mimetypes.best_match([JSON, CSV]) == CSV


def tagged_response(request: Request, model: BaseModel, volatile: Any = None) -> Response:
    """Return the JSON response with an ETag, and let `If-None-Match` leave out its body.

    `volatile` names the fields, in pydantic's form of `exclude`, that change with the time alone.
    """
    response = json_response(model)
    # Weak, because the bytes differ in what is volatile and in their encoding.
    response.set_etag(_hash(to_json(model.model_dump(mode="json", exclude=volatile))), weak=True)
    response.make_conditional(request)
    return response


def pack(request: Request, response: Response) -> None:
    """Encode the body of a larger response to a GET with gzip, if the caller accepts that.

    Other methods may answer a secret beside text of the caller's choice, whose length compression would reveal.
    """
    if request.method != "GET" or response.status_code != 200 or response.is_streamed:
        return
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) < MIN_GZIP_BYTES or not request.accept_encodings[_GZIP]:
        return
    response.set_data(gzip.compress(body, _LEVEL, mtime=0))
    response.headers["Content-Encoding"] = _GZIP


def _hash(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()
