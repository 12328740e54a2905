"""The routes of people: the person who is signed in, their tenants and invitations, and the members of a tenant."""

from typing import Annotated

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.domain.people.members import Role, new_invite
from shared.http.app import Call, Container, Person, Route, empty_response, json_response
from shared.http.bodies import read_body
from shared.http.people.member_responses import (
    InvitationResponse,
    InviteResponse,
    MemberResponse,
    MembersResponse,
    MeResponse,
    SeatResponse,
    UserResponse,
)
from shared.usecases.people.create_own_tenant import create_own_tenant
from shared.usecases.people.invitations import (
    accept_invitation,
    decline_invitation,
    invite,
    open_invitations,
    withdraw_invite,
)
from shared.usecases.people.manage_members import RoleAssignment, change_role, remove_member


class TenantBody(BaseModel):
    """A tenant to be."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=1000, description="At most 200 characters in one line.")]


class InviteBody(BaseModel):
    """The person to invite, and the role they get."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=1000)]
    role: Role


class RoleBody(BaseModel):
    """The role that a member is to have."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class EmptyBody(BaseModel):
    """An empty body: the address that is signed in decides."""

    model_config = ConfigDict(extra="forbid")


def _me(call: Call, container: Container) -> Response:
    user, seats = call.user, container.members.list_seats(call.user.user_id)
    joined = {seat.tenant.id for seat in seats}
    invitations = open_invitations(container.members, user, call.now)
    answer = MeResponse(
        user=UserResponse(
            id=user.user_id, email=user.email, name=user.name, email_verified=user.email_verified
        ),
        tenants=[SeatResponse.of(seat, call.now) for seat in seats],
        invitations=[InvitationResponse.of(each) for each in invitations if each.tenant.id not in joined],
    )
    return json_response(answer)


def _create_tenant(call: Call, container: Container) -> Response:
    body = read_body(call.request, TenantBody)
    seat = create_own_tenant(container.members, call.user, body.name, call.now)
    return json_response(SeatResponse.of(seat, call.now))


def _accept(call: Call, container: Container) -> Response:
    read_body(call.request, EmptyBody)
    seat = accept_invitation(container.members, call.user, call.path["tenant"], call.now)
    return json_response(SeatResponse.of(seat, call.now))


def _decline(call: Call, container: Container) -> Response:
    decline_invitation(container.members, call.user, call.path["tenant"], call.now)
    return empty_response()


def _members(call: Call, container: Container) -> Response:
    members = container.members.list_members(call.caller.tenant_id)
    invites = container.members.list_invites(call.caller.tenant_id)
    answer = MembersResponse(
        members=[MemberResponse.of(each) for each in members],
        invites=[InviteResponse.of(each) for each in invites],
    )
    return json_response(answer)


def _invite(call: Call, container: Container) -> Response:
    body = read_body(call.request, InviteBody)
    invited = new_invite(body.email, body.role, call.user.email or "", call.now)
    made = invite(container.members, call.caller, invited, container.config.web_origin)
    return json_response(InviteResponse.of(made))


def _change(call: Call, container: Container) -> Response:
    body = read_body(call.request, RoleBody)
    assigned = RoleAssignment(call.path["user"], body.role)
    member = change_role(container.members, call.caller, assigned, call.now)
    return json_response(MemberResponse.of(member))


def _remove(call: Call, container: Container) -> Response:
    remove_member(container.members, call.caller, call.path["user"], call.now)
    return empty_response()


def _withdraw(call: Call, container: Container) -> Response:
    withdraw_invite(container.members, call.caller, call.path["invite"], call.now)
    return empty_response()


_INVITATION = "/api/v1/invitations/<tenant>"
_MEMBERS = "/api/v1/tenants/<tenant>/members"
_ONE_MEMBER = f"{_MEMBERS}/<user>"
_ONE_INVITE = "/api/v1/tenants/<tenant>/invites/<invite>"
ROUTES = (
    Route(
        method="GET",
        path="/api/v1/me",
        summary="Who I am, my tenants and invitations",
        handle=_me,
        needs=Person.SIGNED_IN,
        response=MeResponse,
    ),
    Route(
        method="POST",
        path="/api/v1/tenants",
        summary="Found a tenant",
        handle=_create_tenant,
        needs=Person.VERIFIED,
        response=SeatResponse,
        body=TenantBody,
        status=201,
    ),
    Route(
        method="POST",
        path=f"{_INVITATION}/accept",
        summary="Join a tenant",
        handle=_accept,
        needs=Person.VERIFIED,
        response=SeatResponse,
        body=EmptyBody,
    ),
    Route(
        method="DELETE",
        path=_INVITATION,
        summary="Decline an invitation",
        handle=_decline,
        needs=Person.VERIFIED,
        status=204,
    ),
    Route(
        method="GET",
        path=_MEMBERS,
        summary="Members and open invitations",
        handle=_members,
        needs="members:write",
        response=MembersResponse,
    ),
    Route(
        method="PUT",
        path=_MEMBERS,
        summary="Invite somebody",
        handle=_invite,
        needs="members:write",
        response=InviteResponse,
        body=InviteBody,
    ),
    Route(
        method="PUT",
        path=_ONE_MEMBER,
        summary="Change a member's role",
        handle=_change,
        needs="members:write",
        response=MemberResponse,
        body=RoleBody,
    ),
    Route(
        method="DELETE",
        path=_ONE_MEMBER,
        summary="Remove a member, or leave",
        handle=_remove,
        needs=Person.MEMBER,
        status=204,
    ),
    Route(
        method="DELETE",
        path=_ONE_INVITE,
        summary="Withdraw an invitation",
        handle=_withdraw,
        needs="members:write",
        status=204,
    ),
)
