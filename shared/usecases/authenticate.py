"""Finds out whom an API key acts for."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from shared.domain.errors import Forbidden, NotAuthenticated
from shared.domain.tenants import ApiKey, Scope, Tenant, key_id
from shared.ports import Directory

CACHE_FOR = timedelta(seconds=60)
"""How long a revoked key may still work."""
MAX_CACHED_KEYS = 10_000
_KEY = re.compile(r"gwi_(live|test)_[0-9A-Za-z]{20,80}")


@dataclass(frozen=True, slots=True)
class Access:
    """A verified caller: what it may do, and its tenant as it was at most a minute ago."""

    tenant: Tenant
    scopes: tuple[Scope, ...]

    @property
    def tenant_id(self) -> str:
        """The only tenant whose documents the caller reaches."""
        return self.tenant.id

    def require(self, scope: Scope) -> None:
        """Forbidden unless the key has `scope`."""
        if scope not in self.scopes:
            raise Forbidden(f"this key lacks the scope {scope}", code="missing_scope")

    def require_tenant(self, tenant_id: str) -> None:
        """Forbidden unless `tenant_id` is the caller's own: whether another one exists is not told."""
        if tenant_id != self.tenant_id:
            raise Forbidden(f"this key does not belong to tenant {tenant_id!r}", code="foreign_tenant")


class KeyAuthenticator:
    """Checks keys against the directory, remembering each for at most a minute."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._cache: OrderedDict[str, tuple[datetime, ApiKey, Access]] = OrderedDict()
        self._lock = Lock()

    def authenticate(self, secret: str, now: datetime) -> Access:
        """Whom `secret` acts for; NotAuthenticated for a key that is malformed, unknown, expired or revoked."""
        if not _KEY.fullmatch(secret):
            raise NotAuthenticated("the key is not one of ours: they begin with gwi_live_ or gwi_test_")
        hashed = key_id(secret)
        cached = self._cache.get(hashed)
        if cached is None or not cached[0] <= now < cached[0] + CACHE_FOR:
            cached = self._look_up(hashed, now)
        _, key, access = cached
        if not key.is_valid(now):
            raise NotAuthenticated(f"the key {key.prefix}… has expired or was revoked", code="key_not_valid")
        return access

    def _look_up(self, hashed: str, now: datetime) -> tuple[datetime, ApiKey, Access]:
        key = self._directory.find_key(hashed)
        tenant = self._directory.find_tenant(key.tenant_id) if key else None
        if key is None or tenant is None:
            raise NotAuthenticated("the key is unknown")
        entry = (now, key, Access(tenant, key.scopes))
        with self._lock:
            self._cache[hashed] = entry
            self._cache.move_to_end(hashed)
            if len(self._cache) > MAX_CACHED_KEYS:
                self._cache.popitem(last=False)
        return entry
