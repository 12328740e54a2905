"""Routes to create tenants, by a person for themselves, and by the platform to keep all of its tenants."""

from flask import Response

from shared.domain.limits.grants import Grant
from shared.domain.people.members import Membership
from shared.domain.people.tenants import Change
from shared.http.bodies import read_body, read_query
from shared.http.idempotency import Creation, IdempotencyHeaders, create_once
from shared.http.people.member_responses import MembershipResponse
from shared.http.people.tenant_bodies import (
    GrantBody,
    NewTenantBody,
    OwnLimitsBody,
    ReasonBody,
    ReasonQuery,
    TenantBody,
    TenantPatch,
    TenantsQuery,
    in_utc,
)
from shared.http.people.tenant_responses import (
    CreatedTenantResponse,
    GrantResponse,
    GrantsResponse,
    TenantResponse,
    TenantRowResponse,
    TenantsResponse,
)
from shared.http.routes import (
    Call,
    Container,
    Example,
    Route,
    SignInLevel,
    empty_response,
    existing_response,
    json_response,
)
from shared.usecases.billing.end_tenant import end_tenant
from shared.usecases.limits.tenant_rows import ListedTenant
from shared.usecases.people.invitations import InvitationDependencies
from shared.usecases.people.manage_grants import GrantRequest, give_grant, revoke_grant
from shared.usecases.people.manage_limits import LIMITS, set_limits
from shared.usecases.people.manage_tenants import (
    OwnTenantRequest,
    TenantChanges,
    TenantRequest,
    change_tenant,
    create_own_tenant,
    known_plan,
    set_suspension,
)
from shared.usecases.people.provision_tenant import (
    OwnedTenantRequest,
    ProvisioningDependencies,
    provision_tenant,
)


def _create(call: Call, container: Container) -> Response:
    if call.platform is not None:
        return _provision(call, container)
    body = read_body(call.request, TenantBody)

    def create(change: Change) -> Membership:
        request = OwnTenantRequest(body.name, container.plans().free)
        return create_own_tenant(container.members, call.user, request, change)

    def render(membership: Membership) -> MembershipResponse:
        return MembershipResponse.of(membership, call.now)

    return create_once(call, container, Creation(body, create, render))


def _provision(call: Call, container: Container) -> Response:
    body = read_body(call.request, NewTenantBody)
    plan = known_plan(container.plans(), body.plan)
    tenant = TenantRequest(body.id, body.name or body.id, plan, body.limits, body.metadata)
    stores = ProvisioningDependencies(
        container.directory,
        InvitationDependencies(container.members, container.outbox, container.links),
    )
    made = provision_tenant(stores, OwnedTenantRequest(tenant, body.owner_email), call.change)
    return (json_response if made.is_new else existing_response)(_shown(call, container, made.tenant.id))


def _list(call: Call, container: Container) -> Response:
    query = read_query(call.request, TenantsQuery)
    page = container.tenant_index.list_rows(query.wanted, limit=query.limit, cursor=query.cursor)
    rows = [TenantRowResponse.of(row, call.now) for row in page.items]
    return json_response(TenantsResponse(tenants=rows, next_cursor=page.next_cursor))


def _show(call: Call, container: Container) -> Response:
    return json_response(_response_of(container.rows.read(call.caller.tenant_id, call.now), call, container))


def _change(call: Call, container: Container) -> Response:
    body, tenant_id = read_body(call.request, TenantPatch), call.caller.tenant_id
    plan = None if body.plan is None else known_plan(container.plans(), body.plan)
    wanted = TenantChanges(name=body.name, metadata=body.metadata, plan=plan)
    change_tenant(container.directory, tenant_id, wanted, call.change.because(body.reason))
    return json_response(_shown(call, container, tenant_id))


def _set_limits(call: Call, container: Container) -> Response:
    body, tenant_id = read_body(call.request, OwnLimitsBody), call.caller.tenant_id
    limits = {name: getattr(body, name) for name in LIMITS}
    set_limits(container.directory, tenant_id, limits, call.change.because(body.reason))
    return json_response(_shown(call, container, tenant_id))


def _grants(call: Call, _container: Container) -> Response:
    return json_response(GrantsResponse.of(call.caller.tenant.at(call.now).grants))


def _grant(call: Call, container: Container) -> Response:
    body, tenant_id = read_body(call.request, GrantBody), call.caller.tenant_id
    plan = None if body.plan is None else known_plan(container.plans(), body.plan)
    request = GrantRequest(plan=plan, tokens=body.tokens, runs=body.runs, until=in_utc(body.until))

    def give(change: Change) -> Grant:
        return give_grant(container.directory, tenant_id, request, change.because(body.reason))

    response = create_once(call, container, Creation(body, give, GrantResponse.model_validate))
    container.rows.refresh_one(tenant_id, call.now)
    return response


def _revoke(call: Call, container: Container) -> Response:
    change = call.change.because(read_query(call.request, ReasonQuery).reason)
    revoke_grant(container.directory, call.caller.tenant_id, call.path["grant"], change)
    container.rows.refresh_one(call.caller.tenant_id, call.now)
    return empty_response()


