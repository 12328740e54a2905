"""Changes and removes members; whatever happens at the same time, a tenant keeps an owner."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from shared.domain.errors import NotFound, Unavailable
from shared.domain.members import Identity, Member, Role, require_authority, staying_owner
from shared.domain.tenants import AuditEntry
from shared.ports import Members, StaleMembers
from shared.usecases.authenticate import Access

MAX_TRIES = 10
"""How often a change is made again on what others have changed meanwhile."""


def change_role(members: Members, access: Access, user_id: str, role: Role, now: datetime) -> Member:
    """The member with its new role.

    NotFound, Forbidden without the authority, Conflict for the last owner.
    """
    for _ in range(MAX_TRIES):
        everybody = members.list_members(access.tenant_id)
        former = _find(everybody, user_id)
        if former is None:
            raise _unknown(user_id)
        require_authority(access.role, {former.role, role})
        if former.role == role:
            return former
        changed = replace(former, role=role)
        staying = staying_owner(everybody, former)
        with suppress(StaleMembers):
            audit = _audit(access, former, role, now)
            members.save_member(access.tenant_id, changed, staying, audit)
            return changed
    raise _crowded()


def remove_member(members: Members, access: Access, user: Identity, user_id: str, now: datetime) -> None:
    """End a membership at once. Anybody may leave; NotFound, Forbidden and Conflict as change_role."""
    for attempt in range(MAX_TRIES):
        everybody = members.list_members(access.tenant_id)
        leaving = _find(everybody, user_id)
        if leaving is None:
            if attempt:  # an attempt of ours whose answer was lost, or somebody else's: the member is gone
                return
            raise _unknown(user_id)
        if user_id != user.user_id:
            require_authority(access.role, {leaving.role})
        staying = staying_owner(everybody, leaving)
        with suppress(StaleMembers):
            audit = _audit(access, leaving, None, now)
            members.remove_member(access.tenant_id, leaving, staying, audit)
            return
    raise _crowded()


def _find(members: Iterable[Member], user_id: str) -> Member | None:
    return next((member for member in members if member.user_id == user_id), None)


def _unknown(user_id: str) -> NotFound:
    return NotFound(f"this tenant has no member {user_id[:128]!r}")


def _crowded() -> Unavailable:
    return Unavailable("this tenant's members are being changed by many requests at once")


def _audit(access: Access, former: Member, role: Role | None, now: datetime) -> AuditEntry:
    action = "member.changed" if role else "member.removed"
    return AuditEntry(
        tenant_id=access.tenant_id,
        at=now,
        actor=access.actor,
        action=action,
        before=former.role,
        after=role,
        reason=former.email,
    )
