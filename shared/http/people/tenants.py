"""Routes by which the platform lists and changes its tenants."""

from flask import Response

from shared.domain.limits.grants import Grant
from shared.domain.people.audit import Change
from shared.http.bodies import read_body, read_query
from shared.http.idempotency import Creation, IdempotencyHeaders, create_once
from shared.http.people.shown_tenants import shown_tenant, tenant_response
from shared.http.people.tenant_bodies import (
    GrantBody,
    OwnLimitsBody,
    ReasonBody,
    ReasonQuery,
    TenantPatch,
    TenantsQuery,
    in_utc,
)
from shared.http.people.tenant_files import tenants_response
from shared.http.people.tenant_responses import (
    GrantResponse,
    GrantsResponse,
    TenantResponse,
    TenantRowResponse,
    TenantsResponse,
)
from shared.http.reasons import reasoned
from shared.http.routes import (
    Call,
    Container,
    Example,
    Route,
    empty_response,
    json_response,
)
from shared.usecases.billing.end_tenant import end_tenant
from shared.usecases.people.manage_grants import GrantRequest, give_grant, revoke_grant
from shared.usecases.people.manage_limits import set_limits
from shared.usecases.people.manage_tenants import (
    TenantChanges,
    change_tenant,
    known_plan,
    set_suspension,
)


def _list(call: Call, container: Container) -> Response:
    query = read_query(call.request, TenantsQuery)
    if query.format == "csv":
        return tenants_response(call, container.tenant_index, query)
    page = container.tenant_index.list_rows(query.wanted, limit=query.limit, cursor=query.cursor)
    rows = [TenantRowResponse.of(row, call.now) for row in page.items]
    return json_response(TenantsResponse(tenants=rows, next_cursor=page.next_cursor))


def _show(call: Call, container: Container) -> Response:
    return json_response(
        tenant_response(container.rows.read(call.caller.tenant_id, call.now), call, container)
    )


def _change(call: Call, container: Container) -> Response:
    body, tenant_id = read_body(call.request, TenantPatch), call.caller.tenant_id
    plan = None if body.plan is None else known_plan(container.plans(), body.plan)
    wanted = TenantChanges(name=body.name, metadata=body.metadata, plan=plan)
    change = reasoned(call, body.reason).on_version(body.version)
    change_tenant(container.directory, tenant_id, wanted, change)
    return json_response(shown_tenant(call, container, tenant_id))


def _set_limits(call: Call, container: Container) -> Response:
    body, tenant_id = read_body(call.request, OwnLimitsBody), call.caller.tenant_id
    change = reasoned(call, body.reason).on_version(body.version)
    set_limits(container.directory, tenant_id, body.values, change)
    return json_response(shown_tenant(call, container, tenant_id))


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
    return json_response(shown_tenant(call, container, call.caller.tenant_id))


def _end(call: Call, container: Container) -> Response:
    change = call.change.because(read_body(call.request, ReasonBody).reason)
    end_tenant(container.billing, container.directory, call.caller.tenant_id, change)
    return json_response(shown_tenant(call, container, call.caller.tenant_id))


_TENANTS = "/api/v1/tenants"
_TENANT = f"{_TENANTS}/<tenant>"
_UNPAID = {"unpaid": Example({"reason": "invoice 7 is unpaid"})}
ROUTES = (
    # Scopes of tenants' own keys would not do: this crosses every wall.
    Route(
        method="GET",
        path=_TENANTS,
        summary="The tenants of the platform",
        handle=_list,
        needs="tenants:write",
        response=TenantsResponse,
        query=TenantsQuery,
        is_also_csv=True,
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
