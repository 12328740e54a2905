"""Requests that create something and carry an Idempotency-Key: a repetition gets the same response again."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from flask import Request, Response
from pydantic import BaseModel, Field

from shared.domain.errors import Conflict, FieldProblem, InvalidInput, cut
from shared.domain.metering.sealed_requests import KEY_HEADER
from shared.domain.people.audit import Change
from shared.domain.people.keys import key_id
from shared.domain.people.receipts import Receipt, RepeatableRequest
from shared.http.routes import Call, Container, json_response, json_text

REPLAYED: Final = "Idempotent-Replayed"
PATTERN: Final = "^[ -~]{1,255}$"
_KEY = re.compile(PATTERN)

T = TypeVar("T")


class IdempotencyHeaders(BaseModel):
    """The header that makes a repetition of the request safe."""

    key: str | None = Field(
        None,
        alias=KEY_HEADER,
        pattern=PATTERN,
        description=(
            "A random UUID for each thing to create. A repetition within 24 hours gets the same response again, with "
            f"the header `{REPLAYED}: true`, and creates nothing."
        ),
    )


@dataclass(frozen=True, slots=True)
class Creation(Generic[T]):
    """A use case that creates something: the body that asked for it, and the response that shows it."""

    body: BaseModel
    create: Callable[[Change], T]
    """Makes its audit entry by `change.making(made)`, of what it returns."""
    render: Callable[[T], BaseModel]


def create_once(call: Call, container: Container, creation: Creation[T]) -> Response:
    """Create what the request asks for and return the response, or the response to an equal request before it.

    Raise InvalidInput if the request before it was another one, Conflict if its response cannot be read yet.
    """
    request = _repeatable(call, creation.body)
    if request is None:
        return json_response(creation.render(creation.create(call.change)))
    found = container.directory.find_receipt(request.receipt_id)
    if found and call.now < found.expires_at:
        return _replay(request, found)
    change = call.change.answering(
        lambda made: request.receipt(json_text(creation.render(made)), call.now, found)
    )
    try:
        return json_response(creation.render(creation.create(change)))
    except Conflict:
        # An equal request may have been faster: what it created may be the conflict.
        first = container.directory.find_receipt(request.receipt_id)
        if first is None or call.now >= first.expires_at:
            raise
        return _replay(request, first)


def _replay(request: RepeatableRequest, receipt: Receipt) -> Response:
    if request.fingerprint != receipt.fingerprint:
        raise _invalid(
            "idempotency_key_reused", "another request was sent with this key in the last 24 hours"
        )
    return Response(request.open(receipt), headers={REPLAYED: "true"}, mimetype="application/json")


def _repeatable(call: Call, body: BaseModel) -> RepeatableRequest | None:
    """Return the request as one that can be repeated; None without the header."""
    key = idempotency_key(call.request)
    if key is None:
        return None
    secret = "" if call.identity else call.request.headers["Authorization"].partition(" ")[2].strip()
    return RepeatableRequest(
        caller=f"member:{call.identity.user_id}" if call.identity else f"key:{key_id(secret)}",
        route=f"{call.request.method} {call.request.path.rstrip('/')} {call.access.tenant_id if call.access else ''}",
        key=key,
        secret=secret,
        body=json_text(body).encode(),
    )


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key of a request; None without the header."""
    key = request.headers.get(KEY_HEADER)
    if key is not None and not _KEY.fullmatch(key):
        message = f"{cut(ascii(key), 80)} is not 1 to 255 printable ASCII characters; use a random UUID"
        raise _invalid("invalid_idempotency_key", message)
    return key


def _invalid(code: str, message: str) -> InvalidInput:
    text = f"{KEY_HEADER}: {message}"
    return InvalidInput(text, (FieldProblem(field=KEY_HEADER, code=code, message=text),), code=code)
