"""Grants by hand: a plan, tokens or runs that an operator gives a tenant, whatever its subscription grants."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import MAX_LIMIT, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A plan, or tokens or runs per metering period, before `until`; None means without an end.

    Exactly one of `plan`, `tokens` and `runs` is set.
    """

    id: str
    reason: str
    granted_at: datetime
    plan: str | None = None
    plan_version: int = 1
    tokens: int | None = None
    runs: int | None = None
    until: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.until is None or now < self.until


def valid_grants(grants: Collection[Grant], now: datetime) -> tuple[Grant, ...]:
    """Return the grants that have not ended. It is decided on each read, so an end takes effect by itself."""
    return tuple(each for each in grants if each.is_valid(now))


def raised_plan(plan: Plan | None, grants: Iterable[Grant], plans: PlanCatalog) -> Plan | None:
    """Return `plan` with the larger of its limits and those of each granted plan, limit by limit.

    Without a known plan, the granted plans count alone, under the name of the highest; None if there is none.
    """
    named = [plans.find(each.plan, each.plan_version) for each in grants if each.plan]
    granted = [each for each in named if each]
    counting = [*granted, plan] if plan else granted
    if not counting:
        return None
    return replace(
        plan or max(counting, key=lambda each: each.token_limit),
        token_limit=max(each.token_limit for each in counting),
        run_limit=max(each.run_limit for each in counting),
        cost_limit_nanousd=max(each.cost_limit_nanousd for each in counting),
        requests_per_minute=max(each.requests_per_minute for each in counting),
    )


def with_grants(policy: LimitPolicy, grants: Collection[Grant]) -> LimitPolicy:
    """Return `policy` with the granted tokens and runs added to its limits."""
    if not grants:
        return policy
    return replace(
        policy,
        token_limit=min(policy.token_limit + sum(each.tokens or 0 for each in grants), MAX_LIMIT),
        run_limit=min(policy.run_limit + sum(each.runs or 0 for each in grants), MAX_LIMIT),
        has_grants=True,
    )
