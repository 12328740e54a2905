"""Roles and permissions in a tenant, and the rules for members and invitations."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal, get_args

from shared.domain.errors import Conflict, FieldProblem, Forbidden, InvalidInput
from shared.domain.people.keys import PlatformScope
from shared.domain.people.names import name_to_show
from shared.domain.people.tenants import Tenant

Role = Literal["owner", "admin", "member"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

Permission = PlatformScope | Literal["members:write"]
"""A permission that a route requires."""


def scope_for(permission: Permission | None) -> PlatformScope | None:
    """Return the scope of a platform key that includes a permission."""
    return "tenants:write" if permission == "members:write" else permission


_MEMBER: tuple[Permission, ...] = ("usage:read",)
_ADMIN: tuple[Permission, ...] = (
    *("usage:read", "limits:read", "billing:write"),
    *("keys:write", "members:write"),
)
PERMISSIONS: Final[Mapping[Role, tuple[Permission, ...]]] = MappingProxyType(
    {"owner": _ADMIN, "admin": _ADMIN, "member": _MEMBER}
)

INVITATION_LASTS = timedelta(days=14)
MAX_MEMBERSHIPS = 20
"""The maximum number of tenants that one person can belong to."""
MAX_INVITATIONS = 50
"""The maximum number of open invitations of one tenant."""
_MAX_EMAIL_CHARS = 254
_MAX_SLUG_CHARS = 40
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>,;:\"()\[\]\\]+@[^@\s\x00-\x1f\x7f<>,;:\"()\[\]\\]+\.[^@\s.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A signed-in person, according to the sign-in service; valid until `expires_at`."""

    user_id: str
    email: str | None
    """Normalised. Trust it only if `email_verified`."""
    email_verified: bool
    name: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person in a tenant, with the email address and name they had when they joined."""

    user_id: str
    email: str
    name: str | None
    role: Role
    joined_at: datetime
    version: object = field(default=None, compare=False)
    """Set by the store, which rejects changes based on an older version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An open invitation: whoever verifies `email` can join the tenant."""

    email: str
    role: Role
    invited_by: str
    """The email address of the member who invited; empty for the platform."""
    invited_at: datetime
    expires_at: datetime
    version: object = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """The document id: each address has at most one invitation per tenant."""
        return email_id(self.email)


@dataclass(frozen=True, slots=True)
class Membership:
    """A member together with their tenant."""

    tenant: Tenant
    member: Member


@dataclass(frozen=True, slots=True)
class ReceivedInvitation:
    """An invitation together with its tenant, for the invited person."""

    tenant: Tenant
    invitation: Invitation


def new_invitation(email: str, role: Role, invited_by: str, now: datetime) -> Invitation:
    """Return an invitation for `email` that lasts 14 days; raise InvalidInput if it is not an address."""
    return Invitation(
        email=valid_email(email),
        role=role,
        invited_by=invited_by,
        invited_at=now,
        expires_at=now + INVITATION_LASTS,
    )


def new_member(user: Identity, role: Role, joined_at: datetime) -> Member:
    """Return the member that an account becomes, without a name that others should not see."""
    name = name_to_show(user.name)
    return Member(user_id=user.user_id, email=user.email or "", name=name, role=role, joined_at=joined_at)


def require_authority(by: Role | None, over: Iterable[Role]) -> None:
    """Raise Forbidden unless the role `by` (None for a key) may give, take or change the roles `over`."""
    if by is None or "members:write" not in PERMISSIONS[by]:
        caller = f"the role {by}" if by else "an API key"
        raise Forbidden(f"{caller} cannot change members", code="missing_role")
    if by != "owner" and "owner" in over:
        raise Forbidden("only an owner can add, change or remove an owner", code="missing_role")


def remaining_owner(members: Iterable[Member], leaving: Member) -> Member | None:
    """Return an owner other than `leaving`, or None if `leaving` is not an owner.

    Raise Conflict if `leaving` is the last owner.
    """
    if leaving.role != "owner":
        return None
    for member in members:
        if member.role == "owner" and member.user_id != leaving.user_id:
            return member
    message = f"{leaving.email} is the last owner of this tenant: make somebody else an owner first"
    raise Conflict(message, code="last_owner")


def email_id(email: str) -> str:
    """Return the document id of an address: a hash, so that it is a valid id and hides the address."""
    return hashlib.sha256(normalise_email(email).encode()).hexdigest()[:40]


def normalise_email(text: str) -> str:
    """Return the form in which addresses are stored, compared and hashed.

    Only ASCII changes its case: `lower()` makes `k` of the Kelvin sign, and so one address of two mailboxes.
    """
    email = text.strip()
    return email.lower() if email.isascii() else email


def valid_email(text: str) -> str:
    """Return the normalised address; raise InvalidInput if `text` is not an address in ASCII."""
    email = normalise_email(text)
    if len(email) > _MAX_EMAIL_CHARS or not email.isascii() or not _EMAIL.fullmatch(email):
        message = f"email: {text[:80]!a} is not an email address"
        raise InvalidInput(message, (FieldProblem(field="email", code="invalid_email", message=message),))
    return email


def tenant_slug(name: str, random_part: str) -> str:
    """Return a tenant id: the name in lower-case ASCII, then `random_part` to make it unique."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:_MAX_SLUG_CHARS].strip("-")
    return f"{words or 'tenant'}-{random_part}"
