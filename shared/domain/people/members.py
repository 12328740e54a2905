"""Roles and their permissions in a tenant, and the rules for members and invitations."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal, get_args

from shared.domain.errors import Conflict, FieldProblem, Forbidden, InvalidInput
from shared.domain.people.tenants import TENANT_ID, Scope, Tenant

Role = Literal["owner", "admin", "member"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

Permission = Scope | Literal["keys:write", "members:write"]
"""The right that a route asks for. Keys hold scopes; only members hold the others."""

_READING: tuple[Permission, ...] = ("usage:read",)
_STEERING: tuple[Permission, ...] = (
    *("usage:read", "limits:read", "billing:write"),
    *("keys:write", "members:write"),
)
PERMISSIONS: Final[Mapping[Role, tuple[Permission, ...]]] = MappingProxyType(
    {"owner": _STEERING, "admin": _STEERING, "member": _READING}
)

INVITATION_LASTS = timedelta(days=14)
MAX_MEMBERSHIPS = 20
"""The most tenants that one person may belong to."""
MAX_INVITES = 50
"""The most invitations of one tenant that may be unanswered."""
MAX_NAME_CHARS = 200
_MAX_EMAIL_CHARS = 254
_MAX_SLUG_CHARS = 40
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>,;:\"()\[\]\\]+@[^@\s\x00-\x1f\x7f<>,;:\"()\[\]\\]+\.[^@\s.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A person as the sign-in service knows them, until `expires_at`."""

    user_id: str
    email: str | None
    """Normalised; it proves nothing unless `email_verified`."""
    email_verified: bool
    name: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person in a tenant, with the address and the name of the day of joining."""

    user_id: str
    email: str
    name: str | None
    role: Role
    joined_at: datetime
    version: object = field(default=None, compare=False)
    """Set by the store, which refuses to change a member of another version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """An open invitation: the proven owner of `email` may join."""

    email: str
    role: Role
    invited_by: str
    invited_at: datetime
    expires_at: datetime
    version: object = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """One invitation for each address."""
        return email_id(self.email)


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's place in a tenant."""

    tenant: Tenant
    member: Member


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as the person invited sees it."""

    tenant: Tenant
    invite: Invite


def new_invite(email: str, role: Role, invited_by: str, now: datetime) -> Invite:
    """Return an invitation of `email` for the next 14 days; InvalidInput for what is no address."""
    return Invite(
        email=valid_email(email),
        role=role,
        invited_by=invited_by,
        invited_at=now,
        expires_at=now + INVITATION_LASTS,
    )


def require_authority(by: Role | None, over: Iterable[Role]) -> None:
    """Raise Forbidden unless a member of role `by` may give, take or change the roles `over`.

    Admins never touch owners.
    """
    if by is None or "members:write" not in PERMISSIONS[by]:
        raise Forbidden(f"the role {by or 'of a key'} may not change members", code="missing_role")
    if by != "owner" and "owner" in over:
        raise Forbidden("only an owner may make, change or remove an owner", code="missing_role")


def staying_owner(members: Iterable[Member], leaving: Member) -> Member | None:
    """Return an owner who stays when `leaving` stops being one, None if it is none; Conflict if it is the last."""
    if leaving.role != "owner":
        return None
    for member in members:
        if member.role == "owner" and member.user_id != leaving.user_id:
            return member
    raise Conflict(
        f"{leaving.email} is the last owner of this tenant: make another one first", code="last_owner"
    )


def email_id(email: str) -> str:
    """Return the document id of an address: always legal, and the address cannot be read from it."""
    return hashlib.sha256(email.encode()).hexdigest()[:40]


def normalise_email(text: str) -> str:
    """Return the one spelling of an address that is compared and stored."""
    return text.strip().lower()


def valid_email(text: str) -> str:
    """Return the normalised address; InvalidInput for what cannot be one."""
    email = normalise_email(text)
    if len(email) > _MAX_EMAIL_CHARS or not _EMAIL.fullmatch(email):
        message = f"email: {text[:80]!r} is not an email address"
        raise InvalidInput(message, (FieldProblem(field="email", code="invalid_email", message=message),))
    return email


def valid_name(text: str) -> str:
    """Return a tenant's name as it is kept: any text, in one line; InvalidInput if it is blank or too long."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= MAX_NAME_CHARS or any(unicodedata.category(each) == "Cc" for each in name):
        message = f"name: {text[:80]!r} is not 1 to {MAX_NAME_CHARS} printable characters"
        raise InvalidInput(message, (FieldProblem(field="name", code="invalid_name", message=message),))
    return name


def tenant_slug(name: str, random_part: str) -> str:
    """Return an id for a tenant: its name in lower-case ASCII, and characters that make it unique."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:_MAX_SLUG_CHARS].strip("-")
    return f"{words or 'tenant'}-{random_part}"


def is_tenant_id(text: str) -> bool:
    """Return whether `text` can be a tenant's id: anything else must not become a part of a document's name."""
    return re.fullmatch(TENANT_ID, text) is not None
