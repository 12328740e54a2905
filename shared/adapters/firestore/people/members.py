"""Members on Firestore: each change is one commit, guarded by the versions of what was read before it."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.billing.documents import mail_fields
from shared.adapters.firestore.encoding import Write, get_fields, set_value
from shared.adapters.firestore.people.tenants import (
    audit_fields,
    create_write,
    delete_write,
    read_tenant,
    set_write,
    tenant_fields,
)
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import Conflict
from shared.domain.people.members import Invitation, Invite, Member, Seat, email_id
from shared.domain.people.tenants import AuditEntry, Tenant
from shared.ports import Mail, StaleMembers

_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)
_POINTED = "tenants"
"""The field of the documents that only point: the tenant's own documents are the truth."""


class FirestoreMembers:
    """Members on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def found_tenant(self, tenant: Tenant, owner: Member, audit: AuditEntry) -> None:
        entry = self._audit_write(audit)
        writes = [
            create_write(self._tenant(tenant.id), tenant_fields(tenant)),
            create_write(self._member(tenant.id, owner.user_id), _member_fields(owner)),
            _point(self._user(owner.user_id), tenant.id),
        ]
        try:
            self._rpc.commit([*writes, entry])
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.ALREADY_EXISTS:
                raise
            # The entry's id is ours alone: if it is there, an attempt whose answer was lost created the tenant.
            if not self._rpc.batch_get([entry.update.name]):
                raise Conflict(f"tenant {tenant.id!r} exists already") from error

    def find_seat(self, tenant_id: str, user_id: str) -> Seat | None:
        seats = self._seats([tenant_id], user_id)
        return seats[0] if seats else None

    def list_seats(self, user_id: str) -> list[Seat]:
        seats = self._seats(self._pointed(self._user(user_id)), user_id)
        return sorted(seats, key=lambda seat: (seat.member.joined_at, seat.tenant.id))

    def list_members(self, tenant_id: str) -> list[Member]:
        found = self._rpc.query(self._tenant(tenant_id), queries.all_of("members"))
        members = [_read_member(document) for document in found]
        return sorted(members, key=lambda member: (member.joined_at, member.user_id))

    def add_member(self, tenant_id: str, member: Member, audit: AuditEntry) -> None:
        create = create_write(self._member(tenant_id, member.user_id), _member_fields(member))
        self._commit_guarded([create, _point(self._user(member.user_id), tenant_id)], audit)

    def save_member(self, tenant_id: str, member: Member, staying: Member | None, audit: AuditEntry) -> None:
        write = set_write(self._member(tenant_id, member.user_id), _member_fields(member))
        self._commit_guarded([_guarded(write, member.version), *self._unmoved(tenant_id, staying)], audit)

    def remove_member(
        self, tenant_id: str, member: Member, staying: Member | None, audit: AuditEntry
    ) -> None:
        write = delete_write(self._member(tenant_id, member.user_id))
        unpoint = _unpoint(self._user(member.user_id), tenant_id)
        self._commit_guarded(
            [_guarded(write, member.version), unpoint, *self._unmoved(tenant_id, staying)], audit
        )

    def list_invites(self, tenant_id: str) -> list[Invite]:
        found = self._rpc.query(self._tenant(tenant_id), queries.all_of("invites"))
        return sorted(map(_read_invite, found), key=lambda invite: (invite.invited_at, invite.email))

    def list_invitations(self, email: str) -> list[Invitation]:
        invited = email_id(email)
        tenant_ids = self._pointed(self._invited(invited))
        pairs = {each: (self._tenant(each), self._invite(each, invited)) for each in tenant_ids}
        found = self._rpc.batch_get([name for pair in pairs.values() for name in pair]) if pairs else {}
        invitations = [
            Invitation(read_tenant(found[tenant]), _read_invite(found[invite]))
            for tenant, invite in pairs.values()
            if tenant in found and invite in found
        ]
        return sorted(invitations, key=lambda each: (each.invite.invited_at, each.tenant.id))

    def save_invite(self, tenant_id: str, invite: Invite, mail: Mail, audit: AuditEntry) -> None:
        mail_name = f"{self._rpc.documents}/mail/{uuid4().hex}"
        self._rpc.commit(
            [
                set_write(self._invite(tenant_id, invite.id), _invite_fields(invite)),
                _point(self._invited(invite.id), tenant_id),
                set_write(mail_name, mail_fields(mail, tenant_id, audit.at)),
                self._audit_write(audit),
            ]
        )

    def remove_invite(self, tenant_id: str, invite: Invite, audit: AuditEntry) -> None:
        self._rpc.commit(
            [
                delete_write(self._invite(tenant_id, invite.id)),
                _unpoint(self._invited(invite.id), tenant_id),
                self._audit_write(audit),
            ]
        )

    def accept_invite(self, tenant_id: str, invite: Invite, member: Member, audit: AuditEntry) -> None:
        writes = [
            _guarded(delete_write(self._invite(tenant_id, invite.id)), invite.version),
            _unpoint(self._invited(invite.id), tenant_id),
            create_write(self._member(tenant_id, member.user_id), _member_fields(member)),
            _point(self._user(member.user_id), tenant_id),
        ]
        self._commit_guarded(writes, audit)

    def _commit_guarded(self, writes: Iterable[Any], audit: AuditEntry) -> None:
        try:
            self._rpc.commit([*writes, self._audit_write(audit)])
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StaleMembers from error
            raise

    def _unmoved(self, tenant_id: str, staying: Member | None) -> list[Any]:
        """Return a write that changes nothing, and fails if the member is not as it was read."""
        if staying is None:
            return []
        return [_guarded(_untouched(self._member(tenant_id, staying.user_id)), staying.version)]

    def _seats(self, tenant_ids: Iterable[str], user_id: str) -> list[Seat]:
        pairs = [(self._tenant(each), self._member(each, user_id)) for each in tenant_ids]
        found = self._rpc.batch_get([name for pair in pairs for name in pair]) if pairs else {}
        return [
            Seat(read_tenant(found[tenant]), _read_member(found[member]))
            for tenant, member in pairs
            if tenant in found and member in found
        ]

    def _pointed(self, name: str) -> list[str]:
        document = self._rpc.batch_get([name]).get(name)
        return list(get_fields(document.fields).get(_POINTED, ())) if document else []

    def _tenant(self, tenant_id: str) -> str:
        return f"{self._rpc.documents}/tenants/{tenant_id}"

    def _member(self, tenant_id: str, user_id: str) -> str:
        return f"{self._tenant(tenant_id)}/members/{user_id}"

    def _invite(self, tenant_id: str, invite_id: str) -> str:
        return f"{self._tenant(tenant_id)}/invites/{invite_id}"

    def _user(self, user_id: str) -> str:
        return f"{self._rpc.documents}/users/{user_id}"

    def _invited(self, invite_id: str) -> str:
        return f"{self._rpc.documents}/invitations/{invite_id}"

    def _audit_write(self, entry: AuditEntry) -> Any:
        return set_write(f"{self._tenant(entry.tenant_id)}/audit/{uuid4().hex}", audit_fields(entry))


def _guarded(write: Any, version: Any) -> Any:
    """Let `write` fail unless the document has the version that was read."""
    write.current_document.update_time.CopyFrom(version)
    return write


def _point(name: str, tenant_id: str) -> Any:
    """Return a write that adds a tenant to those that a document points to."""
    write = _untouched(name)
    set_value(
        write.update_transforms.add(field_path=_POINTED).append_missing_elements.values.add(), tenant_id
    )
    return write


def _unpoint(name: str, tenant_id: str) -> Any:
    """Return a write that takes a tenant from those that a document points to."""
    write = _untouched(name)
    set_value(write.update_transforms.add(field_path=_POINTED).remove_all_from_array.values.add(), tenant_id)
    return write


def _untouched(name: str) -> Any:
    """Return a write that sets no field by itself."""
    write = Write()
    write.update.name = name
    write.update_mask.SetInParent()
    return write


def _member_fields(member: Member) -> dict[str, object]:
    return {
        "role": member.role,
        "email": member.email,
        "name": member.name,
        "joined_at": member.joined_at,
    }


def _read_member(document: Any) -> Member:
    user_id = document.name.rpartition("/")[2]
    return Member(user_id=user_id, version=document.update_time, **get_fields(document.fields))


def _invite_fields(invite: Invite) -> dict[str, object]:
    return {
        "email": invite.email,
        "role": invite.role,
        "invited_by": invite.invited_by,
        "invited_at": invite.invited_at,
        "expires_at": invite.expires_at,
    }


def _read_invite(document: Any) -> Invite:
    return Invite(version=document.update_time, **get_fields(document.fields))
