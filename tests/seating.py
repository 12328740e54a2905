"""Gives people a place in a tenant, without their having to be invited by anybody."""

from datetime import datetime, timedelta

from shared.domain.members import Invite, Member, Role
from shared.domain.tenants import AuditEntry
from shared.ports import Mail, Members


def seat(
    members: Members,
    tenant_id: str,
    user_id: str,
    email: str,
    role: Role,
    now: datetime,
    name: str | None = None,
) -> Member:
    """A member of a tenant, as the store has it from now on."""
    entry = AuditEntry(
        tenant_id=tenant_id,
        at=now,
        actor="test",
        action="member.joined",
        before=None,
        after=role,
        reason=email,
    )
    made = Invite(
        email=email, role=role, invited_by="test", invited_at=now, expires_at=now + timedelta(days=1)
    )
    members.save_invite(tenant_id, made, Mail(email, "", ""), entry)
    (stored,) = [invite for invite in members.list_invites(tenant_id) if invite.email == email]
    members.accept_invite(
        tenant_id, stored, Member(user_id=user_id, email=email, name=name, role=role, joined_at=now), entry
    )
    return next(member for member in members.list_members(tenant_id) if member.user_id == user_id)
