"""Verify ID tokens, and find the membership of a person in a tenant."""

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from shared.domain.errors import Forbidden, NotAuthenticated
from shared.domain.people.members import PERMISSIONS, Identity, is_tenant_id
from shared.ports import IdentityVerifier, Members
from shared.usecases.people.authenticate import Access

REMEMBERED_FOR = timedelta(seconds=60)
"""The longest time that a disabled or signed-out account may still work. Memberships are read each time."""
MAX_REMEMBERED = 10_000
MAX_TOKEN_CHARS = 16_384


class MemberAuthenticator:
    """Check ID tokens, remembering each for at most a minute, and memberships, remembering none."""

    def __init__(self, verifier: IdentityVerifier, members: Members) -> None:
        self._verifier = verifier
        self._members = members
        self._cache: OrderedDict[bytes, tuple[datetime, Identity]] = OrderedDict()
        self._lock = Lock()

    def identify(self, token: str, now: datetime) -> Identity:
        """Return the holder of `token`; NotAuthenticated, Forbidden for a disabled account, Unavailable."""
        if len(token) > MAX_TOKEN_CHARS:
            raise NotAuthenticated(
                f"the token has {len(token)} characters, at most {MAX_TOKEN_CHARS} are read"
            )
        hashed = hashlib.sha256(token.encode()).digest()
        found = self._cache.get(hashed)
        if found is not None and found[0] <= now < min(found[0] + REMEMBERED_FOR, found[1].expires_at):
            return found[1]
        identity = self._verifier.verify(token, now)
        self._remember(hashed, now, identity)
        return identity

    def _remember(self, hashed: bytes, now: datetime, identity: Identity) -> None:
        with self._lock:
            self._cache[hashed] = (now, identity)
            self._cache.move_to_end(hashed)
            if len(self._cache) > MAX_REMEMBERED:
                self._cache.popitem(last=False)

    def enter(self, identity: Identity, tenant_id: str) -> Access:
        """Return the person's access to a tenant; see enter_tenant."""
        return enter_tenant(self._members, identity, tenant_id)


def enter_tenant(members: Members, identity: Identity, tenant_id: str) -> Access:
    """Return the person's access to a tenant; Forbidden for others than members, whether it exists or not."""
    seat = members.find_seat(tenant_id, identity.user_id) if is_tenant_id(tenant_id) else None
    if seat is None:
        raise Forbidden(f"you are not a member of tenant {tenant_id[:64]!r}", code="foreign_tenant")
    return Access(
        tenant=seat.tenant,
        permissions=PERMISSIONS[seat.member.role],
        actor=f"member:{identity.email}",
        member=seat.member,
    )


def require_verified(identity: Identity) -> None:
    """Raise Forbidden unless the address is proven."""
    if identity.email is None or not identity.email_verified:
        raise Forbidden("verify your email address first: follow the link we sent", code="email_not_verified")
