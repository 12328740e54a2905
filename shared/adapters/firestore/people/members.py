"""Members on Firestore. Each change is one commit with preconditions on the versions that were read."""

from collections.abc import Iterable, Sequence
from typing import Any

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import Write, get_fields, read_as, set_value
from shared.adapters.firestore.notices.documents import outgoing_writes
from shared.adapters.firestore.people.commits import commit_audited
from shared.adapters.firestore.people.operators import operator_name, read_operator
from shared.adapters.firestore.people.tenant_rows import commit_new_tenant
from shared.adapters.firestore.people.tenants import (
    create_write,
    delete_write,
    read_tenant,
    set_write,
)
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import Conflict
from shared.domain.notices.entries import Outgoing
from shared.domain.people.audit import AuditEntry
from shared.domain.people.members import Invitation, Member, Membership, ReceivedInvitation, email_id
from shared.domain.people.tenants import Tenant
from shared.ports import AlreadyAnswered, Leaving, Profile, StaleMembers

_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)
_TENANT_IDS = "tenants"
"""The field of users and invitations that points to tenants, whose own documents decide."""


class FirestoreMembers:
    """Members on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def create_tenant_with_owner(self, tenant: Tenant, owner: Member, audit: AuditEntry) -> None:
        writes = [
            create_write(self._member(tenant.id, owner.user_id), _member_fields(owner)),
            _add_pointer(self._user(owner.user_id), tenant.id),
        ]
        commit_new_tenant(self._rpc, tenant, [audit], writes)

    def create_tenant_with_invitation(
        self, tenant: Tenant, invitation: Invitation, outgoing: Outgoing, audits: Sequence[AuditEntry]
    ) -> None:
        try:
            commit_new_tenant(self._rpc, tenant, audits, self._invite(tenant.id, invitation, outgoing))
        except AlreadyAnswered:
            raise
        except (Conflict, grpc.RpcError) as error:
            if isinstance(error, grpc.RpcError) and error.code() not in _STALE:
                raise
            # The refusal does not say of which write: the mail and its quotas have conditions too.
            if self._rpc.batch_get([self._tenant(tenant.id)]):
                raise Conflict(f"tenant {tenant.id!r} exists already") from error
            raise StaleMembers from error

    def find_membership(self, tenant_id: str, user_id: str) -> Membership | None:
        return next(iter(self._memberships([tenant_id], user_id)), None)

    def list_memberships(self, user_id: str) -> list[Membership]:
        return _oldest_first(self._memberships(self._tenant_ids(self._user(user_id)), user_id))

    def read_profile(self, user_id: str, email: str | None) -> Profile:
        user, operator = self._user(user_id), operator_name(self._rpc.documents, user_id)
        invitation_id = email_id(email) if email else ""
        invited = [self._invited_address(invitation_id)] if email else []
        found = self._rpc.batch_get([user, operator, *invited])
        joined = [(self._tenant(each), self._member(each, user_id)) for each in _pointers(found.get(user))]
        asked = [
            (self._tenant(each), self._invitation(each, invitation_id))
            for name in invited
            for each in _pointers(found.get(name))
        ]
        documents = self._existing([*joined, *asked])
        return Profile(
            _oldest_first(_membership(*documents[pair]) for pair in joined if pair in documents),
            _first_asked_first(_received(*documents[pair]) for pair in asked if pair in documents),
            read_operator(found[operator]) if operator in found else None,
        )

    def list_members(self, tenant_id: str) -> list[Member]:
        found = self._rpc.query(self._tenant(tenant_id), queries.all_of("members"))
        members = [_read_member(document) for document in found]
        return sorted(members, key=lambda member: (member.joined_at, member.user_id))

    def add_member(self, tenant_id: str, member: Member, audit: AuditEntry) -> None:
        create = create_write(self._member(tenant_id, member.user_id), _member_fields(member))
        self._commit_checked([create, _add_pointer(self._user(member.user_id), tenant_id)], [audit])

    def save_member(
        self, tenant_id: str, member: Member, remaining: Member | None, audit: AuditEntry
    ) -> None:
        write = set_write(self._member(tenant_id, member.user_id), _member_fields(member))
        self._commit_checked(
            [_if_unchanged(write, member.version), *self._check_unchanged(tenant_id, remaining)], [audit]
        )

    def remove_member(self, tenant_id: str, leaving: Leaving, audits: Sequence[AuditEntry]) -> None:
        member = leaving.member
        write = delete_write(self._member(tenant_id, member.user_id))
        writes = [
            _if_unchanged(write, member.version),
            remove_pointer(self._user(member.user_id), tenant_id),
            *self._check_unchanged(tenant_id, leaving.remaining),
            *(write for each in leaving.invitations for write in self._end_invitation(tenant_id, each)),
        ]
        self._commit_checked(writes, audits)

    def list_invitations(self, tenant_id: str) -> list[Invitation]:
        found = self._rpc.query(self._tenant(tenant_id), queries.all_of("invites"))
        return sorted(map(_read_invitation, found), key=lambda each: (each.invited_at, each.email))

    def list_received_invitations(self, email: str) -> list[ReceivedInvitation]:
        invitation_id = email_id(email)
        tenant_ids = self._tenant_ids(self._invited_address(invitation_id))
        pairs = [(self._tenant(each), self._invitation(each, invitation_id)) for each in tenant_ids]
        return _first_asked_first(_received(*both) for both in self._existing(pairs).values())

    def save_invitation(
        self, tenant_id: str, invitation: Invitation, outgoing: Outgoing, audit: AuditEntry
    ) -> None:
        self._commit_checked(self._invite(tenant_id, invitation, outgoing), [audit])

    def _invite(self, tenant_id: str, invitation: Invitation, outgoing: Outgoing) -> list[Any]:
        write = set_write(self._invitation(tenant_id, invitation.id), _invitation_fields(invitation))
        return [
            _if_unchanged(write, invitation.version) if invitation.version else write,
            self._invited(invitation, tenant_id),
            *outgoing_writes(self._rpc.documents, outgoing),
        ]

    def _invited(self, invitation: Invitation, tenant_id: str) -> Any:
        """Return a write that points from an address to a tenant, until its last invitation has expired."""
        write = _add_pointer(self._invited_address(invitation.id), tenant_id)
        set_value(write.update.fields["expire_at"], invitation.expires_at)
        write.update_mask.field_paths.append("expire_at")
        return write

    def remove_invitation(self, tenant_id: str, invitation: Invitation, audit: AuditEntry) -> None:
        commit_audited(self._rpc, self._end_invitation(tenant_id, invitation), audit)

    def _end_invitation(self, tenant_id: str, invitation: Invitation) -> list[Any]:
        return [
            delete_write(self._invitation(tenant_id, invitation.id)),
            remove_pointer(self._invited_address(invitation.id), tenant_id),
        ]

    def accept_invitation(
        self, tenant_id: str, invitation: Invitation, member: Member, audit: AuditEntry
    ) -> None:
        writes = [
            _if_unchanged(delete_write(self._invitation(tenant_id, invitation.id)), invitation.version),
            remove_pointer(self._invited_address(invitation.id), tenant_id),
            create_write(self._member(tenant_id, member.user_id), _member_fields(member)),
            _add_pointer(self._user(member.user_id), tenant_id),
        ]
        self._commit_checked(writes, [audit])

    def _commit_checked(self, writes: Iterable[Any], audits: Iterable[AuditEntry]) -> None:
        try:
            commit_audited(self._rpc, writes, *audits)
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StaleMembers from error
            raise

    def _check_unchanged(self, tenant_id: str, remaining: Member | None) -> list[Any]:
        """Return a write that changes nothing and fails if the member has changed since it was read."""
        if remaining is None:
            return []
        return [_if_unchanged(_empty_update(self._member(tenant_id, remaining.user_id)), remaining.version)]

    def _memberships(self, tenant_ids: Iterable[str], user_id: str) -> list[Membership]:
        pairs = [(self._tenant(each), self._member(each, user_id)) for each in tenant_ids]
        return [_membership(*both) for both in self._existing(pairs).values()]

    def _existing(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[Any, Any]]:
        """Return the documents of each pair of names of which both exist, read in one round trip."""
        names = dict.fromkeys(name for pair in pairs for name in pair)
        found = self._rpc.batch_get(list(names)) if names else {}
        return {
            (one, other): (found[one], found[other])
            for one, other in pairs
            if one in found and other in found
        }

    def _tenant_ids(self, name: str) -> list[str]:
        return _pointers(self._rpc.batch_get([name]).get(name))

    def _tenant(self, tenant_id: str) -> str:
        return f"{self._rpc.documents}/tenants/{tenant_id}"

    def _member(self, tenant_id: str, user_id: str) -> str:
        return f"{self._tenant(tenant_id)}/members/{user_id}"

    def _invitation(self, tenant_id: str, invitation_id: str) -> str:
        return f"{self._tenant(tenant_id)}/invites/{invitation_id}"

    def _user(self, user_id: str) -> str:
        return f"{self._rpc.documents}/users/{user_id}"

    def _invited_address(self, invitation_id: str) -> str:
        return f"{self._rpc.documents}/invitations/{invitation_id}"


def _pointers(document: Any) -> list[str]:
    """Return the tenants to which the document of a user or of an invited address points."""
    return list(get_fields(document.fields).get(_TENANT_IDS, ())) if document else []


def _membership(tenant: Any, member: Any) -> Membership:
    return Membership(read_tenant(tenant), _read_member(member))


def _received(tenant: Any, invitation: Any) -> ReceivedInvitation:
    return ReceivedInvitation(read_tenant(tenant), _read_invitation(invitation))


def _oldest_first(memberships: Iterable[Membership]) -> list[Membership]:
    return sorted(memberships, key=lambda each: (each.member.joined_at, each.tenant.id))


def _first_asked_first(received: Iterable[ReceivedInvitation]) -> list[ReceivedInvitation]:
    return sorted(received, key=lambda each: (each.invitation.invited_at, each.tenant.id))


def _if_unchanged(write: Any, version: Any) -> Any:
    """Make `write` fail if the document has changed since `version`."""
    write.current_document.update_time.CopyFrom(version)
    return write


def _add_pointer(name: str, tenant_id: str) -> Any:
    """Return a write that adds a tenant to the pointers of a document."""
    write = _empty_update(name)
    set_value(
        write.update_transforms.add(field_path=_TENANT_IDS).append_missing_elements.values.add(), tenant_id
    )
    return write


def remove_pointer(name: str, tenant_id: str) -> Any:
    """Return a write that removes a tenant from the pointers of a document."""
    write = _empty_update(name)
    set_value(
        write.update_transforms.add(field_path=_TENANT_IDS).remove_all_from_array.values.add(), tenant_id
    )
    return write


def _empty_update(name: str) -> Any:
    """Return an update of no fields, to carry a transform or a precondition."""
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
    return read_as(Member, get_fields(document.fields), user_id=user_id, version=document.update_time)


def _invitation_fields(invitation: Invitation) -> dict[str, object]:
    return {
        "email": invitation.email,
        "role": invitation.role,
        "invited_by": invitation.invited_by,
        "invited_at": invitation.invited_at,
        "expires_at": invitation.expires_at,
    }


def _read_invitation(document: Any) -> Invitation:
    return read_as(Invitation, get_fields(document.fields), version=document.update_time)
