"""Create tenants and change their plan; each change leaves an audit entry."""

import re
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import Conflict, FieldProblem, InvalidInput, NotFound
from shared.domain.limits.plans import PLAN_CATALOG, find_plan
from shared.domain.people.members import MAX_NAME_CHARS
from shared.domain.people.tenants import ALL_SCOPES, TENANT_ID, Change, Tenant
from shared.ports import Directory
from shared.usecases.people.manage_keys import KeyRequest, NewKey, new_key


@dataclass(frozen=True, slots=True)
class TenantRequest:
    """A tenant to be: its id, its name, and the id or alias of its plan."""

    id: str
    name: str
    plan: str


def create_tenant(
    directory: Directory, request: TenantRequest, change: Change, *, is_live: bool
) -> tuple[Tenant, NewKey]:
    """Return a new tenant and its first key, which is a live or a test key.

    Conflict if the id is taken, InvalidInput for a bad id, name or plan.
    """
    tenant = _new_tenant(request, change.at)
    key_request = KeyRequest(label="first key", scopes=ALL_SCOPES, is_live=is_live)
    made = new_key(tenant.id, key_request, change.at)
    directory.create_tenant(tenant, made.key, change.entry(tenant.id, "tenant.created", None, tenant.plan))
    return tenant, made


def _new_tenant(request: TenantRequest, now: datetime) -> Tenant:
    if not re.fullmatch(TENANT_ID, request.id):
        raise _invalid("id", f"id {request.id!r} is not 1 to 64 letters, digits, hyphens and underscores")
    name = request.name.strip()
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise _invalid("name", f"name {request.name!r} is not 1 to {MAX_NAME_CHARS} characters")
    return Tenant(id=request.id, name=name, plan=plan_id(request.plan), created_at=now)


def set_plan(directory: Directory, tenant_id: str, plan: str, change: Change) -> Tenant:
    """Put the tenant on `plan` (an id or alias).

    NotFound, InvalidInput for a plan that does not exist, Conflict for a tenant whose subscriptions decide.
    """
    before = directory.find_tenant(tenant_id)
    if before is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    _refuse_subscriber(before)
    after = plan_id(plan)
    directory.set_plan(tenant_id, after, change.entry(tenant_id, "plan.changed", before.plan, after))
    return directory.find_tenant(tenant_id) or before


def _refuse_subscriber(tenant: Tenant) -> None:
    """A plan set by hand would be lost with the next webhook, or would never take effect."""
    if tenant.entitlement is None:
        return
    summary = tenant.billing
    message = f"the plan of tenant {tenant.id!r} follows its Stripe subscriptions, of which"
    raise Conflict(
        f"{message} {summary.subscription_id} is {summary.status}: change it in Stripe",
        code="subscription_decides",
    )


def plan_id(plan: str) -> str:
    """Return the id of the plan that an id or alias names; InvalidInput if there is none."""
    found = find_plan(plan)
    if found is None:
        names = ", ".join(each.id for each in PLAN_CATALOG)
        raise _invalid("plan", f"plan {plan!r} does not exist; there are {names}")
    return found.id


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, (FieldProblem(field=field, code=f"invalid_{field}", message=message),))
