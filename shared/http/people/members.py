"""Routes of the signed-in user, of their tenants and invitations, and of a tenant's members."""

from typing import Annotated

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.domain.people.members import Role, new_invitation
from shared.http.bodies import read_body
from shared.http.inputs import ReadVersion
from shared.http.people.member_responses import (
    InvitationResponse,
    MemberResponse,
    MembershipResponse,
    MembersResponse,
    MeResponse,
    ReceivedInvitationResponse,
    RemovedMemberResponse,
    SentInvitationResponse,
    UserResponse,
    key_responses,
)
from shared.http.routes import Call, Container, Example, Route, SignInLevel, empty_response, json_response
from shared.usecases.people.invitations import (
    InvitationDependencies,
    accept_invitation,
    decline_invitation,
    invite,
    withdraw_invitation,
)
from shared.usecases.people.members import RoleAssignment, change_role, read_profile, remove_member


class InvitationBody(BaseModel):
    """An email address to invite, and the role to give."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=1000, json_schema_extra={"format": "email"})]
    role: Role
    version: ReadVersion = None


class RoleBody(BaseModel):
    """The new role of a member."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    version: ReadVersion = None


class EmptyBody(BaseModel):
    """An empty body: the signed-in email address decides."""

    model_config = ConfigDict(extra="forbid")


def _me(call: Call, container: Container) -> Response:
    user = call.user
    profile = read_profile(container.members, user, call.now)
    response = MeResponse(
        user=UserResponse(
            id=user.user_id, email=user.email, name=user.name, email_verified=user.email_verified
        ),
        is_operator=profile.operator is not None,
        tenants=[MembershipResponse.of(each, call.now) for each in profile.memberships],
        invitations=[ReceivedInvitationResponse.of(each) for each in profile.received],
    )
    return json_response(response)


def _accept(call: Call, container: Container) -> Response:
    read_body(call.request, EmptyBody)
    membership = accept_invitation(container.members, call.user, call.path["tenant"], call.now)
    return json_response(MembershipResponse.of(membership, call.now))


def _decline(call: Call, container: Container) -> Response:
    decline_invitation(container.members, call.user, call.path["tenant"], call.now)
    return empty_response()


def _members(call: Call, container: Container) -> Response:
    tenant_id = call.caller.tenant_id
    members = container.members.list_members(tenant_id)
    invitations = container.members.list_invitations(tenant_id)
    keys = container.directory.list_keys(tenant_id)
    link = container.links.join(tenant_id)
    response = MembersResponse(
        members=[MemberResponse.of(each, keys, call.now) for each in members],
        invites=[InvitationResponse.of(each, link) for each in invitations],
    )
    return json_response(response)


def _invite(call: Call, container: Container) -> Response:
    body = read_body(call.request, InvitationBody)
    inviting = call.caller.member
    invitation = new_invitation(body.email, body.role, inviting.email if inviting else "", call.now)
    stores = InvitationDependencies(container.members, container.outbox, container.links)
    sent = invite(stores, call.caller, invitation, body.version)
    link = container.links.join(call.caller.tenant_id)
    listed = InvitationResponse.of(sent.invitation, link).model_dump()
    return json_response(SentInvitationResponse(**listed, mailed=sent.mailed))


def _change_role(call: Call, container: Container) -> Response:
    body = read_body(call.request, RoleBody)
    assigned = RoleAssignment(call.path["user"], body.role, body.version)
    member = change_role(container.members, call.caller, assigned, call.now)
    keys = container.directory.list_keys(call.caller.tenant_id)
    return json_response(MemberResponse.of(member, keys, call.now))


def _remove(call: Call, container: Container) -> Response:
    removed = remove_member(container.members, call.caller, call.path["user"], call.now)
    sees_keys = "keys:write" in call.caller.permissions
    keys = container.directory.list_keys(call.caller.tenant_id) if sees_keys else []
    return json_response(RemovedMemberResponse(api_keys=key_responses(removed, keys, call.now)))


def _withdraw(call: Call, container: Container) -> Response:
    withdraw_invitation(container.members, call.caller, call.path["invitation"], call.now)
    return empty_response()


_INVITATION = "/api/v1/invitations/<tenant>"
_MEMBERS = "/api/v1/tenants/<tenant>/members"
_ONE_MEMBER = f"{_MEMBERS}/<user>"
_ONE_INVITATION = "/api/v1/tenants/<tenant>/invites/<invitation>"
ROUTES = (
    Route(
        method="GET",
        path="/api/v1/me",
        summary="The signed-in user, their tenants and invitations",
        handle=_me,
        needs=SignInLevel.SIGNED_IN,
        response=MeResponse,
    ),
    Route(
        method="POST",
        path=f"{_INVITATION}/accept",
        summary="Accept an invitation",
        handle=_accept,
        needs=SignInLevel.VERIFIED,
        response=MembershipResponse,
        body=EmptyBody,
    ),
    Route(
        method="DELETE",
        path=_INVITATION,
        summary="Decline an invitation",
        handle=_decline,
        needs=SignInLevel.VERIFIED,
        status=204,
    ),
    Route(
        method="GET",
        path=_MEMBERS,
        summary="Members and invitations",
        handle=_members,
        needs="members:write",
        response=MembersResponse,
    ),
    Route(
        method="PUT",
        path=_MEMBERS,
        summary="Invite a person",
        handle=_invite,
        needs="members:write",
        response=SentInvitationResponse,
        body=InvitationBody,
        examples={"an admin": Example({"email": "ann@example.com", "role": "admin"})},
    ),
    Route(
        method="PUT",
        path=_ONE_MEMBER,
        summary="Change a member's role",
        handle=_change_role,
        needs="members:write",
        response=MemberResponse,
        body=RoleBody,
        examples={"an admin": Example({"role": "admin"})},
    ),
    Route(
        method="DELETE",
        path=_ONE_MEMBER,
        summary="Remove a member, or leave",
        handle=_remove,
        needs=SignInLevel.MEMBER,
        platform_needs="members:write",
        response=RemovedMemberResponse,
    ),
    Route(
        method="DELETE",
        path=_ONE_INVITATION,
        summary="Withdraw an invitation",
        handle=_withdraw,
        needs="members:write",
        status=204,
    ),
)
