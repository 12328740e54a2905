"""Routes to create, rotate and revoke API keys."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.domain.errors import NotFound
from shared.domain.metering.text import NOT_BLANK, PRINTABLE
from shared.domain.people.audit import Change
from shared.domain.people.keys import ALL_SCOPES, ApiKey, Scope
from shared.domain.people.names import MAX_LABEL_CHARS
from shared.http.bodies import read_body
from shared.http.idempotency import Creation, IdempotencyHeaders, create_once
from shared.http.responses import ResponseModel
from shared.http.routes import Call, Container, Example, Route, json_response
from shared.usecases.people.manage_keys import KeyRef, KeyRequest, NewKey, create_key, revoke_key, rotate_key

Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_LABEL_CHARS, pattern=PRINTABLE),
    Field(description="Visible characters in one line, without a link."),
    NOT_BLANK,
]
_KEY_ID = re.compile("[0-9a-f]{64}")


class NewKeyBody(BaseModel):
    """A key to create. It expires after `expires_in_days`; with null, it never expires."""

    model_config = ConfigDict(extra="forbid", strict=True)

    label: Label
    scopes: list[Scope] = Field(min_length=1, max_length=4)
    expires_in_days: int | None = Field(None, ge=1, le=3650)


class RotationBody(BaseModel):
    """The hours for which the previous key still works."""

    model_config = ConfigDict(extra="forbid", strict=True)

    overlap_hours: int = Field(24, ge=0, le=168)


class KeyResponse(ResponseModel):
    """A key without its secret; `prefix` is the beginning of the secret."""

    id: str
    label: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="Accurate to the hour.")
    created_by: str | None = Field(
        description="`member:<email>`, `platform:<prefix>` or `admin:<login>`; null for keys older than this field."
    )
    status: Literal["active", "expired", "revoked"]

    @classmethod
    def of(cls, key: ApiKey, now: datetime) -> "KeyResponse":
        names = [name for name in cls.model_fields if name not in ("status", "scopes")]
        plain = {name: getattr(key, name) for name in names}
        return cls(
            **plain, scopes=[each for each in ALL_SCOPES if each in key.scopes], status=_status(key, now)
        )


class KeysResponse(ResponseModel):
    """All keys of a tenant, newest first."""

    api_keys: list[KeyResponse]


class NewKeyResponse(ResponseModel):
    """A new key with its secret, which is shown only once."""

    api_key: KeyResponse
    secret: str


def _status(key: ApiKey, now: datetime) -> Literal["active", "expired", "revoked"]:
    if key.is_valid(now):
        return "active"
    return "revoked" if key.revoked_at is not None else "expired"


def _list(call: Call, container: Container) -> Response:
    keys = container.directory.list_keys(call.path["tenant"])
    return json_response(KeysResponse(api_keys=[KeyResponse.of(key, call.now) for key in reversed(keys)]))


def _create(call: Call, container: Container) -> Response:
    body = read_body(call.request, NewKeyBody)
    days = body.expires_in_days
    request = KeyRequest(
        label=body.label,
        scopes=tuple(dict.fromkeys(body.scopes)),
        expires_at=None if days is None else call.now + timedelta(days=days),
        is_live=not container.config.is_local,
    )

    def create(change: Change) -> NewKey:
        return create_key(container.directory, call.path["tenant"], request, change)

    return create_once(call, container, Creation(body, create, _with_secret))


def _rotate(call: Call, container: Container) -> Response:
    body, key = read_body(call.request, RotationBody), _key_ref(call)

    def rotate(change: Change) -> NewKey:
        return rotate_key(container.directory, key, timedelta(hours=body.overlap_hours), change)

    return create_once(call, container, Creation(body, rotate, _with_secret))


def _revoke(call: Call, container: Container) -> Response:
    key = revoke_key(container.directory, _key_ref(call), call.change)
    return json_response(KeyResponse.of(key, call.now))


def _with_secret(made: NewKey) -> NewKeyResponse:
    return NewKeyResponse(api_key=KeyResponse.of(made.key, made.key.created_at), secret=made.secret)


def _key_ref(call: Call) -> KeyRef:
    """Read the id from the path; refuse a prefix or a secret, because paths end up in logs."""
    if not _KEY_ID.fullmatch(call.path["key"]):
        raise NotFound("there is no such key: use the full `id` from the list of keys")
    return KeyRef(call.path["tenant"], call.path["key"])


_KEYS = "/api/v1/tenants/<tenant>/api-keys"
ROUTES = (
    Route(
        method="GET",
        path=_KEYS,
        summary="API keys, newest first",
        handle=_list,
        needs="keys:write",
        response=KeysResponse,
    ),
    Route(
        method="POST",
        path=_KEYS,
        summary="Create an API key",
        handle=_create,
        needs="keys:write",
        response=NewKeyResponse,
        body=NewKeyBody,
        headers=IdempotencyHeaders,
        examples={
            "a key of an agent": Example({"label": "agents", "scopes": ["usage:write", "limits:read"]})
        },
        status=201,
    ),
    Route(
        method="POST",
        path=f"{_KEYS}/<key>/rotate",
        summary="Rotate an API key; the previous one still works for a while",
        handle=_rotate,
        needs="keys:write",
        response=NewKeyResponse,
        body=RotationBody,
        headers=IdempotencyHeaders,
        examples={"an hour": Example({"overlap_hours": 1})},
        status=201,
    ),
    Route(
        method="DELETE",
        path=f"{_KEYS}/<key>",
        summary="Revoke an API key",
        handle=_revoke,
        needs="keys:write",
        response=KeyResponse,
    ),
)
