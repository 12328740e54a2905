"""Who is signed in, and who belongs to which tenant."""

from datetime import datetime
from typing import Protocol

from shared.domain.people.members import Identity, Invitation, Invite, Member, Seat
from shared.domain.people.tenants import AuditEntry, Tenant
from shared.ports.notices import Mail


class IdentityVerifier(Protocol):
    """Asks the sign-in service who somebody is."""

    def verify(self, token: str, now: datetime) -> Identity:
        """Who holds the ID token. NotAuthenticated (`not_authenticated`, `token_expired`, `token_revoked`), Forbidden
        (`account_disabled`), Unavailable. Clocks may differ by ten seconds."""

    def find_user(self, email: str, now: datetime) -> Identity | None:
        """Whose account has the normalised address, as it is at `now`; None if nobody's. Unavailable."""


class StaleMembers(Exception):
    """A member or an invite is not as it was read: read again."""


class Members(Protocol):
    """Holds who belongs to which tenant. Any method raises Unavailable when the store does not answer."""

    def found_tenant(self, tenant: Tenant, owner: Member, audit: AuditEntry) -> None:
        """Create a tenant with its first owner and without a key; Conflict if the id is taken."""

    def find_seat(self, tenant_id: str, user_id: str) -> Seat | None:
        """A member and its tenant, in one round trip."""

    def list_seats(self, user_id: str) -> list[Seat]:
        """The tenants that a person belongs to, oldest membership first."""

    def list_members(self, tenant_id: str) -> list[Member]:
        """The tenant's members, oldest first."""

    def add_member(self, tenant_id: str, member: Member, audit: AuditEntry) -> None:
        """Make somebody a member of an existing tenant; StaleMembers if they are one already."""

    def save_member(self, tenant_id: str, member: Member, staying: Member | None, audit: AuditEntry) -> None:
        """Replace a member; StaleMembers unless it, and `staying`, still are as they were read."""

    def remove_member(
        self, tenant_id: str, member: Member, staying: Member | None, audit: AuditEntry
    ) -> None:
        """Remove a member; StaleMembers as save_member."""

    def list_invites(self, tenant_id: str) -> list[Invite]:
        """The tenant's open invitations, expired ones too, oldest first."""

    def list_invitations(self, email: str) -> list[Invitation]:
        """The tenants that `email` is invited to, expired invitations too, oldest first."""

    def save_invite(self, tenant_id: str, invite: Invite, mail: Mail, audit: AuditEntry) -> None:
        """Invite, or invite again, and queue the mail that says so."""

    def remove_invite(self, tenant_id: str, invite: Invite, audit: AuditEntry) -> None:
        """Take an invitation back; harmless if there is none."""

    def accept_invite(self, tenant_id: str, invite: Invite, member: Member, audit: AuditEntry) -> None:
        """Turn an invite into a member; StaleMembers if the invite has changed or the member exists."""
