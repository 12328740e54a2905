"""The routes of people: who I am, my tenants and invitations, and the members of a tenant."""

from datetime import datetime
from typing import Annotated

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.domain.members import Invitation, Invite, Member, Role, Seat, new_invite
from shared.http.answers import Answer
from shared.http.app import Call, Container, Person, Route, json_answer, no_answer
from shared.http.bodies import read_body
from shared.usecases.create_own_tenant import create_own_tenant
from shared.usecases.invitations import (
    accept_invitation,
    decline_invitation,
    invite,
    open_invitations,
    withdraw_invite,
)
from shared.usecases.manage_members import RoleAssignment, change_role, remove_member


class TenantBody(BaseModel):
    """A tenant to be."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=1000, description="At most 200 characters in one line.")]


class InviteBody(BaseModel):
    """Who is to join, and as what."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=1000)]
    role: Role


class RoleBody(BaseModel):
    """What a member is to be."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class EmptyBody(BaseModel):
    """Nothing: the address that is signed in decides."""

    model_config = ConfigDict(extra="forbid")


class UserAnswer(Answer):
    """Who is signed in."""

    id: str
    email: str | None
    name: str | None
    email_verified: bool


class SeatAnswer(Answer):
    """A tenant, and what the person is there."""

    id: str
    name: str
    plan: str
    role: Role

    @classmethod
    def of(cls, seat: Seat, now: datetime) -> "SeatAnswer":
        """The answer that tells of a seat."""
        tenant = seat.tenant.at(now)
        return cls(id=tenant.id, name=tenant.name, plan=tenant.plan, role=seat.member.role)


class InvitationAnswer(Answer):
    """An invitation to the person who is signed in."""

    tenant_id: str
    tenant_name: str
    role: Role
    invited_by: str
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationAnswer":
        """The answer that tells of an invitation."""
        invited, tenant = invitation.invite, invitation.tenant
        return cls(
            tenant_id=tenant.id,
            tenant_name=tenant.name,
            role=invited.role,
            invited_by=invited.invited_by,
            expires_at=invited.expires_at,
        )


class MeAnswer(Answer):
    """The person, and the tenants that are open to them."""

    user: UserAnswer
    tenants: list[SeatAnswer]
    invitations: list[InvitationAnswer]


class MemberAnswer(Answer):
    """A member of a tenant."""

    id: str
    email: str
    name: str | None
    role: Role
    joined_at: datetime

    @classmethod
    def of(cls, member: Member) -> "MemberAnswer":
        """The answer that tells of a member."""
        names = [name for name in cls.model_fields if name != "id"]
        return cls(id=member.user_id, **{name: getattr(member, name) for name in names})


class InviteAnswer(Answer):
    """An open invitation of a tenant; an expired one can be renewed."""

    id: str
    email: str
    role: Role
    invited_by: str
    invited_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invited: Invite) -> "InviteAnswer":
        """The answer that tells of an invitation."""
        return cls(**{name: getattr(invited, name) for name in cls.model_fields})


class MembersAnswer(Answer):
    """Who belongs to a tenant, and who is invited, oldest first."""

    members: list[MemberAnswer]
    invites: list[InviteAnswer]


def _me(call: Call, container: Container) -> Response:
    user, seats = call.user, container.members.list_seats(call.user.user_id)
    joined = {seat.tenant.id for seat in seats}
    invitations = open_invitations(container.members, user, call.now)
    answer = MeAnswer(
        user=UserAnswer(
            id=user.user_id, email=user.email, name=user.name, email_verified=user.email_verified
        ),
        tenants=[SeatAnswer.of(seat, call.now) for seat in seats],
        invitations=[InvitationAnswer.of(each) for each in invitations if each.tenant.id not in joined],
    )
    return json_answer(answer)


def _create_tenant(call: Call, container: Container) -> Response:
    body = read_body(call.request, TenantBody)
    seat = create_own_tenant(container.members, call.user, body.name, call.now)
    return json_answer(SeatAnswer.of(seat, call.now))


def _accept(call: Call, container: Container) -> Response:
    read_body(call.request, EmptyBody)
    seat = accept_invitation(container.members, call.user, call.path["tenant"], call.now)
    return json_answer(SeatAnswer.of(seat, call.now))


def _decline(call: Call, container: Container) -> Response:
    decline_invitation(container.members, call.user, call.path["tenant"], call.now)
    return no_answer()


def _members(call: Call, container: Container) -> Response:
    members = container.members.list_members(call.caller.tenant_id)
    invites = container.members.list_invites(call.caller.tenant_id)
    answer = MembersAnswer(
        members=[MemberAnswer.of(each) for each in members],
        invites=[InviteAnswer.of(each) for each in invites],
    )
    return json_answer(answer)


def _invite(call: Call, container: Container) -> Response:
    body = read_body(call.request, InviteBody)
    invited = new_invite(body.email, body.role, call.user.email or "", call.now)
    made = invite(container.members, call.caller, invited, container.config.web_origin)
    return json_answer(InviteAnswer.of(made))


def _change(call: Call, container: Container) -> Response:
    body = read_body(call.request, RoleBody)
    assigned = RoleAssignment(call.path["user"], body.role)
    member = change_role(container.members, call.caller, assigned, call.now)
    return json_answer(MemberAnswer.of(member))


def _remove(call: Call, container: Container) -> Response:
    remove_member(container.members, call.caller, call.path["user"], call.now)
    return no_answer()


def _withdraw(call: Call, container: Container) -> Response:
    withdraw_invite(container.members, call.caller, call.path["invite"], call.now)
    return no_answer()


_INVITATION = "/api/v1/invitations/<tenant>"
_MEMBERS = "/api/v1/tenants/<tenant>/members"
_ONE_MEMBER = f"{_MEMBERS}/<user>"
_ONE_INVITE = "/api/v1/tenants/<tenant>/invites/<invite>"
ROUTES = (
    Route("GET", "/api/v1/me", "Who I am, my tenants and invitations", _me, Person.SIGNED_IN, MeAnswer),
    Route(
        "POST",
        "/api/v1/tenants",
        "Found a tenant",
        _create_tenant,
        Person.VERIFIED,
        SeatAnswer,
        TenantBody,
        status=201,
    ),
    Route("POST", f"{_INVITATION}/accept", "Join a tenant", _accept, Person.VERIFIED, SeatAnswer, EmptyBody),
    Route("DELETE", _INVITATION, "Decline an invitation", _decline, Person.VERIFIED, status=204),
    Route("GET", _MEMBERS, "Members and open invitations", _members, "members:write", MembersAnswer),
    Route("PUT", _MEMBERS, "Invite somebody", _invite, "members:write", InviteAnswer, InviteBody),
    Route("PUT", _ONE_MEMBER, "Change a member's role", _change, "members:write", MemberAnswer, RoleBody),
    Route("DELETE", _ONE_MEMBER, "Remove a member, or leave", _remove, Person.MEMBER, status=204),
    Route("DELETE", _ONE_INVITE, "Withdraw an invitation", _withdraw, "members:write", status=204),
)
