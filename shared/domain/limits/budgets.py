"""Budgets: how much a tenant, or one user, workflow, key or tag of it, may use in a window. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from shared.domain.ledger.budget_counts import EVERY_VALUE, BudgetSlot, BudgetUnit, Counted
from shared.domain.ledger.periods import MAX_AGE, MAX_AHEAD, Period, month_of, period_at, start_of

MAX_BUDGETS: Final = 50
"""They are part of the document that every check reads."""
COUNTED_AFTER: Final = timedelta(seconds=60)
"""Writers remember a tenant, and with it the budgets, for this long."""
DEFAULT_BUDGET_THRESHOLDS: Final = (80, 100)

ScopeKind = Literal["tenant", "user", "workflow", "key", "tag"]
BudgetWindow = Literal["run", "day", "week", "month", "period", "total"]
OnReach = Literal["block", "warn"]
OnUnknownPrice = Literal["block", "ignore"]
OnUnreadable = Literal["open", "closed"]

_ONE_DAY = timedelta(days=1)
_ONE_WEEK = timedelta(days=7)


class BudgetScope(NamedTuple):
    """The part of a tenant's usage that counts; the value `*` is each value apart."""

    kind: ScopeKind
    value: str = ""
    name: str = ""
    """The name of a tag."""

    def __str__(self) -> str:
        if self.kind == "tenant":
            return "tenant"
        named = f"{self.name}=" if self.kind == "tag" else ""
        return f"{self.kind}:{named}{self.value}"


TENANT_SCOPE: Final = BudgetScope("tenant")


class Spender(NamedTuple):
    """The user, workflow, API key and tags of an event, or of a call that is planned."""

    user_id: str | None = None
    workflow_id: str | None = None
    key: str | None = None
    tags: Mapping[str, str] | None = None

    def values(self) -> "Iterable[tuple[ScopeKind, str, str]]":
        """Yield each kind of scope that the spender has a value of, with the name of a tag and the value."""
        if self.user_id is not None:
            yield "user", "", self.user_id
        if self.workflow_id is not None:
            yield "workflow", "", self.workflow_id
        if self.key is not None:
            yield "key", "", self.key
        for name, value in (self.tags or {}).items():
            yield "tag", name, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An amount for a scope and a window, and what happens when it is reached."""

    id: str
    scope: BudgetScope
    unit: BudgetUnit
    amount: int
    """Tokens, runs, or nano-USD."""
    window: BudgetWindow
    on_reach: OnReach
    on_unknown_price: OnUnknownPrice
    thresholds: tuple[int, ...] = ()
    """The percentages at which alerts are raised, in rising order."""
    counts_from: datetime
    """When the ledger began, or begins, to count it. A tenant's own budget reads the totals, which always count."""

    @property
    def key(self) -> str:
        """The key under which the ledger counts it: new for each beginning, so that nothing older is counted."""
        return f"{self.id}@{int(self.counts_from.timestamp())}"

    @property
    def is_counted(self) -> bool:
        """Return True if the ledger counts it beside the totals."""
        return self.scope.kind != "tenant"

    @property
    def is_each(self) -> bool:
        """Return True if each value of the scope has the amount for itself."""
        return self.scope.value == EVERY_VALUE

    def slot(self, value: str) -> BudgetSlot:
        """Return the slot in which one value is counted."""
        return BudgetSlot(self.key, value if self.is_each else "")

    def window_at(self, anchor: datetime | None, created_at: datetime, now: datetime) -> Period | None:
        """Return the window that `now` is in; None if each run has its own."""
        midnight = start_of(now.date())
        match self.window:
            case "run":
                return None
            case "day":
                return Period(midnight, midnight + _ONE_DAY)
            case "week":
                monday = midnight - midnight.weekday() * _ONE_DAY
                return Period(monday, monday + _ONE_WEEK)
            case "month":
                return period_at(None, now)
            case "period":
                return period_at(anchor, now)
            case "total":
                begun = max(created_at, self.counts_from) if self.is_counted else created_at
                return Period(start_of(month_of((begun - MAX_AGE).date())), _end_of_days(now))


@dataclass(frozen=True, slots=True)
class ScopedBudget:
    """A budget, and the value of its scope that it applies to; empty for the tenant's own."""

    budget: Budget
    value: str

    @property
    def slot(self) -> BudgetSlot:
        return self.budget.slot(self.value)


@dataclass(frozen=True, slots=True)
class BudgetMatcher:
    """Finds the budgets that apply to a spender, without looking at each of them."""

    of_tenant: tuple[Budget, ...]
    by_scope: Mapping[tuple[ScopeKind, str, str], tuple[Budget, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, budgets: Iterable[Budget]) -> "BudgetMatcher":
        scoped: dict[tuple[ScopeKind, str, str], tuple[Budget, ...]] = {}
        of_tenant: list[Budget] = []
        for budget in budgets:
            kind, value, name = budget.scope
            if kind == "tenant":
                of_tenant.append(budget)
            else:
                scoped[kind, name, value] = (*scoped.get((kind, name, value), ()), budget)
        return cls(tuple(of_tenant), scoped)

    def applying(self, spender: Spender) -> list[ScopedBudget]:
        """Return the budgets that apply to a spender, the tenant's own first."""
        return [*(ScopedBudget(budget, "") for budget in self.of_tenant), *self._scoped(spender)]

    def counting(self, spender: Spender, now: datetime) -> tuple[Counted, ...]:
        """Return the budgets in which an event counts that is recorded now, beside the totals."""
        if not self.by_scope:
            return ()
        return tuple(
            Counted(each.slot, each.budget.unit, each.budget.window == "run")
            for each in self._scoped(spender)
            if now >= each.budget.counts_from
        )

    def _scoped(self, spender: Spender) -> list[ScopedBudget]:
        return [
            ScopedBudget(budget, value)
            for kind, name, value in spender.values()
            for stored in dict.fromkeys((value, EVERY_VALUE))
            for budget in self.by_scope.get((kind, name, stored), ())
        ]


def beginning_again(budget: Budget, before: Budget | None) -> Budget:
    """Return the budget as it is counted on, if what counts in it is still the same; else it begins anew."""
    if before is None or _counting(budget) != _counting(before):
        return budget
    return replace(budget, counts_from=before.counts_from)


def with_budget(budgets: Collection[Budget], budget: Budget) -> tuple[Budget, ...]:
    """Return the budgets with this one in the place of any with its id, in the order of the ids."""
    return tuple(
        sorted([*without_budget(budgets, budget.id), budget], key=lambda each: each.id),
    )


def without_budget(budgets: Collection[Budget], budget_id: str) -> tuple[Budget, ...]:
    """Return the budgets without the one with this id."""
    return tuple(each for each in budgets if each.id != budget_id)


def _counting(budget: Budget) -> tuple[BudgetScope, BudgetUnit, bool]:
    return budget.scope, budget.unit, budget.window == "run"


def _end_of_days(now: datetime) -> datetime:
    """Return the end of the last day that may have usage."""
    return start_of((now + MAX_AHEAD).date()) + _ONE_DAY
