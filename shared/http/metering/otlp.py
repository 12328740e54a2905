"""The route that takes spans from exporters of OpenTelemetry, by the rules of OTLP/HTTP 1.x."""

import json
from typing import Final

from flask import Request, Response

from shared.http.metering.otlp_models import EXAMPLE, StatusBody, TracesBody, TracesResponse
from shared.http.metering.recording_models import TenantHeader
from shared.http.negotiation import JSON, PROTOBUF
from shared.http.routes import MAX_BODY_BYTES, Call, Container, ErrorForm, Example, Route

_CODES: Final = {401: 16, 403: 7, 404: 5, 408: 4, 413: 8, 429: 8, 500: 13, 503: 14}
"""The codes of google.rpc by status; any other is INVALID_ARGUMENT."""
_INVALID_ARGUMENT: Final = 3


def _export(call: Call, container: Container) -> Response:
    # Imported by the first such request: a start of the function need not wait for it.
    from shared.http.metering.otlp_export import export

    return export(call, container)


def _as_status(request: Request, problem: Response) -> Response:
    """Return a problem document as a google.rpc.Status, in the content type of the request."""
    document = json.loads(problem.get_data())
    code = _CODES.get(problem.status_code, _INVALID_ARGUMENT)
    message = f"{document['detail']} ({document['code']})"
    kept = {name: value for name, value in problem.headers.items() if not name.startswith("Content-")}
    if request.mimetype == PROTOBUF:
        from shared.http.metering.otlp_protobuf import status

        return Response(status(code, message), problem.status_code, kept, mimetype=PROTOBUF)
    body = StatusBody(code=code, message=message).model_dump_json()
    return Response(body, problem.status_code, kept, mimetype=JSON)


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
