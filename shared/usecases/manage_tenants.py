"""Creates tenants and changes their plan, leaving a trace of each change."""

import re
from datetime import datetime

from shared.domain.errors import Conflict, FieldProblem, InvalidInput, NotFound
from shared.domain.plans import PLAN_CATALOG, find_plan
from shared.domain.tenants import ALL_SCOPES, TENANT_ID, AuditEntry, Tenant
from shared.ports import Directory
from shared.usecases.manage_keys import NewKey, new_key


def create_tenant(
    directory: Directory, tenant_id: str, name: str, plan: str, *, is_live: bool, actor: str, now: datetime
) -> tuple[Tenant, NewKey]:
    """A tenant with its first key; Conflict if the id is taken, InvalidInput for a bad id, name or plan."""
    if not re.fullmatch(TENANT_ID, tenant_id):
        raise _invalid("id", f"id {tenant_id!r} is not 1 to 64 letters, digits, hyphens and underscores")
    if not 1 <= len(name.strip()) <= 200:
        raise _invalid("name", f"name {name!r} is not 1 to 200 characters")
    tenant = Tenant(id=tenant_id, name=name.strip(), plan=plan_id(plan), created_at=now)
    key = new_key(tenant_id, "first key", ALL_SCOPES, None, is_live=is_live, now=now)
    audit = AuditEntry(
        tenant_id=tenant_id,
        at=now,
        actor=actor,
        action="tenant.created",
        before=None,
        after=tenant.plan,
        reason="",
    )
    directory.create_tenant(tenant, key.key, audit)
    return tenant, key


def set_plan(
    directory: Directory, tenant_id: str, plan: str, *, actor: str, reason: str, now: datetime
) -> Tenant:
    """Put the tenant on `plan` (an id or alias).

    NotFound, InvalidInput for a plan that does not exist, Conflict for a tenant whose subscriptions decide.
    """
    before = directory.find_tenant(tenant_id)
    if before is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    _refuse_subscriber(before)
    audit = AuditEntry(
        tenant_id=tenant_id,
        at=now,
        actor=actor,
        action="plan.changed",
        before=before.plan,
        after=plan_id(plan),
        reason=reason,
    )
    directory.set_plan(tenant_id, plan_id(plan), audit)
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
    """The id of the plan that an id or alias names; InvalidInput if none."""
    found = find_plan(plan)
    if found is None:
        names = ", ".join(each.id for each in PLAN_CATALOG)
        raise _invalid("plan", f"plan {plan!r} does not exist; there are {names}")
    return found.id


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, (FieldProblem(field, f"invalid_{field}", message),))
