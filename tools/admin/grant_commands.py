"""The commands about what an operator decides by hand: a tenant's grants, own limits, suspension and end."""

from argparse import Namespace

from shared.container import Container
from shared.usecases.billing.end_tenant import end_tenant
from shared.usecases.people import manage_grants, manage_limits
from shared.usecases.people.manage_grants import GrantRequest
from shared.usecases.people.manage_tenants import existing_tenant, known_plan, set_suspension
from tools.admin.commands import Answer, change_of
from tools.admin.tenant_fields import grant_fields, resulting_limits, tenant_fields


def give_grant(container: Container, options: Namespace) -> Answer:
    """Give a tenant a plan, tokens or runs."""
    plan = known_plan(container.plans(), options.plan) if options.plan is not None else None
    request = GrantRequest(plan=plan, tokens=options.tokens, runs=options.runs, until=options.until)
    change = change_of(container).because(options.reason)
    grant = manage_grants.give_grant(container.directory, options.id, request, change)
    tenant = existing_tenant(container.directory, options.id)
    return Answer({"grant": grant_fields(grant), "limits": resulting_limits(container, tenant)})


def revoke_grant(container: Container, options: Namespace) -> Answer:
    """Take a grant back."""
    change = change_of(container).because(options.reason)
    grant = manage_grants.revoke_grant(container.directory, options.id, options.grant, change)
    tenant = existing_tenant(container.directory, options.id)
    return Answer({"revoked": grant_fields(grant), "limits": resulting_limits(container, tenant)})


def set_limits(container: Container, options: Namespace) -> Answer:
    """Replace limits of the tenant's plan."""
    given = {name: getattr(options, name) for name in manage_limits.LIMITS if name in options}
    change = change_of(container).because(options.reason)
    tenant = manage_limits.set_limits(container.directory, options.id, given, change)
    return Answer({"tenant_id": tenant.id, "limits": resulting_limits(container, tenant)})


def suspend(container: Container, options: Namespace) -> Answer:
    """Refuse a tenant's keys and members."""
    return _set_suspension(container, options, suspended=True)


def resume(container: Container, options: Namespace) -> Answer:
    """Let a suspended tenant's keys and members in again."""
    return _set_suspension(container, options, suspended=False)


def _set_suspension(container: Container, options: Namespace, *, suspended: bool) -> Answer:
    change = change_of(container).because(options.reason)
    tenant = set_suspension(container.directory, options.id, suspended=suspended, change=change)
    return Answer({"tenant": tenant_fields(tenant)})


def end(container: Container, options: Namespace) -> Answer:
    """End a tenant."""
    change = change_of(container).because(options.reason)
    ended = end_tenant(container.billing, container.directory, options.id, change)
    tenant = existing_tenant(container.directory, options.id).at(container.clock())
    return Answer(
        {
            "tenant_id": tenant.id,
            "plan": tenant.plan,
            "canceled_subscriptions": ended.subscription_ids,
            "revoked_grants": ended.grant_ids,
            "revoked_keys": ended.revoked_keys,
        }
    )
