"""Hold what a run asks for against the plan and the budgets of its tenant, by the rules of a check."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.holds import Amounts, Hold, RunSpender
from shared.domain.limits.budget_uses import BudgetDenial, first_denial, with_held
from shared.domain.limits.budgets import BudgetMatcher, ScopedBudget, Spender
from shared.domain.limits.held import Held
from shared.domain.limits.limits import LimitStatus
from shared.domain.limits.metrics import UsageRequest
from shared.domain.limits.runs import Refusal, RunRefused
from shared.usecases.ledger.ledger import BudgetUsage
from shared.usecases.limits.check_limits import Check, Limits, Planned
from shared.usecases.limits.read_budgets import budgets_of, uses_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedHold:
    """A run that asks for a hold, or for more of it."""

    run_id: str
    spender: RunSpender
    amounts: Amounts
    begins: bool
    """Whether it counts as a run more."""

    @property
    def request(self) -> UsageRequest:
        return UsageRequest(self.amounts.tokens, int(self.begins), self.amounts.cost)

    @property
    def run_alone(self) -> UsageRequest:
        """The request without the dollars and tokens, which its root holds already."""
        return UsageRequest(0, int(self.begins), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionLimits:
    """The plan and the budgets of a tenant, and what was used of them when they were read."""

    limits: Limits
    usage: BudgetUsage
    now: datetime

    def require_room(self, asked: AskedHold, held: Held) -> None:
        """Raise RunRefused if what is asked does not fit beside what is used and held."""
        self._require(self._check(asked, asked.request, held), asked, held)

    def require_room_of_child(self, asked: AskedHold, held: Held, root: Hold) -> None:
        """Raise RunRefused if a child does not fit.

        Its amounts are part of what its root holds, except in the budgets that apply to the child alone.
        """
        self._require(self._check(asked, asked.run_alone, held), asked, held)
        own = [each for each in self._budgets(asked) if _is_own(each, root)]
        uses = with_held(uses_of(self.usage, own, asked.run_id, self.now), held)
        if denial := first_denial(uses, asked.request):
            raise RunRefused(_of_budget(denial, asked))

    def status(self, held: Held) -> LimitStatus | None:
        """Return the tenant's status beside what is held."""
        return self.limits.status_beside(held, self.usage.current)

    def slots_of(self, spender: RunSpender) -> frozenset[BudgetSlot]:
        """Return the budgets that a hold counts against, beside those of the whole tenant."""
        budgets = budgets_of(self.usage.current.tenant, spender_of(spender), None)
        return frozenset(each.slot for each in budgets if each.budget.is_counted)

    def runs_slots_of(self, spender: RunSpender) -> frozenset[BudgetSlot]:
        """Return the budgets of runs that count a run which begins, beside those of the whole tenant."""
        matcher = BudgetMatcher.of(self.usage.current.tenant.budgets)
        counting = matcher.counting(spender_of(spender), self.now)
        return frozenset(each.slot for each in counting if each.unit == "runs" and not each.is_by_run)

    def _check(self, asked: AskedHold, request: UsageRequest, held: Held) -> Check:
        planned = Planned(request=request, spender=spender_of(asked.spender), run_id=asked.run_id)
        return self.limits.decide(self.usage, planned, held, self.now)

    def _require(self, check: Check, asked: AskedHold, held: Held) -> None:
        if check.allowed:
            return
        if check.denial:
            raise RunRefused(_of_budget(check.denial, asked))
        raise RunRefused(self._of_plan(check, asked, held))

    def _of_plan(self, check: Check, asked: AskedHold, held: Held) -> Refusal:
        policy = self.limits.thresholds.policy_of(self.usage.current.tenant)
        code, reason = check.code or "", check.reason or ""
        if check.metric is None or policy is None:
            return Refusal(code=code, reason=reason, scope="plan")
        used = self.usage.current.consumption.with_held(held)
        return Refusal(
            code=code,
            reason=reason,
            scope="plan",
            metric=check.metric,
            limit=policy.caps[check.metric].hard,
            used=used.used(check.metric),
            held=used.held(check.metric),
            asked=asked.request.amount(check.metric),
            resets_at=self.usage.current.period.end,
        )

    def _budgets(self, asked: AskedHold) -> Sequence[ScopedBudget]:
        return budgets_of(self.usage.current.tenant, spender_of(asked.spender), asked.run_id)


def spender_of(spender: RunSpender) -> Spender:
    """Return the spender whose budgets apply to an admitted run."""
    return Spender(spender.user_id, spender.workflow_id, spender.key, dict(spender.tags))


def _is_own(each: ScopedBudget, root: Hold) -> bool:
    budget = each.budget
    return budget.window == "run" or (budget.is_counted and each.slot not in root.budgets)


def _of_budget(denial: BudgetDenial, asked: AskedHold) -> Refusal:
    use = denial.use
    return Refusal(
        code=denial.code,
        reason=denial.reason,
        scope=f"budget:{use.budget.id}",
        value=use.value if use.budget.is_each else None,
        metric=use.budget.unit,
        limit=use.budget.amount,
        used=use.used,
        held=use.held,
        asked=asked.request.amount(use.budget.unit),
        resets_at=use.resets_at,
    )
