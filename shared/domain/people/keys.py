"""API keys: their scopes, their lives, and the parts of them that may be shown."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Scope = Literal["usage:write", "usage:read", "limits:read", "billing:write"]

ALL_SCOPES: tuple[Scope, ...] = ("usage:write", "usage:read", "limits:read", "billing:write")

AGENT_SCOPES: tuple[Scope, ...] = ("usage:write", "limits:read")
"""What agents need: to record usage, and to check limits."""

PlatformScope = Scope | Literal["tenants:write", "keys:write", "prices:write", "platform:read"]

PLATFORM_SCOPES: tuple[PlatformScope, ...] = (
    *("usage:write", "limits:read", "usage:read"),
    *("tenants:write", "keys:write", "billing:write", "prices:write", "platform:read"),
)
"""What a platform key may do for every tenant; `tenants:write` includes their members, grants and limits.

`platform:read` shows what concerns no single tenant: margins, failures and the platform's audit log.
"""

SHOWN_KEY_CHARS = 5
"""How much of a secret is shown beside its beginning, so that people can tell keys apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key without its secret; the id is the SHA-256 of the secret."""

    id: str
    tenant_id: str | None
    """None: a platform key, which may act for every tenant."""
    scopes: tuple[PlatformScope, ...]
    label: str
    prefix: str
    """The first characters of the secret, so that people can tell keys apart."""
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """Accurate to the hour, as it is updated at most hourly."""
    created_by: str | None = None
    """The actor who created it; None if the key is older than this field."""

    def is_valid(self, now: datetime) -> bool:
        return self.ends_at is None or now < self.ends_at

    @property
    def ends_at(self) -> datetime | None:
        """When the key expires or was revoked; None if it has no end."""
        return min((at for at in (self.expires_at, self.revoked_at) if at is not None), default=None)


ENDED_KEYS_KEPT_FOR = timedelta(days=90)
"""An ended key is listed this long, and then deleted."""


def key_beginning(*, is_platform: bool, is_live: bool) -> str:
    """Return the characters with which all keys of a kind begin."""
    return f"gwi_{'platform_' if is_platform else ''}{'live' if is_live else 'test'}_"


def key_id(secret: str) -> str:
    """Return the document id of a key. A plain hash is enough: 160 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
