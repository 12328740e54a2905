"""Authenticate people by their ID token, and find their membership in a tenant."""

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from shared.domain.errors import Forbidden, NotAuthenticated
from shared.domain.people.audit import member_actor
from shared.domain.people.members import PERMISSIONS, Identity
from shared.domain.people.operators import operator_actor
from shared.domain.tenant_ids import is_tenant_id
from shared.ports import IdentityVerifier, Members, Operators
from shared.usecases.people.authenticate import ALL_PERMISSIONS, Access, PlatformAccess

CACHE_FOR = timedelta(seconds=60)
"""A disabled or signed-out account can still work for this long. Memberships and operators are never cached."""
MAX_CACHED_TOKENS = 10_000
MAX_TOKEN_CHARS = 16_384


class MemberAuthenticator:
    """Check ID tokens, which are cached for a minute, and memberships and operators, which are not cached."""

    def __init__(self, verifier: IdentityVerifier, members: Members, operators: Operators) -> None:
        self._verifier = verifier
        self._members = members
        self._operators = operators
        self._cache: OrderedDict[bytes, tuple[datetime, Identity]] = OrderedDict()
        self._lock = Lock()

    def identify(self, token: str, now: datetime) -> Identity:
        """Return the holder of `token`; raise NotAuthenticated, or Forbidden if the account is disabled."""
        if len(token) > MAX_TOKEN_CHARS:
            message = f"the token has {len(token)} characters; the maximum is {MAX_TOKEN_CHARS}"
            raise NotAuthenticated(message)
        hashed = hashlib.sha256(token.encode()).digest()
        found = self._cache.get(hashed)
        if found is not None and found[0] <= now < min(found[0] + CACHE_FOR, found[1].expires_at):
            return found[1]
        identity = self._verifier.verify(token, now)
        with self._lock:
            self._cache[hashed] = (now, identity)
            self._cache.move_to_end(hashed)
            if len(self._cache) > MAX_CACHED_TOKENS:
                self._cache.popitem(last=False)
        return identity

    def access_tenant(self, identity: Identity, tenant_id: str) -> Access:
        """Call the function access_tenant with the store of members."""
        return access_tenant(self._members, identity, tenant_id)

    def access_platform(self, identity: Identity) -> PlatformAccess | None:
        """Return the access of an operator, who may do all that a platform key may; None for anyone else."""
        operator = self._operators.find_operator(identity.user_id)
        if operator is None:
            return None
        return PlatformAccess(permissions=ALL_PERMISSIONS, actor=operator_actor(operator.email))


def access_tenant(members: Members, identity: Identity, tenant_id: str) -> Access:
    """Return the access of a member; raise Forbidden for anyone else, even if the tenant does not exist.

    Raise Forbidden for a member too while the tenant is suspended.
    """
    membership = members.find_membership(tenant_id, identity.user_id) if is_tenant_id(tenant_id) else None
    if membership is None:
        raise Forbidden(f"you are not a member of tenant {tenant_id[:64]!r}", code="foreign_tenant")
    membership.tenant.refuse_suspended()
    return Access(
        tenant=membership.tenant,
        permissions=PERMISSIONS[membership.member.role],
        # The address they joined with: an account can change its own, and their keys are found by the actor.
        actor=member_actor(membership.member.email),
        member=membership.member,
    )


def require_verified(identity: Identity) -> None:
    """Raise Forbidden unless the email address is verified."""
    if identity.email is None or not identity.email_verified:
        raise Forbidden("verify your email address first: follow the link we sent", code="email_not_verified")
