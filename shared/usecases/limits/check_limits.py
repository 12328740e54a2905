"""Reads a tenant's limit status, and checks whether a request fits its limits."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from shared.domain.errors import Unavailable
from shared.domain.ledger.holds import run_key
from shared.domain.ledger.usage import Detail
from shared.domain.limits.budget_uses import BudgetDenial, BudgetUse, first_denial, warnings, with_held
from shared.domain.limits.budgets import Spender
from shared.domain.limits.decisions import decide
from shared.domain.limits.grants import raised_plan, with_grants
from shared.domain.limits.headroom import is_near_cap
from shared.domain.limits.held import Held, held_by
from shared.domain.limits.limits import LimitPolicy, LimitStatus, policy_for, status
from shared.domain.limits.metrics import LimitedMetric, UsageRequest
from shared.domain.limits.plan_catalog import CurrentPlans, PlanCatalog
from shared.domain.limits.plans import Plan
from shared.domain.limits.run_left import is_open
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import BudgetUsage, Ledger, PeriodUsage
from shared.usecases.ledger.reading_plans import AskedBudgets
from shared.usecases.limits.held_runs import HeldRun, hold_denial, taken_below
from shared.usecases.limits.read_budgets import ask_for, budgets_of, uses_of

UNKNOWN_PLAN: Final = "unknown_plan"
USAGE_UNREADABLE: Final = "usage_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A call or a run that is planned: how much it will use, for whom, and in which run."""

    request: UsageRequest = field(default_factory=UsageRequest)
    spender: Spender = field(default_factory=Spender)
    run_id: str | None = None


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
    decided: bool = True
    """False if the usage could not be read, so that the tenant's policy was followed."""
    metric: LimitedMetric | None = None
    """The limit of the plan that denies."""
    denial: BudgetDenial | None = None
    """The budget that denies."""
    warnings: Sequence[BudgetUse] = ()
    """The budgets that only warn, and that would be exceeded."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Checks tenants against the limits of their plans."""

    ledger: Ledger
    thresholds: Thresholds

    def check(self, tenant: Tenant, planned: Planned, now: datetime) -> Check:
        """Decide whether what is planned fits the plan and the budgets; an empty request, whether any usage is left.

        If the usage cannot be read, follow the tenant's policy and say so.
        """
        try:
            return self._decide(tenant, planned, now)
        except Unavailable as error:
            return _undecided(tenant, error)

    def _decide(self, tenant: Tenant, planned: Planned, now: datetime) -> Check:
        read = self._recent(tenant, planned.request, now) or self._read(tenant, planned, now)
        run = read.runs.get(run_key(planned.run_id)) if planned.run_id else None
        if planned.run_id is None or run is None or not is_open(run, now):
            return self.decide(read, planned, held_by(read.current.holds, now), now)
        return self._decide_within(HeldRun(planned.run_id, run), read, planned, now)

    def _decide_within(self, held_run: HeldRun, read: BudgetUsage, planned: Planned, now: datetime) -> Check:
        """Decide for a call of a run: it has to fit the run's hold, which is set aside for it."""
        others = held_by(read.current.holds, now)
        for key in held_run.own_holds & read.current.holds.by_run.keys():
            others = others.minus(read.current.holds.by_run[key], now)
        tenant_id = read.current.tenant.id
        below = taken_below(self.ledger.store, tenant_id, held_run, read.trees)
        denial = hold_denial(held_run, below, planned.request, now)
        check = self.decide(read, planned, others, now)
        if denial is None or not check.allowed:
            return check
        return replace(check, allowed=False, code=denial.code, reason=denial.reason)

    def decide(self, read: BudgetUsage, planned: Planned, held: Held, now: datetime) -> Check:
        """Decide whether what is planned fits beside the usage that was read, and beside what runs have set aside."""
        used, request = read.current, planned.request
        policy, current = self.thresholds.policy_of(used.tenant), self.status_beside(held, used)
        if policy is None or current is None:
            reason = f"Plan {used.tenant.plan} is not in the catalog, so it allows nothing."
            return Check(allowed=False, code=UNKNOWN_PLAN, reason=reason, status=None)
        decision = decide(policy, current, used.consumption.with_held(held), request)
        budgets = budgets_of(used.tenant, planned.spender, planned.run_id)
        uses = with_held(uses_of(read, budgets, planned.run_id, now), held)
        denial = first_denial(uses, request) if decision.allowed else None
        if denial:
            return Check(allowed=False, code=denial.code, reason=denial.reason, status=current, denial=denial)
        return Check(
            allowed=decision.allowed,
            code=decision.code,
            reason=decision.reason,
            status=current,
            metric=decision.metric,
            warnings=warnings(uses, request),
        )

    def _read(self, tenant: Tenant, planned: Planned, now: datetime) -> BudgetUsage:
        def ask(known: Tenant) -> AskedBudgets:
            budgets = budgets_of(known, planned.spender, planned.run_id)
            asked = ask_for(known, budgets, planned.run_id, now)
            return replace(asked, trees=asked.runs) if known.has_holds else asked

        return self.ledger.budgets(tenant, ask, now)

    def current_status(self, tenant: Tenant, now: datetime) -> LimitStatus | None:
        """Return the status of a tenant now; None if its plan is unknown."""
        return self.status_of(self.ledger.current(tenant, Detail.TOTALS, now), now)

    def status_of(self, used: PeriodUsage, now: datetime) -> LimitStatus | None:
        """Return the status for this usage, beside what runs have set aside; None if the plan is unknown."""
        return self.status_beside(held_by(used.holds, now), used)

    def status_beside(self, held: Held, used: PeriodUsage) -> LimitStatus | None:
        """Return the status for this usage beside what is held; None if the plan is unknown."""
        plan, policy = plan_of(used.tenant, self.thresholds.plans()), self.thresholds.policy_of(used.tenant)
        if plan is None or policy is None:
            return None
        return status(plan, policy, used.period, used.consumption.with_held(held))

    def _recent(self, tenant: Tenant, request: UsageRequest, now: datetime) -> BudgetUsage | None:
        """Return usage read in the last two seconds.

        Return None near a limit, where it could decide wrongly, and for a tenant with budgets or holds.
        """
        used = self.ledger.recent(tenant, now)
        policy = self.thresholds.policy_of(used.tenant) if used else None
        if used is None or policy is None or used.tenant.budgets or used.tenant.has_holds:
            return None
        if is_near_cap(policy, used.consumption.after(request)):
            return None
        return BudgetUsage(current=used, windows={}, runs={})


def _undecided(tenant: Tenant, error: Unavailable) -> Check:
    is_allowed = tenant.on_unreadable == "open"
    done = "allowed" if is_allowed else "denied"
    reason = f"The usage cannot be read: {error.message}. Until it can, calls of this tenant are {done}."
    return Check(allowed=is_allowed, code=USAGE_UNREADABLE, reason=reason, status=None, decided=False)
