"""Ports for tenants, API keys, the audit log, sign-in, members and invitations.

Every method raises Unavailable if its store or service does not answer. A method that takes an audit entry stores its
receipt too, all or nothing, and raises AlreadyAnswered if the receipt in its place is not the one that it replaces.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.errors import Conflict
from shared.domain.limits.budgets import Budget, OnUnreadable
from shared.domain.limits.grants import Grant
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import PlanVersion
from shared.domain.notices.entries import Outgoing
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ApiKey
from shared.domain.people.members import Identity, Invitation, Member, Membership, ReceivedInvitation
from shared.domain.people.operators import Operator
from shared.domain.people.receipts import Receipt
from shared.domain.people.tenants import Tenant, TenantProfile
from shared.ports.pages import Page


class AlreadyAnswered(Conflict):
    """A request with the same Idempotency-Key has taken effect meanwhile; nothing was changed again."""

    code = "request_under_way"


class StaleTenant(Exception):
    """A tenant has changed since it was read: read it again and retry."""


class Directory(Protocol):
    """Tenants, their API keys and their audit log, and the receipts of requests that created something."""

    def create_tenant(self, tenant: Tenant, key: ApiKey | None, audit: AuditEntry) -> None:
        """Create the tenant, with its first key if it gets one; raise Conflict if the id is taken."""

    def find_tenant(self, tenant_id: str) -> Tenant | None:
        """Return the tenant, or None if it does not exist."""

    def find_tenants(self, tenant_ids: Collection[str]) -> list[Tenant]:
        """Return those of the tenants that exist, in any order, read in one round trip."""

    def set_plan(self, tenant_id: str, plan: PlanVersion, audit: AuditEntry) -> None:
        """Change the plan; raise NotFound if the tenant does not exist."""

    def find_key(self, key_id: str) -> ApiKey | None:
        """Return the key whose hash is `key_id`, even if it is revoked or expired."""

    def list_keys(self, tenant_id: str | None) -> list[ApiKey]:
        """Return all keys of the tenant, or the platform keys, oldest first, with the revoked and expired ones."""

    def save_keys(self, keys: Sequence[ApiKey], audit: AuditEntry) -> None:
        """Create or replace keys, all or none. Never undo a revocation, never change `last_used_at`."""

    def touch_key(self, key_id: str, used_at: datetime) -> None:
        """Set `last_used_at` of a key and nothing else; ignore an unknown key.

        Give up after a short wait, as this happens during a request.
        """

    def set_alert_recipients(
        self, tenant_id: str, emails: Sequence[str], audit: AuditEntry, version: object = None
    ) -> None:
        """Replace the alert recipients; raise NotFound if the tenant does not exist.

        Raise StaleTenant if anything of the tenant has changed since it had `version`; None overwrites. The same
        holds of every method that takes a version.
        """

    def set_takes_estimates(self, tenant_id: str, takes: bool | None, audit: AuditEntry) -> None:
        """Set whether the tenant's own cost estimates count; raise NotFound if the tenant does not exist."""

    def set_limits(
        self, tenant_id: str, overrides: LimitOverrides, audit: AuditEntry, version: object = None
    ) -> None:
        """Replace the tenant's own limits and thresholds; raise NotFound if the tenant does not exist."""

    def change_grants(
        self, tenant_id: str, added: Sequence[Grant], removed: Collection[str], audit: AuditEntry
    ) -> None:
        """Add grants and remove others by their ids; raise NotFound if the tenant does not exist.

        Grants that are not named stay as they are, also if they change at the same time.
        """

    def set_budgets(
        self, tenant_id: str, budgets: Sequence[Budget], audit: AuditEntry, version: object = None
    ) -> None:
        """Replace all budgets of the tenant; raise NotFound if it does not exist, StaleTenant if it has changed."""

    def set_on_unreadable(self, tenant_id: str, policy: OnUnreadable, audit: AuditEntry) -> None:
        """Set how a check is answered while usage cannot be read; raise NotFound if the tenant does not exist."""

    def set_time_zone(
        self, tenant_id: str, time_zone: str, audit: AuditEntry, version: object = None
    ) -> None:
        """Set the time zone of the tenant's dashboard; raise NotFound if the tenant does not exist."""

    def set_suspended_at(self, tenant_id: str, at: datetime | None, audit: AuditEntry) -> None:
        """Suspend the tenant, or with None resume it; raise NotFound if the tenant does not exist."""

    def set_ended_at(self, tenant_id: str, at: datetime | None, audit: AuditEntry) -> None:
        """End the tenant, or with None reopen it; raise NotFound if the tenant does not exist."""

    def set_profile(
        self, tenant_id: str, profile: TenantProfile, audit: AuditEntry, version: object = None
    ) -> None:
        """Replace the name and the metadata; raise NotFound if the tenant does not exist."""

    def list_audit(self, tenant_id: str | None, *, limit: int, cursor: str | None = None) -> Page[AuditEntry]:
        """Return a page of the audit log of a tenant, or of the platform, newest first.

        Raise InvalidInput for a bad cursor.
        """

    def find_receipt(self, receipt_id: str) -> Receipt | None:
        """Return the receipt, which may have expired, or None."""


