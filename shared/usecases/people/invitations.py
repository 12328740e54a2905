"""Invite people to a tenant by email; the owner of the address accepts or declines."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import Conflict, Forbidden, NotFound, Unavailable
from shared.domain.notices.entries import (
    NOTHING_OUTGOING,
    Outgoing,
    mail_entries,
    refuse_used_up,
    unsolicited_mail_quotas,
)
from shared.domain.notices.mail_templates import Links, invitation_mail
from shared.domain.people.audit import Change, member_actor
from shared.domain.people.members import (
    MAX_INVITATIONS,
    Identity,
    Invitation,
    Member,
    Membership,
    ReceivedInvitation,
    new_member,
    require_authority,
)
from shared.domain.people.tenants import Tenant
from shared.domain.tenant_ids import is_tenant_id
from shared.domain.versions import require_version, version_of
from shared.ports import Members, Outbox, StaleMembers
from shared.usecases.people.authenticate import Access
from shared.usecases.people.manage_tenants import refuse_too_many_memberships
from shared.usecases.people.members import MAX_TRIES


@dataclass(frozen=True, slots=True)
class InvitationDependencies:
    """The stores of invitations and of mails about them, and the pages that the mails link to."""

    members: Members
    outbox: Outbox
    links: Links


@dataclass(frozen=True, slots=True)
class SentInvitation:
    """A stored invitation; `mailed` is False if its address had a mail of this tenant today already."""

    invitation: Invitation
    mailed: bool


def invite(
    stores: InvitationDependencies, access: Access, invitation: Invitation, version: str | None = None
) -> SentInvitation:
    """Store an invitation, replacing any earlier one of the same address, with the mail about it.

    An address gets one such mail a day from a tenant. Raise Forbidden without the authority, Conflict for a member,
    for too many invitations or for too many of them today, or if the earlier one does not have `version`.
    """
    for _ in range(MAX_TRIES):
        pending = stores.members.list_invitations(access.tenant_id)
        previous = next((each for each in pending if each.email == invitation.email), None)
        _refuse_too_many(pending, previous)
        require_authority(access.authority, {invitation.role, previous.role if previous else invitation.role})
        _refuse_member(stores.members.list_members(access.tenant_id), invitation.email)
        require_version(version, invitation_version(previous) if previous else None)
        outgoing = invitation_outgoing(stores, access.tenant, invitation)
        change = access.change(invitation.invited_at).because(invitation.email)
        before = previous.role if previous else None
        entry = change.entry(access.tenant_id, "member.invited", before, invitation.role)
        with suppress(StaleMembers):
            replacing = replace(invitation, version=previous.version if previous else None)
            stores.members.save_invitation(access.tenant_id, replacing, outgoing, entry)
            return SentInvitation(invitation, mailed=bool(outgoing.entries))
    raise Unavailable("too many requests are inviting people at once")


def invitation_version(invitation: Invitation) -> str:
    return version_of(invitation.role, invitation.invited_by, invitation.expires_at)


def invitation_outgoing(stores: InvitationDependencies, tenant: Tenant, invitation: Invitation) -> Outgoing:
    """Return the mail of an invitation with the quotas that it uses; nothing if it was sent today already."""
    now = invitation.invited_at
    mail = invitation_mail(tenant, invitation, stores.links)
    entries = mail_entries([mail], [now.date().isoformat()], tenant.id, now)
    if stores.outbox.known_entries([entry.id for entry in entries]):
        return NOTHING_OUTGOING
    quotas = unsolicited_mail_quotas(tenant.id, invitation.invited_by, invitation.email, now)
    uses = stores.outbox.read_quotas(quotas)
    refuse_used_up(uses)
    return Outgoing(entries=entries, quotas=uses)


def _refuse_member(members: Sequence[Member], email: str) -> None:
    if any(member.email == email for member in members):
        raise Conflict(f"{email} is already a member: change their role instead", code="already_member")


def _refuse_too_many(pending: Sequence[Invitation], previous: Invitation | None) -> None:
    """Raise Conflict at the maximum, because each invitation is an unsolicited mail."""
    if previous is None and len(pending) >= MAX_INVITATIONS:
        message = f"this tenant has {MAX_INVITATIONS} open invitations, the maximum: withdraw one first"
        raise Conflict(message, code="too_many_invitations")


def withdraw_invitation(members: Members, access: Access, invitation_id: str, now: datetime) -> None:
    """Withdraw an invitation; raise NotFound, or Forbidden without the authority."""
    pending = members.list_invitations(access.tenant_id)
    found = next((each for each in pending if each.id == invitation_id), None)
    if found is None:
        raise NotFound(f"this tenant has no invitation {invitation_id[:128]!r}")
    require_authority(access.authority, {found.role})
    change = access.change(now).because(found.email)
    entry = change.entry(access.tenant_id, "invitation.withdrawn", found.role, None)
    members.remove_invitation(access.tenant_id, found, entry)


def accept_invitation(members: Members, user: Identity, tenant_id: str, now: datetime) -> Membership:
    """Make `user` a member; return the existing membership if there is one.

    Raise NotFound without an invitation, Conflict if it has expired or the user belongs to too many tenants.
    """
    for _ in range(MAX_TRIES):
        membership = members.find_membership(tenant_id, user.user_id) if is_tenant_id(tenant_id) else None
        if membership is not None:
            return membership
        received = _find(members, user, tenant_id)
        if now >= received.invitation.expires_at:
            raise Conflict("this invitation has expired: ask for a new one", code="invitation_expired")
        refuse_too_many_memberships(members, user)
        try:
            return _join(members, user, received, now)
        except StaleMembers:
            continue
    raise Unavailable("too many requests are changing this invitation at once")


def _join(members: Members, user: Identity, received: ReceivedInvitation, now: datetime) -> Membership:
    tenant, invitation = received.tenant, received.invitation
    member = new_member(user, invitation.role, now)
    entry = _change_by_invited(invitation, now).entry(tenant.id, "member.joined", None, invitation.role)
    members.accept_invitation(tenant.id, invitation, member, entry)
    return Membership(tenant, member)


def decline_invitation(members: Members, user: Identity, tenant_id: str, now: datetime) -> None:
    """Decline an invitation; raise NotFound without one."""
    invitation = _find(members, user, tenant_id).invitation
    change = _change_by_invited(invitation, now)
    entry = change.entry(tenant_id, "invitation.declined", invitation.role, None)
    members.remove_invitation(tenant_id, invitation, entry)


def _change_by_invited(invitation: Invitation, now: datetime) -> Change:
    return Change(member_actor(invitation.email), now, invitation.email)


def _find(members: Members, user: Identity, tenant_id: str) -> ReceivedInvitation:
    if user.email is None or not user.email_verified:
        message = "verify your email address before you answer an invitation"
        raise Forbidden(message, code="email_not_verified")
    for received in members.list_received_invitations(user.email):
        if received.tenant.id == tenant_id:
            return received
    raise NotFound(f"you have no invitation to tenant {tenant_id[:64]!r}")
