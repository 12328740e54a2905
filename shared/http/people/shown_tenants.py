"""A tenant as the platform's routes show it."""

from shared.http.people.tenant_responses import TenantResponse
from shared.http.routes import Call, Container
from shared.usecases.limits.tenant_rows import ListedTenant


def shown_tenant(call: Call, container: Container, tenant_id: str) -> TenantResponse:
    """Return the tenant as it is now; its row then shows the limits that were just changed."""
    return tenant_response(container.rows.refresh_one(tenant_id, call.now), call, container)


def tenant_response(listed: ListedTenant, call: Call, container: Container) -> TenantResponse:
    policy = container.limits.thresholds.policy_of(listed.tenant.at(call.now))
    return TenantResponse.of(listed, policy, call.now)
