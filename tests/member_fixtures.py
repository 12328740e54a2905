"""Members for tests, added without an invitation."""

from shared.domain.people.audit import Change
from shared.domain.people.members import Member
from shared.ports import Members


def add_member(members: Members, tenant_id: str, member: Member) -> Member:
    """Add a member and return it with its version in the store."""
    change = Change("test", member.joined_at, member.email)
    members.add_member(tenant_id, member, change.entry(tenant_id, "member.joined", None, member.role))
    return next(each for each in members.list_members(tenant_id) if each.user_id == member.user_id)
