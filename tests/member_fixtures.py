"""Gives people a place in a tenant, without their having to be invited by anybody."""

from shared.domain.people.members import Member
from shared.domain.people.tenants import Change
from shared.ports import Members


def add_member(members: Members, tenant_id: str, member: Member) -> Member:
    """A member of a tenant, as the store has it from now on."""
    change = Change("test", member.joined_at, member.email)
    members.add_member(tenant_id, member, change.entry(tenant_id, "member.joined", None, member.role))
    return next(each for each in members.list_members(tenant_id) if each.user_id == member.user_id)
