"""A tenant, the keys that act for it, and the entries of its audit trail."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.domain.limits import LimitOverrides

Scope = Literal["usage:write", "usage:read", "limits:read"]
ALL_SCOPES: tuple[Scope, ...] = ("usage:write", "usage:read", "limits:read")

KEY_PREFIX_LIVE = "gwi_live_"
KEY_PREFIX_TEST = "gwi_test_"
SHOWN_KEY_CHARS = 14


NO_OVERRIDES = LimitOverrides()


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer of the platform. `anchor` is where its metering periods start; None: the calendar month.

    Whoever moves the anchor sets `anchored_at` to that instant: rollups folded until then are left behind.
    """

    id: str
    name: str
    plan: str
    created_at: datetime
    overrides: LimitOverrides = NO_OVERRIDES
    anchor: datetime | None = None
    counter_shards: int = 1
    anchored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key: never the key itself, only its SHA-256 as the id."""

    id: str
    tenant_id: str
    scopes: tuple[Scope, ...]
    label: str
    prefix: str
    """The first characters of the key, so that a person can tell two keys apart."""
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether the key lets its holder in at `now`."""
        ended = [at for at in (self.expires_at, self.revoked_at) if at is not None]
        return all(now < at for at in ended)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of a tenant's plan, billing, keys or members: what, from, to, by whom and why."""

    tenant_id: str
    at: datetime
    actor: str
    action: str
    before: str | None
    after: str | None
    reason: str


def key_id(secret: str) -> str:
    """The document id of a key. A key is 160 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()
