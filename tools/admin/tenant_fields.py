"""A tenant as the admin tool prints it: its own limits, its grants, and the limits that result."""

from typing import Any

from shared.container import Container
from shared.domain.limits.grants import Grant
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.tenants import Tenant
from shared.domain.prices.money import usd_string

UNLIMITED = "unlimited"
"""Printed and read for the largest limit."""


def tenant_fields(tenant: Tenant) -> dict[str, Any]:
    own_limits = tenant.overrides.model_dump(exclude_none=True)
    return {
        "id": tenant.id,
        "name": tenant.name,
        "plan": tenant.plan,
        "plan_version": tenant.plan_version,
        "limits": dict(_limit_field(name, value) for name, value in own_limits.items()),
        "grants": [grant_fields(each) for each in tenant.grants],
        "created_at": tenant.created_at.isoformat(),
        "suspended_at": tenant.suspended_at and tenant.suspended_at.isoformat(),
        "ended_at": tenant.ended_at and tenant.ended_at.isoformat(),
        "metadata": dict(tenant.metadata),
        "takes_estimates": tenant.takes_estimates,
        "counter_shards": tenant.counters.shards,
    }


def grant_fields(grant: Grant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "plan": grant.plan,
        "plan_version": grant.plan and grant.plan_version,
        "tokens": _shown(grant.tokens),
        "runs": _shown(grant.runs),
        "until": "never" if grant.until is None else grant.until.isoformat(),
        "reason": grant.reason,
    }


def resulting_limits(container: Container, tenant: Tenant) -> dict[str, Any] | None:
    """Return the limits with all that is granted now; None if the plan is unknown."""
    policy = container.thresholds.policy_of(tenant.at(container.clock()))
    if policy is None:
        return None
    return {
        "tokens": _shown(policy.token_limit),
        "runs": _shown(policy.run_limit),
        "provider_cost_usd": _shown_usd(policy.cost_limit_nanousd),
        "requests_per_minute": _shown(policy.requests_per_minute),
        "soft_percent": policy.soft_percent,
        "hard_percent": policy.hard_percent,
    }


def _limit_field(name: str, value: Any) -> tuple[str, Any]:
    return ("provider_cost_usd", _shown_usd(value)) if name == "cost_nanousd" else (name, _shown(value))


def _shown_usd(nanousd: int) -> str:
    return UNLIMITED if nanousd == MAX_LIMIT else usd_string(nanousd)


def _shown(value: Any) -> Any:
    return UNLIMITED if value == MAX_LIMIT else value
