"""The use of budgets, and the decision whether a request still fits. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from shared.domain.ledger.budget_counts import Spent
from shared.domain.ledger.periods import Period
from shared.domain.limits.budgets import Budget
from shared.domain.limits.held import Held
from shared.domain.limits.limits import percent_hundredths
from shared.domain.limits.metrics import UsageRequest, amount_text

BudgetCode = Literal["budget_exceeded", "price_unknown"]
_WINDOWS: Final = {
    "run": "a run",
    "day": "a day",
    "week": "a week",
    "month": "a month",
    "period": "a metering period",
    "total": "in total",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUse:
    """The use of a budget in its current window, by one value of its scope."""

    budget: Budget
    value: str
    """The user, workflow, key or tag value; empty for the tenant, and for values without a place of their own."""
    window: Period | None
    """None for a run."""
    spent: Spent
    held: int = 0
    """Set aside by runs in progress."""

    @property
    def used(self) -> int:
        return self.spent.amount

    @property
    def is_complete(self) -> bool:
        """False if calls are unpriced or incomplete, so that more may be used."""
        return not self.spent.unknown_calls

    @property
    def left(self) -> int:
        return max(0, self.budget.amount - self.used - self.held)

    @property
    def percent(self) -> float:
        """The percentage that is used, cut to two decimals; may exceed 100."""
        return percent_hundredths(self.used, self.budget.amount) / 100

    @property
    def resets_at(self) -> datetime | None:
        """The start of the next window; None for one without an end."""
        return None if self.window is None or self.budget.window == "total" else self.window.end

    def fits(self, requested: int) -> bool:
        """Return whether so much more fits. After all of the amount is used or set aside, nothing does."""
        return 0 < self.left >= requested

    def reached(self) -> list[int]:
        """Return the thresholds that are reached, in rising order."""
        return [
            each
            for each in self.budget.thresholds
            if self.used and 100 * self.used >= each * self.budget.amount
        ]


def with_held(uses: Iterable[BudgetUse], held: Held) -> list[BudgetUse]:
    """Return the uses with what runs have set aside. A budget of each run is set aside by nobody else."""
    return [use if use.window is None else replace(use, held=_held_of(use, held)) for use in uses]


def _held_of(use: BudgetUse, held: Held) -> int:
    budget = use.budget
    return held.of(budget.slot(use.value) if budget.is_counted else None, budget.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetDenial:
    """The budget for which a request is denied, and why."""

    use: BudgetUse
    code: BudgetCode
    reason: str


def first_denial(uses: Iterable[BudgetUse], request: UsageRequest) -> BudgetDenial | None:
    """Return the first budget that denies `request`; None if it fits all of them.

    Budgets of runs are checked if runs or nothing at all is requested, as the limits of a plan are.
    """
    for use in uses:
        budget = use.budget
        if not use.is_complete and budget.on_unknown_price == "block":
            return BudgetDenial(use=use, code="price_unknown", reason=_unknown(use))
        if budget.on_reach == "block" and not _fits(use, request):
            return BudgetDenial(use=use, code="budget_exceeded", reason=_exceeded(use, request))
    return None


def warnings(uses: Iterable[BudgetUse], request: UsageRequest) -> list[BudgetUse]:
    """Return the budgets that only warn, and that `request` does not fit."""
    return [use for use in uses if use.budget.on_reach == "warn" and not _fits(use, request)]


def _fits(use: BudgetUse, request: UsageRequest) -> bool:
    unit = use.budget.unit
    if unit == "runs" and not (request.amount("runs") or request.is_empty):
        return True
    return use.fits(request.amount(unit))


def _exceeded(use: BudgetUse, request: UsageRequest) -> str:
    requested = request.amount(use.budget.unit)
    excess = f", so {_text(use, requested)} more would not fit" if use.left else ""
    known = "" if use.is_complete else "at least "
    resets = f"; it resets at {use.resets_at:%Y-%m-%dT%H:%M:%SZ}" if use.resets_at else ""
    reserved = f" and {_text(use, use.held)} reserved" if use.held else ""
    used = f"{known}{_text(use, use.used)} is used{reserved}"
    return f"{_named(use)} allows {_amount(use)}, and {used}{excess}{resets}."


def _unknown(use: BudgetUse) -> str:
    calls = use.spent.unknown_calls
    priced = "1 call has" if calls == 1 else f"{calls:,} calls have"
    return (
        f"{_named(use)} allows {_amount(use)}, but {priced} no complete price, so nobody knows what is left."
    )


def _named(use: BudgetUse) -> str:
    budget = use.budget
    of = f" for {use.value!r}" if budget.is_each else ""
    return f"Budget {budget.id}{of}"


def _amount(use: BudgetUse) -> str:
    unit, amount = use.budget.unit, use.budget.amount
    named = "" if unit == "cost" else f" {unit.removesuffix('s') if amount == 1 else unit}"
    return f"{_text(use, amount)}{named} {_WINDOWS[use.budget.window]}"


def _text(use: BudgetUse, amount: int) -> str:
    return amount_text(use.budget.unit, amount)
