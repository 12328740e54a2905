"""Answers where a tenant stands in its plan, and whether a request would fit into what is left."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.limits import Consumption, LimitPolicy, LimitStatus, decide, policy_for, status
from shared.domain.plans import Plan, find_plan
from shared.domain.tenants import Tenant
from shared.usecases.live_usage import LiveUsageReader, Standing

UNKNOWN_PLAN = "unknown_plan"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Percentages of a limit that warn and that block, where the tenant has none of its own."""

    soft_percent: int
    hard_percent: int


@dataclass(frozen=True, slots=True)
class Check:
    """The decision, and where the tenant stands; without a status where its plan is unknown."""

    allowed: bool
    code: str | None
    reason: str | None
    status: LimitStatus | None


def check_limits(
    reader: LiveUsageReader,
    thresholds: Thresholds,
    tenant: Tenant,
    tokens: int | None,
    runs: int | None,
    now: datetime,
) -> Check:
    """Whether `tokens` more tokens and `runs` more runs fit; with neither, whether anything is left.

    `tenant` may be a minute old: it only says what to read, and what is read decides.
    """
    standing = reader.standing(tenant.id, now, tenant)
    plan = find_plan(standing.tenant.plan)
    if plan is None:
        reason = f"Plan {standing.tenant.plan} is not in the catalog, so it allows nothing."
        return Check(False, UNKNOWN_PLAN, reason, None)
    where = _status(plan, standing, thresholds)
    decision = decide(_policy(plan, standing.tenant, thresholds), where, tokens, runs)
    return Check(decision.allowed, decision.code, decision.reason, where)


def policy_of(tenant: Tenant, thresholds: Thresholds) -> LimitPolicy | None:
    """The limits of a tenant; None if its plan is unknown."""
    plan = find_plan(tenant.plan)
    return None if plan is None else _policy(plan, tenant, thresholds)


def status_of(standing: Standing, thresholds: Thresholds) -> LimitStatus | None:
    """Where a tenant stands against its plan's limits; None if its plan is unknown."""
    plan = find_plan(standing.tenant.plan)
    return None if plan is None else _status(plan, standing, thresholds)


def _status(plan: Plan, standing: Standing, thresholds: Thresholds) -> LimitStatus:
    policy = _policy(plan, standing.tenant, thresholds)
    used = Consumption(standing.totals.get("total_tokens", 0), standing.runs)
    return status(plan, policy, standing.period, used)


def _policy(plan: Plan, tenant: Tenant, thresholds: Thresholds) -> LimitPolicy:
    return policy_for(plan, tenant.overrides, thresholds.soft_percent, thresholds.hard_percent)
