"""Tells how much of its plan a tenant has used, and whether a request fits into what is left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.ledger.usage import Detail
from shared.domain.limits.headroom import is_near_cap
from shared.domain.limits.limits import (
    Consumption,
    LimitPolicy,
    LimitStatus,
    decide,
    policy_for,
    status,
)
from shared.domain.limits.plans import find_plan
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger, PeriodUsage

UNKNOWN_PLAN: Final = "unknown_plan"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Percentages of a limit that warn and that block, where the tenant has none of its own."""

    soft_percent: int
    hard_percent: int

    def policy_of(self, tenant: Tenant) -> LimitPolicy | None:
        """Return the limits of a tenant; None if its plan is unknown."""
        plan = find_plan(tenant.plan)
        if plan is None:
            return None
        return policy_for(plan, tenant.overrides, self.soft_percent, self.hard_percent)


@dataclass(frozen=True, slots=True)
class UsageRequest:
    """How many more tokens and runs are asked for; None: not asked for."""

    tokens: int | None = None
    runs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A decision with its reason, and what it was decided by; without a status where the plan is unknown."""

    allowed: bool
    code: str | None
    reason: str | None
    status: LimitStatus | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Holds tenants to their plans."""

    ledger: Ledger
    thresholds: Thresholds

    def check(self, tenant: Tenant, request: UsageRequest, now: datetime) -> Check:
        """Decide whether `request` fits; with nothing asked for, whether anything is left."""
        used = self._recent(tenant, request, now) or self.ledger.current(tenant, Detail.TOTALS, now)
        policy, where = self.thresholds.policy_of(used.tenant), self.status_of(used)
        if policy is None or where is None:
            reason = f"Plan {used.tenant.plan} is not in the catalog, so it allows nothing."
            return Check(allowed=False, code=UNKNOWN_PLAN, reason=reason, status=None)
        decision = decide(policy, where, request.tokens, request.runs)
        return Check(allowed=decision.allowed, code=decision.code, reason=decision.reason, status=where)

    def current_status(self, tenant: Tenant, now: datetime) -> LimitStatus | None:
        """Return the status of a tenant now; None if its plan is unknown."""
        return self.status_of(self.ledger.current(tenant, Detail.TOTALS, now))

    def status_of(self, used: PeriodUsage) -> LimitStatus | None:
        """Return the status that this usage amounts to; None if the tenant's plan is unknown."""
        plan, policy = find_plan(used.tenant.plan), self.thresholds.policy_of(used.tenant)
        if plan is None or policy is None:
            return None
        return status(plan, policy, used.period, used.consumption)

    def _recent(self, tenant: Tenant, request: UsageRequest, now: datetime) -> PeriodUsage | None:
        """Return what was read within two seconds, unless a limit is so near that it may decide wrongly."""
        used = self.ledger.recent(tenant, now)
        policy = self.thresholds.policy_of(used.tenant) if used else None
        if used is None or policy is None:
            return None
        known = used.consumption
        after = Consumption(known.tokens + (request.tokens or 0), known.runs + (request.runs or 0))
        return None if is_near_cap(policy, after) else used
