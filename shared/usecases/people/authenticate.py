"""Authenticate API keys; check the permissions of any authenticated caller."""

import logging
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from shared.domain.errors import Forbidden, NotAuthenticated, NotFound, UsageError
from shared.domain.people.audit import Change
from shared.domain.people.keys import ALL_SCOPES, PLATFORM_SCOPES, ApiKey, key_id
from shared.domain.people.members import Member, Permission, Role, scope_for
from shared.domain.people.tenants import Tenant
from shared.domain.tenant_ids import is_tenant_id
from shared.ports import Directory
from shared.usecases.people.unknown_keys import UnknownKeys

CACHE_FOR = timedelta(seconds=60)
"""A revoked key, or one of a suspended tenant, can still work for this long."""
MAX_CACHED_KEYS = 10_000
ALL_PERMISSIONS: Final[tuple[Permission, ...]] = (*PLATFORM_SCOPES, "members:write")
"""The permissions of an operator; a platform key has those that its scopes include."""
REMEMBERED_FOR = timedelta(hours=1)
"""While the store is away, a check still knows a key that it found this long ago."""
TOUCH_EVERY = timedelta(hours=1)
LOGGER = logging.getLogger("gwi_usage")
_KEY = re.compile(r"gwi_(platform_)?(live|test)_[0-9A-Za-z]{20,80}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A caller who may act for one tenant: its key, its member, or a platform key or operator who has named it.

    For a key, `tenant` may be up to a minute old.
    """

    tenant: Tenant
    permissions: tuple[Permission, ...]
    actor: str
    """`key:<prefix>`, `platform:<prefix>`, `member:<email>` or `operator:<email>`, for the audit log."""
    member: Member | None = None
    """None for a key."""
    key: str | None = None
    """The id of the API key; None for a member or an operator."""

    @property
    def role(self) -> Role | None:
        """The member's role; None for a key."""
        return self.member.role if self.member else None

    @property
    def authority(self) -> Role | None:
        """The role with which the caller changes members: an owner's for the platform, None for a tenant's key."""
        if self.member is None and "members:write" in self.permissions:
            return "owner"
        return self.role

    @property
    def tenant_id(self) -> str:
        """The only tenant that the caller can access."""
        return self.tenant.id

    def change(self, at: datetime) -> Change:
        return Change(self.actor, at)

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the caller has `permission`."""
        if permission in self.permissions:
            return
        if self.role is None:
            raise _missing_scope(permission)
        raise Forbidden(f"the role {self.role} does not include {permission}", code="missing_role")

    def require_tenant(self, tenant_id: str) -> None:
        """Raise Forbidden unless this is the caller's tenant; do not reveal if another one exists."""
        if tenant_id != self.tenant_id:
            raise Forbidden(f"this key does not belong to tenant {tenant_id!r}", code="foreign_tenant")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAccess:
    """A platform key or an operator. They may act for every tenant that they name, within their permissions."""

    permissions: tuple[Permission, ...]
    actor: str
    """`platform:<prefix>` or `operator:<email>`, for the audit log."""
    key: str | None = None
    """The id of the API key; None for an operator."""

    def change(self, at: datetime) -> Change:
        return Change(self.actor, at)

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the key has `permission`."""
        if permission not in self.permissions:
            raise _missing_scope(permission)

    def to(self, tenant: Tenant) -> Access:
        """Return the access to one tenant."""
        return Access(tenant=tenant, permissions=self.permissions, actor=self.actor, key=self.key)


def unknown_tenant(tenant_id: str) -> NotFound:
    """Return the error about a tenant that a platform key names and that does not exist."""
    return NotFound(f"tenant {tenant_id[:64]!r} does not exist", code="unknown_tenant")


def _missing_scope(permission: Permission) -> Forbidden:
    return Forbidden(f"this key does not have the scope {permission}", code="missing_scope")


class KeyAuthenticator:
    """Check keys against the directory; cache each for a minute."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._cache: OrderedDict[str, tuple[datetime, ApiKey, Access | PlatformAccess]] = OrderedDict()
        self._lock = Lock()
        self._unknown = UnknownKeys()

    def authenticate(self, secret: str, now: datetime, address: str = "") -> Access | PlatformAccess:
        """Return the access of a key, to its tenant or to all of them.

        Raise NotAuthenticated if it is malformed, unknown, expired or revoked, Forbidden if its tenant is suspended,
        and RateLimited for a key that is not cached if too many unknown ones came from this network address.
        """
        if not _KEY.fullmatch(secret):
            raise NotAuthenticated("this is not an API key: keys begin with gwi_live_ or gwi_test_")
        hashed = key_id(secret)
        cached = self._cache.get(hashed)
        if cached is None or not cached[0] <= now < cached[0] + CACHE_FOR:
            cached = self._look_up(hashed, address, now)
        _, key, access = cached
        if not key.is_valid(now):
            raise NotAuthenticated(f"the key {key.prefix}… has expired or was revoked", code="key_not_valid")
        if isinstance(access, Access):
            access.tenant.refuse_suspended()
        return access

    def remembered(self, secret: str, now: datetime) -> Access | PlatformAccess | None:
        """Return the access of a key that was found within the last hour, for when the store is away."""
        found_at, key, access = self._cache.get(key_id(secret), (now - REMEMBERED_FOR, None, None))
        if key is None or not key.is_valid(now) or now >= found_at + REMEMBERED_FOR:
            return None
        return access

    def find_tenant(self, tenant_id: str) -> Tenant:
        """Return the tenant that a platform key names, as it is stored now; raise NotFound if there is none."""
        tenant = self._directory.find_tenant(tenant_id) if is_tenant_id(tenant_id) else None
        if tenant is None:
            raise unknown_tenant(tenant_id)
        return tenant

    def _look_up(
        self, hashed: str, address: str, now: datetime
    ) -> tuple[datetime, ApiKey, Access | PlatformAccess]:
        self._unknown.require_few(address, now)
        if self._unknown.has(hashed, now):
            raise _unknown_key()
        key = self._directory.find_key(hashed)
        access = self._access_of(key) if key else None
        if key is None or access is None:
            self._unknown.add(hashed, address, now)
            raise _unknown_key()
        entry = (now, key, access)
        self._touch(key, now)
        with self._lock:
            self._cache[hashed] = entry
            self._cache.move_to_end(hashed)
            if len(self._cache) > MAX_CACHED_KEYS:
                self._cache.popitem(last=False)
        return entry

    def _access_of(self, key: ApiKey) -> Access | PlatformAccess | None:
        """Return the access of a key; None if its tenant does not exist."""
        if key.tenant_id is None:
            return PlatformAccess(
                permissions=_platform_permissions(key), actor=f"platform:{key.prefix}", key=key.id
            )
        tenant = self._directory.find_tenant(key.tenant_id)
        if tenant is None:
            return None
        # Even if the document lists more: a key never has the permissions of members.
        scopes = tuple(scope for scope in ALL_SCOPES if scope in key.scopes)
        return Access(tenant=tenant, permissions=scopes, actor=f"key:{key.prefix}", key=key.id)

    def _touch(self, key: ApiKey, now: datetime) -> None:
        """Store the last use of a valid key at most once an hour; never fail the request.

        A background thread would not do: between requests, Cloud Run takes its CPU away. A failed write is retried
        when the key is next looked up.
        """
        last = key.last_used_at
        if not key.is_valid(now) or (last is not None and now - last < TOUCH_EVERY):
            return
        try:
            self._directory.touch_key(key.id, now)
        except UsageError as error:
            LOGGER.warning("cannot store the last use of key %s…: %s", key.prefix, error.message)


def _platform_permissions(key: ApiKey) -> tuple[Permission, ...]:
    return tuple(each for each in ALL_PERMISSIONS if scope_for(each) in key.scopes)


def _unknown_key() -> NotAuthenticated:
    return NotAuthenticated("the key is unknown")
