"""Members on dictionaries."""

from dataclasses import replace

from shared.adapters.memory.state import MemoryState
from shared.domain.errors import Conflict
from shared.domain.people.members import Invitation, Invite, Member, Seat, email_id
from shared.domain.people.tenants import AuditEntry, Tenant
from shared.ports import Mail, StaleMembers


class MemoryMembers(MemoryState):
    """The members and the invitations of tenants."""

    def found_tenant(self, tenant: Tenant, owner: Member, audit: AuditEntry) -> None:
        with self._lock:
            if tenant.id in self._tenants:
                raise Conflict(f"tenant {tenant.id!r} exists already")
            self._tenants[tenant.id] = tenant
            self._seat(tenant.id, owner, audit)

    def find_seat(self, tenant_id: str, user_id: str) -> Seat | None:
        with self._lock:
            tenant, member = self._tenants.get(tenant_id), self._members.get(tenant_id, {}).get(user_id)
            return Seat(tenant, member) if tenant and member else None

    def list_seats(self, user_id: str) -> list[Seat]:
        with self._lock:
            found = [self.find_seat(tenant_id, user_id) for tenant_id in self._tenants]
            seats = [seat for seat in found if seat]
            return sorted(seats, key=lambda seat: (seat.member.joined_at, seat.tenant.id))

    def list_members(self, tenant_id: str) -> list[Member]:
        with self._lock:
            members = self._members.get(tenant_id, {}).values()
            return sorted(members, key=lambda member: (member.joined_at, member.user_id))

    def add_member(self, tenant_id: str, member: Member, audit: AuditEntry) -> None:
        with self._lock:
            if member.user_id in self._members.get(tenant_id, {}):
                raise StaleMembers
            self._seat(tenant_id, member, audit)

    def save_member(self, tenant_id: str, member: Member, staying: Member | None, audit: AuditEntry) -> None:
        with self._lock:
            self._refuse_moved(tenant_id, member, staying)
            self._seat(tenant_id, member, audit)

    def remove_member(
        self, tenant_id: str, member: Member, staying: Member | None, audit: AuditEntry
    ) -> None:
        with self._lock:
            self._refuse_moved(tenant_id, member, staying)
            del self._members[tenant_id][member.user_id]
            self._audit.append(audit)

    def list_invites(self, tenant_id: str) -> list[Invite]:
        with self._lock:
            invites = self._invites.get(tenant_id, {}).values()
            return sorted(invites, key=lambda invite: (invite.invited_at, invite.email))

    def list_invitations(self, email: str) -> list[Invitation]:
        with self._lock:
            invited = email_id(email)
            found = [
                Invitation(self._tenants[tenant_id], invites[invited])
                for tenant_id, invites in self._invites.items()
                if invited in invites and tenant_id in self._tenants
            ]
            return sorted(found, key=lambda each: (each.invite.invited_at, each.tenant.id))

    def save_invite(self, tenant_id: str, invite: Invite, mail: Mail, audit: AuditEntry) -> None:
        with self._lock:
            invites = self._invites.setdefault(tenant_id, {})
            invites[invite.id] = replace(invite, version=self._next_version())
            self.mails.append(mail)
            self._audit.append(audit)

    def remove_invite(self, tenant_id: str, invite: Invite, audit: AuditEntry) -> None:
        with self._lock:
            self._invites.get(tenant_id, {}).pop(invite.id, None)
            self._audit.append(audit)

    def accept_invite(self, tenant_id: str, invite: Invite, member: Member, audit: AuditEntry) -> None:
        with self._lock:
            kept = self._invites.get(tenant_id, {}).get(invite.id)
            if kept is None or kept.version != invite.version:
                raise StaleMembers
            if member.user_id in self._members.get(tenant_id, {}):
                raise StaleMembers
            del self._invites[tenant_id][invite.id]
            self._seat(tenant_id, member, audit)

    def _seat(self, tenant_id: str, member: Member, audit: AuditEntry) -> None:
        members = self._members.setdefault(tenant_id, {})
        members[member.user_id] = replace(member, version=self._next_version())
        self._audit.append(audit)

    def _refuse_moved(self, tenant_id: str, *read: Member | None) -> None:
        members = self._members.get(tenant_id, {})
        for member in read:
            kept = members.get(member.user_id) if member else None
            if member and (kept is None or kept.version != member.version):
                raise StaleMembers

    def _next_version(self) -> int:
        self._versions += 1
        return self._versions
