"""Read what is used of a tenant's budgets: by the one function that reads all usage."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.domain.ledger.budget_counts import EVERY_VALUE, BudgetSlot, Spent
from shared.domain.ledger.holds import run_key
from shared.domain.ledger.periods import Period
from shared.domain.ledger.sums import spent_by
from shared.domain.limits.budget_uses import BudgetUse, with_held
from shared.domain.limits.budgets import Budget, BudgetMatcher, ScopedBudget, Spender
from shared.domain.limits.held import Held, held_by
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import BudgetUsage, Ledger
from shared.usecases.ledger.reading_plans import AskedBudgets, AskedWindow
from shared.usecases.limits.look_at_holds import look_at_holds


def budgets_of(tenant: Tenant, spender: Spender, run_id: str | None) -> list[ScopedBudget]:
    """Return the budgets that apply to what a spender does in a run; without a run, none of those of a run."""
    applying = BudgetMatcher.of(tenant.budgets).applying(spender)
    return [each for each in applying if run_id is not None or each.budget.window != "run"]


def ask_for(
    tenant: Tenant, budgets: Iterable[ScopedBudget], run_id: str | None, now: datetime
) -> AskedBudgets:
    """Return what to read for these budgets of the tenant as it is `now`."""
    windows: dict[Period, AskedWindow] = {}
    run_slots: set[BudgetSlot] = set()
    for each in budgets:
        window = _window_of(tenant, each.budget, now)
        own = {each.slot} if each.budget.is_counted else set()
        if window is None:
            run_slots |= own
        else:
            before = windows.get(window, AskedWindow())
            needs_runs = before.needs_runs or (not own and each.budget.unit == "runs")
            windows[window] = AskedWindow(slots=before.slots | own, needs_runs=needs_runs)
    runs = frozenset({run_key(run_id)} if run_id else ())
    return AskedBudgets(windows=windows, runs=runs, run_slots=frozenset(run_slots), holds=tenant.has_holds)


def uses_of(
    read: BudgetUsage, budgets: Iterable[ScopedBudget], run_id: str | None, now: datetime
) -> list[BudgetUse]:
    """Return what is used of each of these budgets."""
    tenant = read.current.tenant
    return [
        BudgetUse(
            budget=each.budget,
            value=each.value,
            window=_window_of(tenant, each.budget, now),
            spent=_spent(read, each, run_id, now),
        )
        for each in budgets
    ]


def read_uses(
    ledger: Ledger, known: Tenant, now: datetime, *, looks_at_runs: bool = True
) -> tuple[Tenant, list[BudgetUse]]:
    """Return the tenant with what is used of each of its budgets, value by value: those that use most come first.

    A budget of each run has no use of its own. Without a look at the open runs, `held` is as admissions last saw it.
    """
    read = ledger.budgets(known, lambda tenant: ask_for(tenant, _every(tenant.budgets), None, now), now)
    tenant, holds = read.current.tenant, read.current.holds
    held = look_at_holds(ledger.store, tenant.id, holds, now) if looks_at_runs else held_by(holds, now)
    uses: list[BudgetUse] = []
    for budget in tenant.budgets:
        if budget.window == "run":
            continue
        named = [ScopedBudget(budget, budget.scope.value)]
        values = _values(read, budget, held, now) if budget.is_each else named
        found = with_held(uses_of(read, values, None, now), held)
        uses += sorted(found, key=lambda use: (use.value == "", -use.used, use.value))
    return tenant, uses


def _every(budgets: Sequence[Budget]) -> list[ScopedBudget]:
    return [ScopedBudget(budget, EVERY_VALUE) for budget in budgets]


def _values(read: BudgetUsage, budget: Budget, held: Held, now: datetime) -> list[ScopedBudget]:
    """Return each value of the budget's scope that has used or set aside some of it."""
    window = _window_of(read.current.tenant, budget, now)
    spent = read.windows[window].spent if window else {}
    slots = dict.fromkeys([*spent, *held.of_budgets])
    return [ScopedBudget(budget, slot.value) for slot in slots if slot.key == budget.key]


def _window_of(tenant: Tenant, budget: Budget, now: datetime) -> Period | None:
    return budget.window_at(tenant.anchor, tenant.created_at, now)


def _spent(read: BudgetUsage, each: ScopedBudget, run_id: str | None, now: datetime) -> Spent:
    budget, slot = each.budget, BudgetSlot(*each.slot)
    window = _window_of(read.current.tenant, budget, now)
    if window is None:
        run = read.runs.get(run_key(run_id)) if run_id else None
        if run is None:
            return Spent()
        return run.budgets.get(slot, Spent()) if budget.is_counted else spent_by(run.totals, budget.unit)
    usage = read.windows[window]
    if budget.is_counted:
        return usage.spent.get(slot, Spent())
    return Spent(usage.runs) if budget.unit == "runs" else spent_by(usage.totals, budget.unit)
