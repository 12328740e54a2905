"""Make somebody a member without an invitation: for operators, where nobody is there yet to invite."""

from dataclasses import dataclass

from shared.domain.errors import Conflict, NotFound
from shared.domain.people.members import Member, Role, valid_email
from shared.domain.people.tenants import Change
from shared.ports import Directory, IdentityVerifier, Members, StaleMembers


@dataclass(frozen=True, slots=True)
class PeopleDependencies:
    """The stores of tenants and of members, and the sign-in service that knows people's accounts."""

    directory: Directory
    identities: IdentityVerifier
    members: Members


@dataclass(frozen=True, slots=True)
class MemberRequest:
    """A member to be: the address of an account, and a role."""

    email: str
    role: Role


def add_member(people: PeopleDependencies, tenant_id: str, request: MemberRequest, change: Change) -> Member:
    """Return the new member.

    InvalidInput for what is no address, NotFound for an unknown tenant or account, Conflict for a member.
    """
    address = valid_email(request.email)
    if people.directory.find_tenant(tenant_id) is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    user = people.identities.find_user(address, change.at)
    if user is None:
        raise NotFound(f"email: nobody has an account with {address!r}; let them sign up first")
    member = Member(
        user_id=user.user_id, email=address, name=user.name, role=request.role, joined_at=change.at
    )
    entry = change.because(address).entry(tenant_id, "member.added", None, member.role)
    try:
        people.members.add_member(tenant_id, member, entry)
    except StaleMembers as error:
        raise Conflict(f"{address} is a member of {tenant_id!r} already", code="already_member") from error
    return member
