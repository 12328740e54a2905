"""Change and remove members; whatever happens at the same time, a tenant keeps an owner."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import NotFound, Unavailable
from shared.domain.people.members import Member, Role, require_authority, staying_owner
from shared.ports import Members, StaleMembers
from shared.usecases.people.authenticate import Access

MAX_TRIES = 10
"""The most attempts at a change while others change the same members."""


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A role that a member is to have."""

    user_id: str
    role: Role


def change_role(members: Members, access: Access, assigned: RoleAssignment, now: datetime) -> Member:
    """Return the member with its new role.

    NotFound, Forbidden without the authority, Conflict for the last owner.
    """
    for _ in range(MAX_TRIES):
        everybody = members.list_members(access.tenant_id)
        former = _find(everybody, assigned.user_id)
        if former is None:
            raise _unknown(assigned.user_id)
        require_authority(access.role, {former.role, assigned.role})
        if former.role == assigned.role:
            return former
        changed = replace(former, role=assigned.role)
        staying = staying_owner(everybody, former)
        change = access.change(now).because(former.email)
        with suppress(StaleMembers):
            entry = change.entry(access.tenant_id, "member.changed", former.role, changed.role)
            members.save_member(access.tenant_id, changed, staying, entry)
            return changed
    raise _crowded()


def remove_member(members: Members, access: Access, user_id: str, now: datetime) -> None:
    """End a membership at once. Anybody may leave; NotFound, Forbidden and Conflict as change_role."""
    is_own = access.member is not None and access.member.user_id == user_id
    for attempt in range(MAX_TRIES):
        everybody = members.list_members(access.tenant_id)
        leaving = _find(everybody, user_id)
        if leaving is None:
            if attempt:  # an attempt of ours whose answer was lost, or somebody else's: the member is gone
                return
            raise _unknown(user_id)
        if not is_own:
            require_authority(access.role, {leaving.role})
        staying = staying_owner(everybody, leaving)
        change = access.change(now).because(leaving.email)
        with suppress(StaleMembers):
            entry = change.entry(access.tenant_id, "member.removed", leaving.role, None)
            members.remove_member(access.tenant_id, leaving, staying, entry)
            return
    raise _crowded()


def _find(members: Iterable[Member], user_id: str) -> Member | None:
    return next((member for member in members if member.user_id == user_id), None)


def _unknown(user_id: str) -> NotFound:
    return NotFound(f"this tenant has no member {user_id[:128]!r}")


def _crowded() -> Unavailable:
    return Unavailable("this tenant's members are being changed by many requests at once")
