"""Create, rotate and revoke API keys. The secret is shown once; only its hash is stored."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.errors import Conflict, NotFound
from shared.domain.people.audit import Change, member_actor
from shared.domain.people.keys import SHOWN_KEY_CHARS, ApiKey, PlatformScope, key_beginning, key_id
from shared.domain.people.members import Member
from shared.domain.people.names import valid_label
from shared.ports import Directory

MAX_ACTIVE_KEYS = 50
"""The maximum number of keys, of a tenant or of the platform, that are neither revoked nor expired."""
_SECRET_BYTES = 20
_MIN_NAME_CHARS = 8
_SHOWN_NAME_CHARS = 14
_KEY_START = "gwi_"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """A key to create."""

    label: str
    scopes: tuple[PlatformScope, ...]
    expires_at: datetime | None = None
    """None: the key never expires."""
    is_live: bool
    """False for a test key, used by local stacks."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A new key with the only copy of its secret."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True)
class KeyRef:
    """A reference to a key: `name` is its id, at least the first 8 characters of its id, or its secret."""

    tenant_id: str | None
    """None for a platform key."""
    name: str


def new_key(tenant_id: str | None, request: KeyRequest, change: Change) -> NewKey:
    """Return a new key of a tenant, or of the platform, without storing it."""
    beginning = key_beginning(is_platform=tenant_id is None, is_live=request.is_live)
    secret = beginning + secrets.token_hex(_SECRET_BYTES)
    key = ApiKey(
        id=key_id(secret),
        tenant_id=tenant_id,
        scopes=request.scopes,
        label=request.label,
        prefix=secret[: len(beginning) + SHOWN_KEY_CHARS],
        created_at=change.at,
        expires_at=request.expires_at,
        created_by=change.actor,
    )
    return NewKey(key, secret)


def create_key(directory: Directory, tenant_id: str | None, request: KeyRequest, change: Change) -> NewKey:
    """Return a new key of a tenant, or a platform key.

    Raise NotFound for an unknown tenant, InvalidInput for a bad label, Conflict if there are too many keys.
    """
    if tenant_id is not None and directory.find_tenant(tenant_id) is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    _refuse_too_many(directory.list_keys(tenant_id), change.at)
    made = new_key(tenant_id, replace(request, label=valid_label(request.label)), change)
    creation = change.because(made.key.label).making(made)
    directory.save_keys([made.key], creation.entry(tenant_id, "key.created", None, made.key.prefix))
    return made


def rotate_key(directory: Directory, ref: KeyRef, overlap: timedelta, change: Change) -> NewKey:
    """Return a new key with the same label, scopes and expiry; the previous key expires after `overlap`.

    Raise Conflict if the previous key is no longer valid, as rotation must not restore access that has ended, or if
    the tenant would have too many keys during the overlap.
    """
    keys = directory.list_keys(ref.tenant_id)
    previous = _find(keys, ref)
    if not previous.is_valid(change.at):
        raise Conflict(
            f"key {previous.prefix}… has expired or was revoked; create a new one", code="key_not_valid"
        )
    _refuse_too_many([each for each in keys if overlap or each != previous], change.at)
    made = new_key(ref.tenant_id, _same_request(previous), change)
    end = min(change.at + overlap, previous.expires_at or datetime.max.replace(tzinfo=change.at.tzinfo))
    ending = replace(previous, expires_at=end)
    rotation = change.because(previous.label).making(made)
    entry = rotation.entry(ref.tenant_id, "key.rotated", previous.prefix, made.key.prefix)
    directory.save_keys([ending, made.key], entry)
    return made


def _same_request(key: ApiKey) -> KeyRequest:
    return KeyRequest(
        label=key.label,
        scopes=key.scopes,
        expires_at=key.expires_at,
        is_live=key.prefix.startswith(key_beginning(is_platform=key.tenant_id is None, is_live=True)),
    )


def revoke_key(directory: Directory, ref: KeyRef, change: Change) -> ApiKey:
    """Revoke a key; instances that have cached it can accept it for another minute.

    Revoking it again changes nothing and leaves no audit entry.
    """
    found = _find(directory.list_keys(ref.tenant_id), ref)
    return found if found.revoked_at is not None else _revoked(directory, found, change)


def revoke_keys(directory: Directory, tenant_id: str, change: Change) -> list[ApiKey]:
    """Revoke all keys of a tenant and return those that were not revoked before."""
    keys = [each for each in directory.list_keys(tenant_id) if each.revoked_at is None]
    return [_revoked(directory, each, change) for each in keys]


def valid_keys_of(member: Member, keys: Iterable[ApiKey], now: datetime) -> list[ApiKey]:
    """Return those of `keys` that a member created and that are still valid: they outlive the membership."""
    actor = member_actor(member.email)
    return [each for each in keys if each.created_by == actor and each.is_valid(now)]


def _revoked(directory: Directory, key: ApiKey, change: Change) -> ApiKey:
    revoked = replace(key, revoked_at=change.at)
    entry = change.because(key.label).entry(key.tenant_id, "key.revoked", key.prefix, None)
    directory.save_keys([revoked], entry)
    return revoked


def _refuse_too_many(keys: Sequence[ApiKey], now: datetime) -> None:
    """Raise Conflict at the maximum. Two concurrent calls can exceed it, which does no harm."""
    if sum(key.is_valid(now) for key in keys) >= MAX_ACTIVE_KEYS:
        message = f"there are {MAX_ACTIVE_KEYS} active keys, the maximum: revoke one first"
        raise Conflict(message, code="too_many_keys")


def _find(keys: Sequence[ApiKey], ref: KeyRef) -> ApiKey:
    wanted = key_id(ref.name) if ref.name.startswith(_KEY_START) else ref.name
    found = [each for each in keys if each.id.startswith(wanted)]
    if len(wanted) < _MIN_NAME_CHARS or len(found) != 1:
        owner = "the platform" if ref.tenant_id is None else f"tenant {ref.tenant_id!r}"
        raise NotFound(f"no single key of {owner} matches {ref.name[:_SHOWN_NAME_CHARS]!r}")
    return found[0]
