"""Responses of the routes of members and invitations."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from shared.domain.people.keys import ApiKey
from shared.domain.people.members import Invitation, Member, Membership, ReceivedInvitation, Role
from shared.http.people.api_keys import KeyResponse
from shared.http.responses import ResponseModel, Version
from shared.usecases.people.invitations import invitation_version
from shared.usecases.people.manage_keys import valid_keys_of
from shared.usecases.people.members import role_version
from shared.usecases.people.time_zone import time_zone_version


class UserResponse(ResponseModel):
    """The signed-in user."""

    id: str
    email: str | None
    name: str | None
    email_verified: bool


class MembershipResponse(ResponseModel):
    """A tenant, with the role of the signed-in user."""

    id: str
    name: str
    plan: str
    role: Role
    time_zone: str
    time_zone_version: Version
    suspended: bool = Field(description="True while the operator has suspended it: nothing can be read.")

    @classmethod
    def of(cls, membership: Membership, now: datetime) -> "MembershipResponse":
        tenant = membership.tenant.at(now)
        return cls(
            id=tenant.id,
            name=tenant.name,
            plan=tenant.plan,
            role=membership.member.role,
            time_zone=tenant.time_zone,
            time_zone_version=time_zone_version(tenant),
            suspended=tenant.is_suspended,
        )


class ReceivedInvitationResponse(ResponseModel):
    """An open invitation of the signed-in user."""

    tenant_id: str
    tenant_name: str
    role: Role
    invited_by: str = Field(description="The email address of a member; empty for the platform.")
    expires_at: datetime

    @classmethod
    def of(cls, received: ReceivedInvitation) -> "ReceivedInvitationResponse":
        invitation, tenant = received.invitation, received.tenant
        return cls(
            tenant_id=tenant.id,
            tenant_name=tenant.name,
            role=invitation.role,
            invited_by=invitation.invited_by,
            expires_at=invitation.expires_at,
        )


class MeResponse(ResponseModel):
    """The signed-in user, with their tenants and open invitations."""

    user: UserResponse
    is_operator: bool = Field(description="True for the platform's own people, with a verified address.")
    tenants: list[MembershipResponse]
    invitations: list[ReceivedInvitationResponse]


class MemberResponse(ResponseModel):
    """A member of a tenant, with the API keys that they created and that are still valid."""

    id: str
    email: str
    name: str | None
    role: Role
    joined_at: datetime
    version: Version
    api_keys: list[KeyResponse]

    @classmethod
    def of(cls, member: Member, keys: Sequence[ApiKey], now: datetime) -> "MemberResponse":
        names = [name for name in cls.model_fields if name not in ("id", "version", "api_keys")]
        plain = {name: getattr(member, name) for name in names}
        return cls(
            id=member.user_id,
            version=role_version(member),
            api_keys=key_responses(member, keys, now),
            **plain,
        )


class RemovedMemberResponse(ResponseModel):
    """The API keys that the member created and that still work; empty for callers who may not change keys."""

    api_keys: list[KeyResponse]


def key_responses(member: Member, keys: Sequence[ApiKey], now: datetime) -> list[KeyResponse]:
    """Return those of a tenant's keys that a member created and that are still valid."""
    return [KeyResponse.of(each, now) for each in valid_keys_of(member, keys, now)]


class InvitationResponse(ResponseModel):
    """An open or expired invitation of a tenant; inviting again renews it."""

    id: str
    email: str
    role: Role
    invited_by: str = Field(description="The email address of a member; empty for the platform.")
    invited_at: datetime
    expires_at: datetime
    version: Version
    link: str = Field(description="The page on which the invited person accepts.")

    @classmethod
    def of(cls, invitation: Invitation, link: str) -> "InvitationResponse":
        names = [name for name in InvitationResponse.model_fields if name not in ("version", "link")]
        plain = {name: getattr(invitation, name) for name in names}
        return cls(version=invitation_version(invitation), link=link, **plain)


class SentInvitationResponse(InvitationResponse):
    """An invitation that was just stored."""

    mailed: bool = Field(description="False if this tenant has mailed the address today already.")


class MembersResponse(ResponseModel):
    """The members and invitations of a tenant, oldest first."""

    members: list[MemberResponse]
    invites: list[InvitationResponse]
