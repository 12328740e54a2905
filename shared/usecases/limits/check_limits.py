"""Reads a tenant's limit status, and checks whether a request fits its limits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.ledger.usage import Detail
from shared.domain.limits.decisions import decide
from shared.domain.limits.grants import raised_plan, with_grants
from shared.domain.limits.headroom import is_near_cap
from shared.domain.limits.limits import LimitPolicy, LimitStatus, policy_for, status
from shared.domain.limits.metrics import UsageRequest
from shared.domain.limits.plan_catalog import CurrentPlans, PlanCatalog
from shared.domain.limits.plans import Plan
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger, PeriodUsage

UNKNOWN_PLAN: Final = "unknown_plan"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The default percentages of a limit at which a tenant is warned and blocked, and the plans with the limits."""

    soft_percent: int
    hard_percent: int
    plans: CurrentPlans

    def policy_of(self, tenant: Tenant) -> LimitPolicy | None:
        """Return the limits of a tenant with all of its `grants`; None if its plan is unknown and none is granted.

        The tenant's own limits replace those of the plan, and of a granted plan. Granted tokens and runs are added.
        """
        plan = plan_of(tenant, self.plans())
        if plan is None:
            return None
        policy = policy_for(plan, tenant.overrides, self.soft_percent, self.hard_percent)
        return with_grants(policy, tenant.grants)


def plan_of(tenant: Tenant, plans: PlanCatalog) -> Plan | None:
    """Return the tenant's plan as often as it is paid for, raised by the plans that are granted to it.

    Return None if neither is known.
    """
    paid = plans.find(tenant.plan, tenant.plan_version)
    return raised_plan(paid.times(tenant.quantity) if paid else None, tenant.grants, plans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A decision with its reason, and the status it is based on; without a status if the plan is unknown."""

    allowed: bool
    code: str | None
    reason: str | None
    status: LimitStatus | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Checks tenants against the limits of their plans."""

    ledger: Ledger
    thresholds: Thresholds

    def check(self, tenant: Tenant, request: UsageRequest, now: datetime) -> Check:
        """Decide whether `request` fits; an empty request, whether any usage is left."""
        used = self._recent(tenant, request, now) or self.ledger.current(tenant, Detail.TOTALS, now)
        policy, current = self.thresholds.policy_of(used.tenant), self.status_of(used)
        if policy is None or current is None:
            reason = f"Plan {used.tenant.plan} is not in the catalog, so it allows nothing."
            return Check(allowed=False, code=UNKNOWN_PLAN, reason=reason, status=None)
        decision = decide(policy, current, used.consumption, request)
        return Check(allowed=decision.allowed, code=decision.code, reason=decision.reason, status=current)

    def current_status(self, tenant: Tenant, now: datetime) -> LimitStatus | None:
        """Return the status of a tenant now; None if its plan is unknown."""
        return self.status_of(self.ledger.current(tenant, Detail.TOTALS, now))

    def status_of(self, used: PeriodUsage) -> LimitStatus | None:
        """Return the status for this usage; None if the tenant's plan is unknown."""
        plan, policy = plan_of(used.tenant, self.thresholds.plans()), self.thresholds.policy_of(used.tenant)
        if plan is None or policy is None:
            return None
        return status(plan, policy, used.period, used.consumption)

    def _recent(self, tenant: Tenant, request: UsageRequest, now: datetime) -> PeriodUsage | None:
        """Return usage read in the last two seconds, or None near a limit, where it could decide wrongly."""
        used = self.ledger.recent(tenant, now)
        policy = self.thresholds.policy_of(used.tenant) if used else None
        if used is None or policy is None:
            return None
        return None if is_near_cap(policy, used.consumption.after(request)) else used
