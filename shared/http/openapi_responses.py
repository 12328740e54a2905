"""The responses of the OpenAPI document: the statuses that a route can answer, and their headers."""

from collections.abc import Mapping
from typing import Any, Final

from shared.http.csv_files import NEXT_CURSOR
from shared.http.idempotency import REPLAYED, IdempotencyHeaders
from shared.http.negotiation import PROTOBUF
from shared.http.problems import PAYMENT_REQUIRED
from shared.http.routes import METERING_PATHS, Route

_Json = dict[str, Any]
IGNORED_SPANS: Final = "GWI-Ignored-Spans"

REFUSALS: Final[Mapping[int, str]] = {
    400: "The request cannot be read: malformed JSON, gzip, or cursor.",
    401: "The key or ID token is missing, unknown, expired or revoked.",
    402: "A limit has too little room; `scope` names it. Nothing was set aside.",
    403: "The caller may not do this, or is of another tenant.",
    404: "It does not exist.",
    405: "The path does not support this method.",
    406: "The header Accept excludes the content types of this route.",
    408: "The body did not arrive in time.",
    409: "It exists already, has changed meanwhile, or there are too many.",
    413: "The body, the query string or the batch is larger than its documented maximum.",
    415: "The content type or the content encoding is not supported.",
    422: "A field is invalid; `errors` names each with its value.",
    429: "Too many requests or events: retry after the seconds in Retry-After.",
    500: "An error on our side, which was logged.",
    503: "Unavailable; nothing was stored in part. Retry after the seconds in Retry-After.",
}

_WHOLE_NUMBER: Final = {"type": "integer", "minimum": 0}
HEADERS: Final[Mapping[str, _Json]] = {
    "Cache-Control": {"description": "`no-store`, except for what is public.", "schema": {"type": "string"}},
    "X-Content-Type-Options": {"description": "Always.", "schema": {"const": "nosniff"}},
    "Content-Disposition": {
        "description": "The name of a file to download.",
        "schema": {"type": "string"},
    },
    NEXT_CURSOR: {
        "description": "Only if a file does not hold everything: the cursor at which to go on.",
        "schema": {"type": "string"},
    },
    IGNORED_SPANS: {
        "description": "How many spans report nothing that is metered.",
        "schema": _WHOLE_NUMBER,
    },
    REPLAYED: {
        "description": "Only if this is the response to an earlier request with the same Idempotency-Key.",
        "schema": {"const": "true"},
    },
    "WWW-Authenticate": {"description": "The scheme to use.", "schema": {"const": "Bearer"}},
    "Allow": {"description": "The methods of the path.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds.", "schema": _WHOLE_NUMBER},
    "RateLimit-Limit": {"description": "Requests or events within a window.", "schema": _WHOLE_NUMBER},
    "RateLimit-Remaining": {"description": "How many of them are left.", "schema": _WHOLE_NUMBER},
    "RateLimit-Reset": {"description": "Seconds until there are more.", "schema": _WHOLE_NUMBER},
}
_PROTOBUF: Final = {PROTOBUF: {"schema": {"type": "string", "format": "binary"}}}
_ALWAYS: Final = ("Cache-Control", "X-Content-Type-Options")
_REQUIRED: Final[Mapping[int, tuple[str, ...]]] = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
    503: ("Retry-After",),
}


def components(problems: Mapping[int, _Json]) -> _Json:
    """Return the named responses and headers, to which operations refer; `problems` has their schemas by status."""
    return {
        "headers": {name: {"required": True, **header} for name, header in HEADERS.items()},
        "responses": {
            _name(status): {
                "description": description,
                "headers": _headers(status),
                "content": {"application/problem+json": {"schema": problems[status]}},
            }
            for status, description in REFUSALS.items()
            if status in problems
        },
    }


def responses(each: Route, schema: _Json | None, error: _Json | None) -> _Json:
    """Return the responses of a route, with the schemas of its success, and of its errors if it has its own."""
    success: _Json = {"description": "Success", "headers": _headers(each.status)}
    if schema is not None:
        success["content"] = {"application/json": {"schema": schema}}
    if each.files:
        text = {"schema": {"type": "string"}}
        success["content"] = dict.fromkeys(each.files, text) | {each.files[0]: {"schema": schema}}
        success["headers"] |= _optional("Content-Disposition")
    if each.is_also_csv:
        success["content"]["text/csv"] = {"schema": {"type": "string"}}
        # Only a file has a name.
        success["headers"] |= _optional("Content-Disposition") | _optional(NEXT_CURSOR)
    if each.is_also_protobuf:
        success["content"] |= _PROTOBUF
        success["headers"] |= _optional(IGNORED_SPANS)
    if each.headers is IdempotencyHeaders:
        success["headers"] |= _optional(REPLAYED)
    refusals = {str(status): _refusal(status, error) for status in REFUSALS if _is_possible(status, each)}
    existing = (
        {"200": {**success, "description": "It exists already: nothing has changed"}}
        if each.may_exist
        else {}
    )
    return {str(each.status): success, **existing, **refusals}


def _refusal(status: int, error: _Json | None) -> _Json:
    # A path answers with the form of its errors only where it supports the method.
    if error is None or status == 405:
        return {"$ref": f"#/components/responses/{_name(status)}"}
    content = {"application/json": {"schema": error}, **_PROTOBUF}
    return {"description": REFUSALS[status], "headers": _headers(status), "content": content}


def _optional(name: str) -> _Json:
    return {name: {**HEADERS[name], "required": False}}


def _is_possible(status: int, each: Route) -> bool:
    has_body = each.body is not None
    has_input = has_body or each.query is not None
    changes_tenant = each.method != "GET" and not each.path.startswith(METERING_PATHS)
    only_if: Mapping[int, bool] = {
        400: has_input,
        401: each.needs is not None,
        PAYMENT_REQUIRED: PAYMENT_REQUIRED in each.refusals,
        403: each.needs is not None,
        404: "<" in each.path
        or (each.path.startswith(METERING_PATHS) and has_body and not each.names_tenants),
        406: each.response is not None,
        408: has_body,
        409: changes_tenant or 409 in each.refusals,
        422: has_input,
        429: each.needs is not None,
    }
    return only_if.get(status, True)


def _headers(status: int) -> _Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*_ALWAYS, *_REQUIRED.get(status, ()))}


def _name(status: int) -> str:
    return f"Problem{status}"
