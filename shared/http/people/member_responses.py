"""The answers of the routes of people: a person, its tenants and invitations, and the members of a tenant."""

from datetime import datetime

from shared.domain.people.members import Invitation, Invite, Member, Role, Seat
from shared.http.responses import ResponseModel


class UserResponse(ResponseModel):
    """The person who is signed in."""

    id: str
    email: str | None
    name: str | None
    email_verified: bool


class SeatResponse(ResponseModel):
    """A tenant, and the role that the person has in it."""

    id: str
    name: str
    plan: str
    role: Role

    @classmethod
    def of(cls, seat: Seat, now: datetime) -> "SeatResponse":
        """Return the answer about a membership."""
        tenant = seat.tenant.at(now)
        return cls(id=tenant.id, name=tenant.name, plan=tenant.plan, role=seat.member.role)


class InvitationResponse(ResponseModel):
    """An invitation to the person who is signed in."""

    tenant_id: str
    tenant_name: str
    role: Role
    invited_by: str
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationResponse":
        """Return the answer about an invitation."""
        invited, tenant = invitation.invite, invitation.tenant
        return cls(
            tenant_id=tenant.id,
            tenant_name=tenant.name,
            role=invited.role,
            invited_by=invited.invited_by,
            expires_at=invited.expires_at,
        )


class MeResponse(ResponseModel):
    """The person, and the tenants that are open to them."""

    user: UserResponse
    tenants: list[SeatResponse]
    invitations: list[InvitationResponse]


class MemberResponse(ResponseModel):
    """A member of a tenant."""

    id: str
    email: str
    name: str | None
    role: Role
    joined_at: datetime

    @classmethod
    def of(cls, member: Member) -> "MemberResponse":
        """Return the answer about a member."""
        names = [name for name in cls.model_fields if name != "id"]
        return cls(id=member.user_id, **{name: getattr(member, name) for name in names})


class InviteResponse(ResponseModel):
    """An open invitation of a tenant; an expired one can be renewed."""

    id: str
    email: str
    role: Role
    invited_by: str
    invited_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invited: Invite) -> "InviteResponse":
        """Return the answer about an invitation."""
        return cls(**{name: getattr(invited, name) for name in cls.model_fields})


class MembersResponse(ResponseModel):
    """The members and the open invitations of a tenant, oldest first."""

    members: list[MemberResponse]
    invites: list[InviteResponse]