class IdentityVerifier(Protocol):
    """The sign-in service."""

    def verify(self, token: str, now: datetime) -> Identity:
        """Return the holder of an ID token; tolerate clocks that differ by ten seconds.

        Raise NotAuthenticated (`not_authenticated`, `token_expired`, `token_revoked`) or Forbidden
        (`account_disabled`).
        """

    def find_user(self, email: str, now: datetime) -> Identity | None:
        """Return the account with this normalised address, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A member who is to be removed, as they were read."""

    member: Member
    remaining: Member | None
    """An owner who remains, if the member is an owner."""
    invitations: Sequence[Invitation]
    """The invitations that the member gave, which end with the membership."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's tenants and invitations, oldest first, and the person as an operator."""

    memberships: list[Membership]
    received: list[ReceivedInvitation]
    operator: Operator | None


class StaleMembers(Exception):
    """A member or an invitation has changed since it was read: read it again and retry."""


class Members(Protocol):
    """Members of tenants, and invitations."""

    def create_tenant_with_owner(self, tenant: Tenant, owner: Member, audit: AuditEntry) -> None:
        """Create the tenant with its first owner and no key; raise Conflict if the id is taken."""

    def create_tenant_with_invitation(
        self, tenant: Tenant, invitation: Invitation, outgoing: Outgoing, audits: Sequence[AuditEntry]
    ) -> None:
        """Create the tenant with the invitation of its first owner and the mail about it, and no key.

        Raise Conflict if the id is taken, StaleMembers if a quota has changed since it was read.
        """

    def find_membership(self, tenant_id: str, user_id: str) -> Membership | None:
        """Return the member and the tenant, read in one round trip."""

    def list_memberships(self, user_id: str) -> list[Membership]:
        """Return all memberships of a person, oldest first."""

    def read_profile(self, user_id: str, email: str | None) -> Profile:
        """Return the memberships of a person, the invitations of `email`, and the operator, in two round trips."""

    def list_members(self, tenant_id: str) -> list[Member]:
        """Return the tenant's members, oldest first."""

    def add_member(self, tenant_id: str, member: Member, audit: AuditEntry) -> None:
        """Add a member to an existing tenant; raise StaleMembers if the person is a member already."""

    def save_member(
        self, tenant_id: str, member: Member, remaining: Member | None, audit: AuditEntry
    ) -> None:
        """Replace a member; raise StaleMembers if the member or `remaining` has changed since it was read."""

    def remove_member(self, tenant_id: str, leaving: Leaving, audits: Sequence[AuditEntry]) -> None:
        """Remove a member with the invitations they gave.

        Raise StaleMembers if the member, or the owner who remains, has changed since they were read.
        """

    def list_invitations(self, tenant_id: str) -> list[Invitation]:
        """Return the tenant's pending invitations, oldest first, with the expired ones."""

    def list_received_invitations(self, email: str) -> list[ReceivedInvitation]:
        """Return the pending invitations of `email`, oldest first, with the expired ones."""

    def save_invitation(
        self, tenant_id: str, invitation: Invitation, outgoing: Outgoing, audit: AuditEntry
    ) -> None:
        """Create or replace the invitation of an address, with the mail about it.

        Raise StaleMembers if the mail exists already, or if a quota, or the earlier invitation whose version this one
        has, has changed since it was read.
        """

    def remove_invitation(self, tenant_id: str, invitation: Invitation, audit: AuditEntry) -> None:
        """Remove an invitation if it exists."""

    def accept_invitation(
        self, tenant_id: str, invitation: Invitation, member: Member, audit: AuditEntry
    ) -> None:
        """Replace an invitation with a member; raise StaleMembers if it has changed or the member exists."""


class Operators(Protocol):
    """The platform's own people."""

    def find_operator(self, user_id: str) -> Operator | None:
        """Return the operator with this account, or None."""

    def list_operators(self) -> list[Operator]:
        """Return all operators, oldest first."""

    def save_operator(self, operator: Operator, audit: AuditEntry) -> None:
        """Create or replace an operator."""

    def remove_operator(self, user_id: str, audit: AuditEntry) -> None:
        """Remove an operator if they exist."""
