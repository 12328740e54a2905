"""Create, rotate and revoke API keys. A key is shown once; only its hash is kept."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.errors import Conflict, NotFound
from shared.domain.people.tenants import (
    KEY_PREFIX_LIVE,
    KEY_PREFIX_TEST,
    SHOWN_KEY_CHARS,
    ApiKey,
    Change,
    Scope,
    key_id,
)
from shared.ports import Directory

MAX_WORKING_KEYS = 50
"""Keys of one tenant that are neither revoked nor expired: what has ended needs no tidying up to make room."""
_SECRET_BYTES = 20
_SHORTEST_NAME = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """A key to be made: its label, its rights and its end."""

    label: str
    scopes: tuple[Scope, ...]
    expires_at: datetime | None = None
    """None: it works until it is revoked."""
    is_live: bool
    """False for a test key, of a local stack."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made, with the only copy of its secret."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True)
class KeyRef:
    """Names one key of a tenant: by its id, the first 8 or more characters of its id, or its secret."""

    tenant_id: str
    name: str


def new_key(tenant_id: str, request: KeyRequest, now: datetime) -> NewKey:
    """Return a fresh key, which is not stored yet."""
    beginning = KEY_PREFIX_LIVE if request.is_live else KEY_PREFIX_TEST
    secret = beginning + secrets.token_hex(_SECRET_BYTES)
    key = ApiKey(
        id=key_id(secret),
        tenant_id=tenant_id,
        scopes=request.scopes,
        label=request.label,
        prefix=secret[:SHOWN_KEY_CHARS],
        created_at=now,
        expires_at=request.expires_at,
    )
    return NewKey(key, secret)


def create_key(directory: Directory, tenant_id: str, request: KeyRequest, change: Change) -> NewKey:
    """Return a new key of the tenant; NotFound if there is no such tenant, Conflict if it has too many keys."""
    if directory.find_tenant(tenant_id) is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    _refuse_too_many(directory.list_keys(tenant_id), change.at)
    made = new_key(tenant_id, request, change.at)
    entry = change.because(request.label).entry(tenant_id, "key.created", None, made.key.prefix)
    directory.save_keys([made.key], entry)
    return made


def rotate_key(directory: Directory, ref: KeyRef, overlap: timedelta, change: Change) -> NewKey:
    """Return a successor with the same label, scopes and expiry; the former key works on for `overlap`.

    Conflict if the former key has ended already, because a successor would either end with it or let in whoever was
    shut out; and if the tenant would have too many keys while both work.
    """
    keys = directory.list_keys(ref.tenant_id)
    former = _find(keys, ref)
    if not former.is_valid(change.at):
        raise Conflict(
            f"key {former.prefix}… has expired or was revoked; create a new one", code="key_not_valid"
        )
    _refuse_too_many([each for each in keys if overlap or each != former], change.at)
    made = new_key(ref.tenant_id, _same_again(former), change.at)
    end = min(change.at + overlap, former.expires_at or datetime.max.replace(tzinfo=change.at.tzinfo))
    ending = replace(former, expires_at=end)
    entry = change.because(former.label).entry(ref.tenant_id, "key.rotated", former.prefix, made.key.prefix)
    directory.save_keys([ending, made.key], entry)
    return made


def _same_again(key: ApiKey) -> KeyRequest:
    return KeyRequest(
        label=key.label,
        scopes=key.scopes,
        expires_at=key.expires_at,
        is_live=key.prefix.startswith(KEY_PREFIX_LIVE),
    )


def revoke_key(directory: Directory, ref: KeyRef, change: Change) -> ApiKey:
    """End a key at once; instances that remember it may still accept it for a minute.

    A key that was revoked before stays as it is, and leaves no second audit entry.
    """
    found = _find(directory.list_keys(ref.tenant_id), ref)
    if found.revoked_at is not None:
        return found
    revoked = replace(found, revoked_at=change.at)
    entry = change.because(found.label).entry(ref.tenant_id, "key.revoked", found.prefix, None)
    directory.save_keys([revoked], entry)
    return revoked


def _refuse_too_many(keys: Sequence[ApiKey], now: datetime) -> None:
    """Not exact under a race of two that create: the number bounds a mistake, nothing depends on it."""
    if sum(key.is_valid(now) for key in keys) >= MAX_WORKING_KEYS:
        message = f"the tenant has {MAX_WORKING_KEYS} working keys, and may not have more: revoke one first"
        raise Conflict(message, code="too_many_keys")


def _find(keys: Sequence[ApiKey], ref: KeyRef) -> ApiKey:
    wanted = key_id(ref.name) if ref.name.startswith((KEY_PREFIX_LIVE, KEY_PREFIX_TEST)) else ref.name
    found = [each for each in keys if each.id.startswith(wanted)]
    if len(wanted) < _SHORTEST_NAME or len(found) != 1:
        raise NotFound(f"tenant {ref.tenant_id!r} has no single key {ref.name[:SHOWN_KEY_CHARS]!r}")
    return found[0]
