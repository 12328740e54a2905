"""Creates, rotates and revokes API keys. A key is shown once; only its hash is kept."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.errors import Conflict, NotFound
from shared.domain.tenants import (
    KEY_PREFIX_LIVE,
    KEY_PREFIX_TEST,
    SHOWN_KEY_CHARS,
    ApiKey,
    AuditEntry,
    Scope,
    key_id,
)
from shared.ports import Directory

MAX_WORKING_KEYS = 50
"""Keys of one tenant that are neither revoked nor expired: what has ended needs no tidying up to make room."""
_SECRET_BYTES = 20


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made, with the only copy of its secret."""

    key: ApiKey
    secret: str


def new_key(
    tenant_id: str,
    label: str,
    scopes: Sequence[Scope],
    expires_at: datetime | None,
    *,
    is_live: bool,
    now: datetime,
) -> NewKey:
    """A fresh key, not stored yet."""
    secret = (KEY_PREFIX_LIVE if is_live else KEY_PREFIX_TEST) + secrets.token_hex(_SECRET_BYTES)
    prefix = secret[:SHOWN_KEY_CHARS]
    return NewKey(
        ApiKey(
            id=key_id(secret),
            tenant_id=tenant_id,
            scopes=tuple(scopes),
            label=label,
            prefix=prefix,
            created_at=now,
            expires_at=expires_at,
        ),
        secret,
    )


def create_key(
    directory: Directory,
    tenant_id: str,
    label: str,
    scopes: Sequence[Scope],
    expires_at: datetime | None,
    *,
    is_live: bool,
    actor: str,
    now: datetime,
) -> NewKey:
    """A new key of the tenant; NotFound if there is no such tenant, Conflict if it has as many as it may have."""
    if directory.find_tenant(tenant_id) is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    _refuse_too_many(directory.list_keys(tenant_id), now)
    made = new_key(tenant_id, label, scopes, expires_at, is_live=is_live, now=now)
    directory.save_keys([made.key], _audit(made.key, "key.created", actor, now))
    return made


def rotate_key(
    directory: Directory, tenant_id: str, key: str, overlap: timedelta, *, actor: str, now: datetime
) -> NewKey:
    """A successor with the same label, scopes and expiry; the former key works on for `overlap`.

    Conflict if that has ended already: a successor would end with it, or let in whom it was to keep out; or if
    the tenant had too many keys while both work.
    """
    keys = directory.list_keys(tenant_id)
    former = _named(keys, tenant_id, key)
    if not former.is_valid(now):
        raise Conflict(
            f"key {former.prefix}… has expired or was revoked; create a new one", code="key_not_valid"
        )
    _refuse_too_many([each for each in keys if overlap or each != former], now)
    is_live = former.prefix.startswith(KEY_PREFIX_LIVE)
    made = new_key(tenant_id, former.label, former.scopes, former.expires_at, is_live=is_live, now=now)
    end = min(now + overlap, former.expires_at or datetime.max.replace(tzinfo=now.tzinfo))
    ending = replace(former, expires_at=end)
    directory.save_keys([ending, made.key], _audit(made.key, "key.rotated", actor, now, before=former.prefix))
    return made


def revoke_key(directory: Directory, tenant_id: str, key: str, *, actor: str, now: datetime) -> ApiKey:
    """End a key at once; it may still be believed for as long as callers' instances remember it (a minute).

    A key that was revoked before stays as it is, and leaves no second trace.
    """
    found = _named(directory.list_keys(tenant_id), tenant_id, key)
    if found.revoked_at is not None:
        return found
    revoked = replace(found, revoked_at=now)
    directory.save_keys(
        [revoked], _audit(revoked, "key.revoked", actor, now, before=revoked.prefix, after=None)
    )
    return revoked


def _refuse_too_many(keys: Sequence[ApiKey], now: datetime) -> None:
    """Not exact under a race of two that create: the number bounds a mistake, nothing depends on it."""
    if sum(key.is_valid(now) for key in keys) >= MAX_WORKING_KEYS:
        message = f"the tenant has {MAX_WORKING_KEYS} working keys, and may not have more: revoke one first"
        raise Conflict(message, code="too_many_keys")


def _named(keys: Sequence[ApiKey], tenant_id: str, key: str) -> ApiKey:
    """The one of the tenant's keys that `key` names: its id, the start of that, or the secret itself."""
    wanted = key_id(key) if key.startswith((KEY_PREFIX_LIVE, KEY_PREFIX_TEST)) else key
    found = [each for each in keys if each.id.startswith(wanted)]
    if len(wanted) < 8 or len(found) != 1:
        raise NotFound(f"tenant {tenant_id!r} has no single key {key[:SHOWN_KEY_CHARS]!r}")
    return found[0]


def _audit(
    key: ApiKey, action: str, actor: str, now: datetime, before: str | None = None, after: str | None = ""
) -> AuditEntry:
    return AuditEntry(
        tenant_id=key.tenant_id,
        at=now,
        actor=actor,
        action=action,
        before=before,
        after=key.prefix if after == "" else after,
        reason=key.label,
    )
