"""Add, change and remove members. A tenant always keeps an owner, even under concurrent changes."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import Conflict, Forbidden, NotFound, Unavailable
from shared.domain.people.audit import Change
from shared.domain.people.members import (
    Identity,
    Member,
    Role,
    new_member,
    normalise_email,
    remaining_owner,
    require_authority,
    valid_email,
)
from shared.domain.versions import require_version, version_of
from shared.ports import Directory, IdentityVerifier, Leaving, Members, Profile, StaleMembers
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
    """A new role for a member, whose version its editor has read; None overwrites any."""

    user_id: str
    role: Role
    version: str | None = None


def add_member(people: PeopleDependencies, tenant_id: str, request: MemberRequest, change: Change) -> Member:
    """Add a member without an invitation; for operators, as a new tenant has nobody who could invite.

    Raise InvalidInput for a bad address, NotFound for an unknown tenant or account, Conflict for a member, Forbidden
    for an account whose address is not verified: it may be somebody else's.
    """
    email = valid_email(request.email)
    if people.directory.find_tenant(tenant_id) is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    user = verified_account(people.identities, email, change.at)
    member = new_member(user, request.role, change.at)
    entry = change.because(email).entry(tenant_id, "member.added", None, member.role)
    try:
        people.members.add_member(tenant_id, member, entry)
    except StaleMembers as error:
        raise Conflict(f"{email} is already a member of {tenant_id!r}", code="already_member") from error
    return member


def verified_account(identities: IdentityVerifier, email: str, now: datetime) -> Identity:
    """Return the account with this address.

    Raise InvalidInput for a bad address, NotFound for an unknown account, Forbidden if its address is not verified.
    """
    wanted = valid_email(email)
    user = identities.find_user(wanted, now)
    if user is None:
        raise NotFound(f"email: there is no account with {wanted!r}: ask them to sign up first")
    if not user.email_verified:
        message = f"email: {wanted!r} is not verified: ask its owner to follow the link we sent"
        raise Forbidden(message, code="email_not_verified")
    return user


def change_role(members: Members, access: Access, assigned: RoleAssignment, now: datetime) -> Member:
    """Return the member with the new role.

    Raise NotFound, Forbidden without the authority, Conflict for the last owner or if the role has changed meanwhile.
    """
    for _ in range(MAX_TRIES):
        everybody = members.list_members(access.tenant_id)
        current = _find(everybody, assigned.user_id)
        if current is None:
            raise _unknown(assigned.user_id)
        require_authority(access.authority, {current.role, assigned.role})
        require_version(assigned.version, role_version(current))
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


def read_profile(members: Members, user: Identity, now: datetime) -> Profile:
    """Return the tenants of `user` and, if their address is verified, what else they can do now.

    That is: join where they are invited and no member yet, and work as an operator.
    """
    if user.email is None or not user.email_verified:
        return Profile(members.list_memberships(user.user_id), [], None)
    profile = members.read_profile(user.user_id, user.email)
    joined = {each.tenant.id for each in profile.memberships}
    return replace(
        profile,
        received=[
            each
            for each in profile.received
            if now < each.invitation.expires_at and each.tenant.id not in joined
        ],
    )


def role_version(member: Member) -> str:
    return version_of(member.role)


def remove_member(members: Members, access: Access, user_id: str, now: datetime) -> Member:
    """Remove a member, withdraw the invitations they gave, and return the member; all can remove themselves.

    Raise NotFound, Forbidden without the authority, Conflict for the last owner.
    """
    is_own = access.member is not None and access.member.user_id == user_id

    def authorise(leaving: Member) -> None:
        if not is_own:
            require_authority(access.authority, {leaving.role})

    target = _Target(access.tenant_id, user_id, authorise)
    return _remove(members, target, access.change(now))


def remove_member_as_operator(members: Members, tenant_id: str, user: str, change: Change) -> Member:
    """Remove a member, found by id or address, withdraw the invitations they gave, and return the member.

    Raise NotFound, Conflict for the last owner, or if several members have the address.
    """
    email = normalise_email(user)
    found = [each for each in members.list_members(tenant_id) if user == each.user_id or email == each.email]
    if not found:
        raise _unknown(user)
    if len(found) > 1:
        ids = ", ".join(each.user_id for each in found)
        raise Conflict(f"several members have the address {email!r}: name one by its id: {ids}")
    return _remove(members, _Target(tenant_id, found[0].user_id, authorise=lambda _: None), change)


@dataclass(frozen=True, slots=True)
class _Target:
    """A member to remove; `authorise` raises Forbidden unless the caller may remove them as they are now."""

    tenant_id: str
    user_id: str
    authorise: Callable[[Member], None]


def _remove(members: Members, target: _Target, change: Change) -> Member:
    tenant_id, removed = target.tenant_id, None
    for _ in range(MAX_TRIES):
        everybody = members.list_members(tenant_id)
        leaving = _find(everybody, target.user_id)
        if leaving is None:
            if removed:  # by our previous attempt, whose response was lost, or by another request
                return removed
            raise _unknown(target.user_id)
        target.authorise(leaving)
        remaining = remaining_owner(everybody, leaving)
        given = [each for each in members.list_invitations(tenant_id) if each.invited_by == leaving.email]
        audits = [change.because(leaving.email).entry(tenant_id, "member.removed", leaving.role, None)]
        audits += [
            change.because(each.email).entry(tenant_id, "invitation.withdrawn", each.role, None)
            for each in given
        ]
        removed = leaving
        with suppress(StaleMembers):
            gone = Leaving(member=leaving, remaining=remaining, invitations=given)
            members.remove_member(tenant_id, gone, audits)
            return leaving
    raise _contended()


def _find(members: Iterable[Member], user_id: str) -> Member | None:
    return next((member for member in members if member.user_id == user_id), None)


def _unknown(user_id: str) -> NotFound:
    return NotFound(f"this tenant has no member {user_id[:128]!r}")


def _contended() -> Unavailable:
    return Unavailable("too many requests are changing this tenant's members at once")
