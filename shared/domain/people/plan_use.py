"""The tenants that have, or will have, a plan: by version, and by what they pay."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.limits.entitlement import Entitlement
from shared.domain.limits.plans import BillingInterval, PlanVersion
from shared.domain.people.tenants import Tenant


@dataclass(frozen=True, slots=True)
class PlanUse:
    """How many tenants have each version of a plan, how many pay for it, and how many have or will have it."""

    tenants: Counter[PlanVersion] = field(default_factory=Counter)
    paying: Counter[tuple[PlanVersion, BillingInterval]] = field(default_factory=Counter)
    in_any_way: Counter[str] = field(default_factory=Counter)
    """By plan: also by a grant, by a change that is scheduled, and after another plan has ended."""

    def versions_of(self, plan_id: str) -> dict[int, int]:
        """Return the number of tenants on each version of a plan that has any."""
        return {each.version: self.tenants[each] for each in sorted(self.tenants) if each.plan == plan_id}


def plan_use(tenants: Iterable[Tenant], now: datetime) -> PlanUse:
    """Count the plans that these tenants have at `now`."""
    use = PlanUse()
    for stored in tenants:
        tenant = stored.at(now)
        use.tenants[tenant.version_of_plan] += 1
        interval = paid_interval(tenant, now)
        if interval is not None:
            use.paying[tenant.version_of_plan, interval] += 1
        use.in_any_way.update(set(_plans_of(tenant, now)))
    return use


def paid_interval(tenant: Tenant, now: datetime) -> BillingInterval | None:
    """Return how often the subscription that grants the plan is billed; None if none does."""
    granted = tenant.entitlement.at(now) if tenant.entitlement else None
    return granted.interval if granted and granted.subscription_id else None


def _plans_of(tenant: Tenant, now: datetime) -> Iterator[str]:
    yield tenant.plan
    yield from (grant.plan for grant in tenant.grants if grant.plan)
    if tenant.billing.scheduled_plan:
        yield tenant.billing.scheduled_plan
    granted: Entitlement | None = tenant.entitlement.at(now) if tenant.entitlement else None
    while granted is not None:
        yield granted.plan
        granted = granted.then
