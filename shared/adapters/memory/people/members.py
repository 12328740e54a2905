"""Members on dictionaries."""

from collections.abc import Sequence
from dataclasses import replace

from shared.adapters.memory.state import MemoryState
from shared.domain.errors import Conflict
from shared.domain.notices.entries import Outgoing
from shared.domain.people.audit import AuditEntry
from shared.domain.people.members import Invitation, Member, Membership, ReceivedInvitation, email_id
from shared.domain.people.tenant_rows import new_row
from shared.domain.people.tenants import Tenant
from shared.ports import Leaving, Profile, StaleMembers


class MemoryMembers(MemoryState):
    """Members and invitations of tenants."""

    def create_tenant_with_owner(self, tenant: Tenant, owner: Member, audit: AuditEntry) -> None:
        with self._lock:
            if tenant.id in self._tenants:
                raise Conflict(f"tenant {tenant.id!r} exists already")
            self._save_member(tenant.id, owner, audit)
            self._tenants[tenant.id] = tenant
            self._rows[tenant.id] = new_row(tenant)

    def create_tenant_with_invitation(
        self, tenant: Tenant, invitation: Invitation, outgoing: Outgoing, audits: Sequence[AuditEntry]
    ) -> None:
        with self._lock:
            if tenant.id in self._tenants:
                raise Conflict(f"tenant {tenant.id!r} exists already")
            if not self._is_new(outgoing):
                raise StaleMembers
            *others, last = audits
            for audit in others:
                self._record(audit)
            self.save_invitation(tenant.id, invitation, outgoing, last)
            self._tenants[tenant.id] = tenant
            self._rows[tenant.id] = new_row(tenant)

    def find_membership(self, tenant_id: str, user_id: str) -> Membership | None:
        with self._lock:
            tenant, member = self._tenants.get(tenant_id), self._members.get(tenant_id, {}).get(user_id)
            return Membership(tenant, member) if tenant and member else None

    def list_memberships(self, user_id: str) -> list[Membership]:
        with self._lock:
            found = [self.find_membership(tenant_id, user_id) for tenant_id in self._tenants]
            return sorted(filter(None, found), key=lambda each: (each.member.joined_at, each.tenant.id))

    def read_profile(self, user_id: str, email: str | None) -> Profile:
        with self._lock:
            received = self.list_received_invitations(email) if email else []
            return Profile(self.list_memberships(user_id), received, self._operators.get(user_id))

    def list_members(self, tenant_id: str) -> list[Member]:
        with self._lock:
            members = self._members.get(tenant_id, {}).values()
            return sorted(members, key=lambda member: (member.joined_at, member.user_id))

    def add_member(self, tenant_id: str, member: Member, audit: AuditEntry) -> None:
        with self._lock:
            if member.user_id in self._members.get(tenant_id, {}):
                raise StaleMembers
            self._save_member(tenant_id, member, audit)

    def save_member(
        self, tenant_id: str, member: Member, remaining: Member | None, audit: AuditEntry
    ) -> None:
        with self._lock:
            self._refuse_stale_members(tenant_id, member, remaining)
            self._save_member(tenant_id, member, audit)

    def remove_member(self, tenant_id: str, leaving: Leaving, audits: Sequence[AuditEntry]) -> None:
        with self._lock:
            self._refuse_stale_members(tenant_id, leaving.member, leaving.remaining)
            for audit in audits:
                self._record(audit)
            del self._members[tenant_id][leaving.member.user_id]
            for invitation in leaving.invitations:
                self._invitations.get(tenant_id, {}).pop(invitation.id, None)

    def list_invitations(self, tenant_id: str) -> list[Invitation]:
        with self._lock:
            invitations = self._invitations.get(tenant_id, {}).values()
            return sorted(invitations, key=lambda invitation: (invitation.invited_at, invitation.email))

    def list_received_invitations(self, email: str) -> list[ReceivedInvitation]:
        with self._lock:
            invitation_id = email_id(email)
            found = [
                ReceivedInvitation(self._tenants[tenant_id], invitations[invitation_id])
                for tenant_id, invitations in self._invitations.items()
                if invitation_id in invitations and tenant_id in self._tenants
            ]
            return sorted(found, key=lambda each: (each.invitation.invited_at, each.tenant.id))

    def save_invitation(
        self, tenant_id: str, invitation: Invitation, outgoing: Outgoing, audit: AuditEntry
    ) -> None:
        with self._lock:
            invitations = self._invitations.setdefault(tenant_id, {})
            stored = invitations.get(invitation.id)
            if not self._is_new(outgoing) or invitation.version not in (None, stored and stored.version):
                raise StaleMembers
            self._record(audit)
            invitations[invitation.id] = replace(invitation, version=self._next_version())
            self._put_outgoing(outgoing)

    def remove_invitation(self, tenant_id: str, invitation: Invitation, audit: AuditEntry) -> None:
        with self._lock:
            self._record(audit)
            self._invitations.get(tenant_id, {}).pop(invitation.id, None)

    def accept_invitation(
        self, tenant_id: str, invitation: Invitation, member: Member, audit: AuditEntry
    ) -> None:
        with self._lock:
            stored = self._invitations.get(tenant_id, {}).get(invitation.id)
            if stored is None or stored.version != invitation.version:
                raise StaleMembers
            if member.user_id in self._members.get(tenant_id, {}):
                raise StaleMembers
            self._save_member(tenant_id, member, audit)
            del self._invitations[tenant_id][invitation.id]

    def _save_member(self, tenant_id: str, member: Member, audit: AuditEntry) -> None:
        self._record(audit)
        members = self._members.setdefault(tenant_id, {})
        members[member.user_id] = replace(member, version=self._next_version())

    def _refuse_stale_members(self, tenant_id: str, *read: Member | None) -> None:
        members = self._members.get(tenant_id, {})
        for member in read:
            stored = members.get(member.user_id) if member else None
            if member and (stored is None or stored.version != member.version):
                raise StaleMembers
