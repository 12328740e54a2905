"""Makes somebody a member without an invitation: for operators, where nobody is there yet to invite."""

from datetime import datetime

from shared.domain.errors import Conflict, NotFound
from shared.domain.members import Member, Role, valid_email
from shared.domain.tenants import AuditEntry
from shared.ports import Directory, IdentityVerifier, Members, StaleMembers


def add_member(
    directory: Directory,
    identities: IdentityVerifier,
    members: Members,
    tenant_id: str,
    email: str,
    role: Role,
    *,
    actor: str,
    now: datetime,
) -> Member:
    """The new member. NotFound for an unknown tenant or account, Conflict for a member, InvalidInput."""
    address = valid_email(email)
    if directory.find_tenant(tenant_id) is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    user = identities.find_user(address, now)
    if user is None:
        raise NotFound(f"email: nobody has an account with {address!r}; let them sign up first")
    member = Member(user_id=user.user_id, email=address, name=user.name, role=role, joined_at=now)
    audit = AuditEntry(
        tenant_id=tenant_id,
        at=now,
        actor=actor,
        action="member.added",
        before=None,
        after=role,
        reason=address,
    )
    try:
        members.add_member(tenant_id, member, audit)
    except StaleMembers as error:
        raise Conflict(f"{address} is a member of {tenant_id!r} already", code="already_member") from error
    return member
