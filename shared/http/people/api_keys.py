"""The routes on which a tenant's people make, replace and end its keys."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.domain.errors import NotFound
from shared.domain.people.tenants import ApiKey, Scope
from shared.http.app import Call, Container, Route, json_response
from shared.http.bodies import read_body
from shared.http.responses import ResponseModel
from shared.usecases.people.manage_keys import KeyRef, KeyRequest, NewKey, create_key, revoke_key, rotate_key

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_KEY_ID = re.compile("[0-9a-f]{64}")


class NewKeyBody(BaseModel):
    """The purpose of a key, its scopes, and the days until it ends; null: until it is revoked."""

    model_config = ConfigDict(extra="forbid", strict=True)

    label: Label
    scopes: list[Scope] = Field(min_length=1, max_length=4)
    expires_in_days: int | None = Field(None, ge=1, le=3650)


class RotationBody(BaseModel):
    """The hours for which the former key works on beside its successor."""

    model_config = ConfigDict(extra="forbid", strict=True)

    overlap_hours: int = Field(24, ge=0, le=168)


class KeyResponse(ResponseModel):
    """A key without its secret, which cannot be shown again; `prefix` is its beginning."""

    id: str
    label: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the hour.")
    status: Literal["active", "expired", "revoked"]

    @classmethod
    def of(cls, key: ApiKey, now: datetime) -> "KeyResponse":
        """Return the answer about a key."""
        names = [name for name in cls.model_fields if name not in ("status", "scopes")]
        plain = {name: getattr(key, name) for name in names}
        return cls(**plain, scopes=list(key.scopes), status=_status(key, now))


class KeysResponse(ResponseModel):
    """All keys of a tenant, newest first."""

    api_keys: list[KeyResponse]


class NewKeyResponse(ResponseModel):
    """A key just made, with its secret, which is shown this once."""

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
    return _told_once(create_key(container.directory, call.path["tenant"], request, call.change), call)


def _rotate(call: Call, container: Container) -> Response:
    overlap = timedelta(hours=read_body(call.request, RotationBody).overlap_hours)
    return _told_once(rotate_key(container.directory, _key_ref(call), overlap, call.change), call)


def _revoke(call: Call, container: Container) -> Response:
    key = revoke_key(container.directory, _key_ref(call), call.change)
    return json_response(KeyResponse.of(key, call.now))


def _told_once(made: NewKey, call: Call) -> Response:
    return json_response(NewKeyResponse(api_key=KeyResponse.of(made.key, call.now), secret=made.secret))


def _key_ref(call: Call) -> KeyRef:
    """Read the whole id from the path; NotFound for a key itself, because paths end up in logs."""
    if not _KEY_ID.fullmatch(call.path["key"]):
        raise NotFound("there is no such key: the path names it by the `id` it is listed with")
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
        summary="Make an API key",
        handle=_create,
        needs="keys:write",
        response=NewKeyResponse,
        body=NewKeyBody,
        status=201,
    ),
    Route(
        method="POST",
        path=f"{_KEYS}/<key>/rotate",
        summary="Replace an API key; the former one works on for a while",
        handle=_rotate,
        needs="keys:write",
        response=NewKeyResponse,
        body=RotationBody,
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
