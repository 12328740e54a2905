"""Add, change and remove members. A tenant always keeps an owner, even under concurrent changes."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import Conflict, NotFound, Unavailable
from shared.domain.people.members import Member, Role, remaining_owner, require_authority, valid_email
from shared.domain.people.tenants import Change
from shared.ports import Directory, IdentityVerifier, Leaving, Members, StaleMembers
from shared.usecases.people.authenticate import Access

MAX_TRIES = 10
"""The maximum number of attempts while other requests change the same members."""


@dataclass(frozen=True, slots=True)
class PeopleDependencies:
    """The stores of tenants and members, and the sign-in service."""

    directory: Directory
    identities: IdentityVerifier
    members: Members


@dataclass(frozen=True, slots=True)
class MemberRequest:
    """A member to add: the email address of an account, and a role."""

    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A new role for a member."""

    user_id: str
    role: Role


def add_member(people: PeopleDependencies, tenant_id: str, request: MemberRequest, change: Change) -> Member:
    """Add a member without an invitation; for operators, as a new tenant has nobody who could invite.

    Raise InvalidInput for a bad address, NotFound for an unknown tenant or account, Conflict for a member.
    """
    email = valid_email(request.email)
    if people.directory.find_tenant(tenant_id) is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    user = people.identities.find_user(email, change.at)
    if user is None:
        raise NotFound(f"email: there is no account with {email!r}: ask them to sign up first")
    member = Member(user_id=user.user_id, email=email, name=user.name, role=request.role, joined_at=change.at)
    entry = change.because(email).entry(tenant_id, "member.added", None, member.role)
    try:
        people.members.add_member(tenant_id, member, entry)
    except StaleMembers as error:
        raise Conflict(f"{email} is already a member of {tenant_id!r}", code="already_member") from error
    return member


def change_role(members: Members, access: Access, assigned: RoleAssignment, now: datetime) -> Member:
    """Return the member with the new role.

    Raise NotFound, Forbidden without the authority, Conflict for the last owner.
    """
    for _ in range(MAX_TRIES):
        everybody = members.list_members(access.tenant_id)
        current = _find(everybody, assigned.user_id)
        if current is None:
            raise _unknown(assigned.user_id)
        require_authority(access.role, {current.role, assigned.role})
        if current.role == assigned.role:
            return current
        changed = replace(current, role=assigned.role)
        remaining = remaining_owner(everybody, current)
        change = access.change(now).because(current.email)
        with suppress(StaleMembers):
            entry = change.entry(access.tenant_id, "member.changed", current.role, changed.role)
            members.save_member(access.tenant_id, changed, remaining, entry)
            return changed
    raise _contended()


def remove_member(members: Members, access: Access, user_id: str, now: datetime) -> None:
    """Remove a member, and withdraw the invitations they gave; members can always remove themselves.

    Raise NotFound, Forbidden without the authority, Conflict for the last owner.
    """
    is_own = access.member is not None and access.member.user_id == user_id
    for attempt in range(MAX_TRIES):
        everybody = members.list_members(access.tenant_id)
        leaving = _find(everybody, user_id)
        if leaving is None:
            if attempt:  # removed by our previous attempt, whose response was lost, or by another request
                return
            raise _unknown(user_id)
        if not is_own:
            require_authority(access.role, {leaving.role})
        remaining = remaining_owner(everybody, leaving)
        change = access.change(now).because(leaving.email)
        given = [
            each for each in members.list_invitations(access.tenant_id) if each.invited_by == leaving.email
        ]
        audits = [change.entry(access.tenant_id, "member.removed", leaving.role, None)]
        audits += [
            access.change(now)
            .because(each.email)
            .entry(access.tenant_id, "invitation.withdrawn", each.role, None)
            for each in given
        ]
        with suppress(StaleMembers):
            gone = Leaving(member=leaving, remaining=remaining, invitations=given)
            members.remove_member(access.tenant_id, gone, audits)
            return
    raise _contended()


def _find(members: Iterable[Member], user_id: str) -> Member | None:
    return next((member for member in members if member.user_id == user_id), None)


def _unknown(user_id: str) -> NotFound:
    return NotFound(f"this tenant has no member {user_id[:128]!r}")


def _contended() -> Unavailable:
    return Unavailable("too many requests are changing this tenant's members at once")
