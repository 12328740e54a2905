"""The route that creates a tenant: of a person for themselves, or of the platform."""

from dataclasses import replace

from flask import Response

from shared.domain.limits.limits import LimitOverrides
from shared.domain.people.audit import Change
from shared.domain.people.members import Membership
from shared.domain.people.tenant_rows import new_row
from shared.http.bodies import read_content, validated
from shared.http.idempotency import Creation, IdempotencyHeaders, create_once
from shared.http.people.member_responses import MembershipResponse
from shared.http.people.shown_tenants import shown_tenant, tenant_response
from shared.http.people.tenant_bodies import (
    NewTenantBody,
    TenantBody,
)
from shared.http.people.tenant_responses import (
    CreatedTenantResponse,
    TenantResponse,
)
from shared.http.routes import (
    Call,
    Container,
    Example,
    Route,
    SignInLevel,
    existing_response,
)
from shared.usecases.limits.tenant_rows import ListedTenant
from shared.usecases.people.invitations import InvitationDependencies
from shared.usecases.people.manage_tenants import (
    OwnTenantRequest,
    TenantRequest,
    create_own_tenant,
    known_plan,
)
from shared.usecases.people.provision_tenant import (
    OwnedTenantRequest,
    ProvisionedTenant,
    ProvisioningDependencies,
    provision_tenant,
)


def _create(call: Call, container: Container) -> Response:
    content = read_content(call.request)
    if call.platform is not None and not _is_own(call, content):
        return _provision(call, container, validated(NewTenantBody, content))
    return _create_own(replace(call, platform=None), container, validated(TenantBody, content))


def _is_own(call: Call, content: object) -> bool:
    """Return whether an operator creates a tenant for themselves: without an id, as anybody does."""
    return call.identity is not None and isinstance(content, dict) and "id" not in content


def _create_own(call: Call, container: Container, body: TenantBody) -> Response:
    request = OwnTenantRequest(body.name, container.plans().free)

    def create(change: Change) -> Membership:
        return create_own_tenant(container.members, call.user, request, change)

    def render(membership: Membership) -> MembershipResponse:
        return MembershipResponse.of(membership, call.now)

    return create_once(call, container, Creation(body, create, render))


def _provision(call: Call, container: Container, body: NewTenantBody) -> Response:
    plan = known_plan(container.plans(), body.plan)
    limits = LimitOverrides.model_validate(body.limits.values)
    tenant = TenantRequest(body.id, body.name or body.id, plan, limits, body.metadata)
    stores = ProvisioningDependencies(
        container.directory,
        InvitationDependencies(container.members, container.outbox, container.links),
    )
    existing: ProvisionedTenant | None = None

    def create(change: Change) -> ProvisionedTenant:
        nonlocal existing
        made = provision_tenant(stores, OwnedTenantRequest(tenant, body.owner_email), change)
        existing = None if made.is_new else made
        return made

    def render(made: ProvisionedTenant) -> TenantResponse:
        return tenant_response(ListedTenant(made.tenant, new_row(made.tenant)), call, container)

    response = create_once(call, container, Creation(body, create, render))
    return existing_response(shown_tenant(call, container, existing.tenant.id)) if existing else response


ROUTES = (
    Route(
        method="POST",
        path="/api/v1/tenants",
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
)
