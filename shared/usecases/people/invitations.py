"""Invite people into a tenant by email, and let the owner of the address accept or decline."""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.errors import Conflict, Forbidden, NotFound, Unavailable
from shared.domain.people.members import (
    MAX_INVITES,
    Identity,
    Invitation,
    Invite,
    Member,
    Seat,
    is_tenant_id,
    require_authority,
)
from shared.domain.people.tenants import Change, Tenant
from shared.ports import Mail, Members, StaleMembers
from shared.usecases.people.authenticate import Access
from shared.usecases.people.create_own_tenant import refuse_another_seat
from shared.usecases.people.manage_members import MAX_TRIES


def invite(members: Members, access: Access, invited: Invite, web_origin: str) -> Invite:
    """Store an invitation, which replaces a former one of the same address, and queue the mail about it.

    Forbidden without the authority, Conflict for a member or one invitation too many.
    """
    invites = members.list_invites(access.tenant_id)
    former = next((each for each in invites if each.email == invited.email), None)
    _refuse_too_many(invites, former)
    require_authority(access.role, {invited.role, former.role if former else invited.role})
    if any(member.email == invited.email for member in members.list_members(access.tenant_id)):
        raise Conflict(f"{invited.email} is a member already: change the role there", code="already_member")
    change = access.change(invited.invited_at).because(invited.email)
    entry = change.entry(access.tenant_id, "member.invited", former.role if former else None, invited.role)
    members.save_invite(access.tenant_id, invited, _mail(access.tenant, invited, web_origin), entry)
    return invited


def _refuse_too_many(invites: Sequence[Invite], former: Invite | None) -> None:
    """Each invitation is a mail to somebody who has not asked for it."""
    if former is None and len(invites) >= MAX_INVITES:
        message = f"this tenant has {MAX_INVITES} open invitations: withdraw one first"
        raise Conflict(message, code="too_many_invitations")


def withdraw_invite(members: Members, access: Access, invite_id: str, now: datetime) -> None:
    """Take an invitation back; NotFound, Forbidden without the authority."""
    found = next((each for each in members.list_invites(access.tenant_id) if each.id == invite_id), None)
    if found is None:
        raise NotFound(f"this tenant has no invitation {invite_id[:128]!r}")
    require_authority(access.role, {found.role})
    change = access.change(now).because(found.email)
    entry = change.entry(access.tenant_id, "invitation.withdrawn", found.role, None)
    members.remove_invite(access.tenant_id, found, entry)


def open_invitations(members: Members, user: Identity, now: datetime) -> list[Invitation]:
    """Return the invitations that `user` can accept now; none unless the address is proven."""
    if user.email is None or not user.email_verified:
        return []
    found = members.list_invitations(user.email)
    return [invitation for invitation in found if now < invitation.invite.expires_at]


def accept_invitation(members: Members, user: Identity, tenant_id: str, now: datetime) -> Seat:
    """Make `user` a member and return the membership, which may exist already.

    NotFound without an invitation, Conflict for one that has expired, and for a person with too many tenants.
    """
    for _ in range(MAX_TRIES):
        seat = members.find_seat(tenant_id, user.user_id) if is_tenant_id(tenant_id) else None
        if seat is not None:
            return seat
        invitation = _find(members, user, tenant_id)
        if now >= invitation.invite.expires_at:
            raise Conflict("the invitation has expired: ask for another one", code="invitation_expired")
        refuse_another_seat(members, user)
        try:
            return _take_seat(members, user, invitation, now)
        except StaleMembers:
            continue
    raise Unavailable("this invitation is being changed by many requests at once")


def _take_seat(members: Members, user: Identity, invitation: Invitation, now: datetime) -> Seat:
    tenant, invited = invitation.tenant, invitation.invite
    member = Member(
        user_id=user.user_id, email=invited.email, name=user.name, role=invited.role, joined_at=now
    )
    entry = _change_by(invited, now).entry(tenant.id, "member.joined", None, invited.role)
    members.accept_invite(tenant.id, invited, member, entry)
    return Seat(tenant, member)


def decline_invitation(members: Members, user: Identity, tenant_id: str, now: datetime) -> None:
    """Refuse an invitation; NotFound without one."""
    invited = _find(members, user, tenant_id).invite
    entry = _change_by(invited, now).entry(tenant_id, "invitation.declined", invited.role, None)
    members.remove_invite(tenant_id, invited, entry)


def _change_by(invited: Invite, now: datetime) -> Change:
    """Return a change that the owner of the invited address makes."""
    return Change(f"member:{invited.email}", now, invited.email)


def _find(members: Members, user: Identity, tenant_id: str) -> Invitation:
    if user.email is None or not user.email_verified:
        raise Forbidden("an invitation is for who has proven to own its address", code="email_not_verified")
    for invitation in members.list_invitations(user.email):
        if invitation.tenant.id == tenant_id:
            return invitation
    raise NotFound(f"there is no invitation for you to tenant {tenant_id[:64]!r}")


def _mail(tenant: Tenant, invited: Invite, web_origin: str) -> Mail:
    text = (
        f"{invited.invited_by} invites you to {tenant.name} on GWI Usage, as {invited.role}. "
        f"To accept, sign in as {invited.email} until {invited.expires_at:%d %B %Y}: {web_origin}/"
    )
    return Mail(to=invited.email, subject=f"Invitation to {tenant.name}", text=text)
