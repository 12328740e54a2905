"""Find the tenant that an API key acts for, and say what any verified caller may do."""

import logging
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from shared.domain.errors import Forbidden, NotAuthenticated, UsageError
from shared.domain.people.members import Member, Permission, Role
from shared.domain.people.tenants import ALL_SCOPES, ApiKey, Change, Tenant, key_id
from shared.ports import Directory

CACHE_FOR = timedelta(seconds=60)
"""The longest time that a revoked key may still work."""
MAX_CACHED_KEYS = 10_000
USE_NOTED_EVERY = timedelta(hours=1)
LOGGER = logging.getLogger("gwi_usage")
_KEY = re.compile(r"gwi_(live|test)_[0-9A-Za-z]{20,80}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A verified caller, key or member, with its permissions; its tenant as it was at most a minute ago."""

    tenant: Tenant
    permissions: tuple[Permission, ...]
    actor: str
    """Its name in the audit trail: `key:<prefix>` or `member:<email>`."""
    member: Member | None = None
    """The caller's own membership; None for a key."""

    @property
    def role(self) -> Role | None:
        """The member's role; None for a key."""
        return self.member.role if self.member else None

    @property
    def tenant_id(self) -> str:
        """The only tenant whose documents the caller reaches."""
        return self.tenant.id

    def change(self, at: datetime) -> Change:
        """Return a change that the caller makes."""
        return Change(self.actor, at)

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the caller has `permission`."""
        if permission in self.permissions:
            return
        if self.role is None:
            raise Forbidden(f"this key lacks the scope {permission}", code="missing_scope")
        raise Forbidden(f"the role {self.role} does not include {permission}", code="missing_role")

    def require_tenant(self, tenant_id: str) -> None:
        """Raise Forbidden unless `tenant_id` is the caller's own, without telling whether another one exists."""
        if tenant_id != self.tenant_id:
            raise Forbidden(f"this key does not belong to tenant {tenant_id!r}", code="foreign_tenant")


class KeyAuthenticator:
    """Check keys against the directory, remembering each for at most a minute."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._cache: OrderedDict[str, tuple[datetime, ApiKey, Access]] = OrderedDict()
        self._lock = Lock()

    def authenticate(self, secret: str, now: datetime) -> Access:
        """Return the access of a key; NotAuthenticated for one that is malformed, unknown, expired or revoked."""
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
        # Whatever the document says: a key never holds what is for members only.
        scopes = tuple(scope for scope in ALL_SCOPES if scope in key.scopes)
        access = Access(tenant=tenant, permissions=scopes, actor=f"key:{key.prefix}")
        entry = (now, key, access)
        self._note_use(key, now)
        with self._lock:
            self._cache[hashed] = entry
            self._cache.move_to_end(hashed)
            if len(self._cache) > MAX_CACHED_KEYS:
                self._cache.popitem(last=False)
        return entry

    def _note_use(self, key: ApiKey, now: datetime) -> None:
        """Note that a valid key is in use, at most once an hour; a failure never refuses a request.

        Not from a thread of its own: a function has a processor only while it serves a request, so that would be
        frozen halfway. The store is waited for briefly, and the next look at the key tries again.
        """
        last = key.last_used_at
        if not key.is_valid(now) or (last is not None and now - last < USE_NOTED_EVERY):
            return
        try:
            self._directory.touch_key(key.id, now)
        except UsageError as error:
            LOGGER.warning("the use of key %s… is not noted: %s", key.prefix, error.message)