def _suspend(call: Call, container: Container) -> Response:
    return _set_suspension(call, container, suspended=True)


def _resume(call: Call, container: Container) -> Response:
    return _set_suspension(call, container, suspended=False)


def _set_suspension(call: Call, container: Container, *, suspended: bool) -> Response:
    change = call.change.because(read_body(call.request, ReasonBody).reason)
    set_suspension(container.directory, call.caller.tenant_id, suspended=suspended, change=change)
    return json_response(_shown(call, container, call.caller.tenant_id))


def _end(call: Call, container: Container) -> Response:
    change = call.change.because(read_body(call.request, ReasonBody).reason)
    end_tenant(container.billing, container.directory, call.caller.tenant_id, change)
    return json_response(_shown(call, container, call.caller.tenant_id))


def _shown(call: Call, container: Container, tenant_id: str) -> TenantResponse:
    """Return the tenant as it is now; its row then shows the limits that were just changed."""
    return _response_of(container.rows.refresh_one(tenant_id, call.now), call, container)


def _response_of(listed: ListedTenant, call: Call, container: Container) -> TenantResponse:
    policy = container.limits.thresholds.policy_of(listed.tenant.at(call.now))
    return TenantResponse.of(listed, policy, call.now)


_TENANTS = "/api/v1/tenants"
_TENANT = f"{_TENANTS}/<tenant>"
_UNPAID = {"unpaid": Example({"reason": "invoice 7 is unpaid"})}
ROUTES = (
    Route(
        method="POST",
        path=_TENANTS,
        summary="Create a tenant",
        handle=_create,
        needs=SignInLevel.VERIFIED,
        platform_needs="tenants:write",
        response=CreatedTenantResponse,
        body=TenantBody | NewTenantBody,
        headers=IdempotencyHeaders,
        examples={
            "a person's own tenant": Example({"name": "Acme"}),
            "a tenant of the platform": Example(
                {
                    "id": "acme",
                    "name": "Acme Inc.",
                    "plan": "starter",
                    "metadata": {"crm_id": "7"},
                    "owner_email": "ann@example.com",
                }
            ),
        },
        status=201,
        may_exist=True,
    ),
    # Scopes of tenants' own keys would not do: this crosses every wall.
    Route(
        method="GET",
        path=_TENANTS,
        summary="The tenants of the platform",
        handle=_list,
        needs="tenants:write",
        response=TenantsResponse,
        query=TenantsQuery,
    ),
    Route(
        method="GET",
        path=_TENANT,
        summary="A tenant, as the platform sees it",
        handle=_show,
        needs="tenants:write",
        response=TenantResponse,
    ),
    Route(
        method="PATCH",
        path=_TENANT,
        summary="Change a tenant's name, metadata or plan",
        handle=_change,
        needs="tenants:write",
        response=TenantResponse,
        body=TenantPatch,
        examples={"a plan": Example({"plan": "professional", "reason": "contract of November"})},
    ),
    Route(
        method="PUT",
        path=f"{_TENANT}/limits",
        summary="Replace the limits of a tenant's plan by its own",
        handle=_set_limits,
        needs="tenants:write",
        response=TenantResponse,
        body=OwnLimitsBody,
        examples={"a million tokens": Example({"tokens": 1_000_000})},
    ),
    Route(
        method="GET",
        path=f"{_TENANT}/grants",
        summary="The grants of a tenant",
        handle=_grants,
        needs="tenants:write",
        response=GrantsResponse,
    ),
    Route(
        method="POST",
        path=f"{_TENANT}/grants",
        summary="Give a tenant a plan, tokens or runs",
        handle=_grant,
        needs="tenants:write",
        response=GrantResponse,
        body=GrantBody,
        headers=IdempotencyHeaders,
        examples={"tokens": Example({"tokens": 100_000, "reason": "the outage of Friday"})},
        status=201,
    ),
    Route(
        method="DELETE",
        path=f"{_TENANT}/grants/<grant>",
        summary="Take a grant back",
        handle=_revoke,
        needs="tenants:write",
        query=ReasonQuery,
        status=204,
    ),
    Route(
        method="POST",
        path=f"{_TENANT}/suspend",
        summary="Suspend a tenant: it records and reads nothing",
        handle=_suspend,
        needs="tenants:write",
        response=TenantResponse,
        body=ReasonBody,
        examples=_UNPAID,
    ),
    Route(
        method="POST",
        path=f"{_TENANT}/resume",
        summary="Resume a suspended tenant",
        handle=_resume,
        needs="tenants:write",
        response=TenantResponse,
        body=ReasonBody,
        examples={"paid": Example({"reason": "invoice 7 is paid"})},
    ),
    Route(
        method="POST",
        path=f"{_TENANT}/end",
        summary="End a tenant: its subscriptions, grants and keys",
        handle=_end,
        needs="tenants:write",
        response=TenantResponse,
        body=ReasonBody,
        examples={"canceled": Example({"reason": "the contract has ended"})},
    ),
)
