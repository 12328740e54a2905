"""Sums of what open runs have set aside: of a tenant, and of each budget. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from shared.domain.ledger.budget_counts import BudgetSlot, BudgetUnit
from shared.domain.ledger.holds import GRACE, NOTHING_HELD, Amounts, Hold, Holds


@dataclass(frozen=True, slots=True)
class Held:
    """The amounts that are set aside of a tenant's limits, and of the budgets that holds count against."""

    of_tenant: Amounts = NOTHING_HELD
    of_budgets: Mapping[BudgetSlot, Amounts] = field(default_factory=dict)
    begun: int = 0
    """The runs that begin in the commit which is being decided, so that no usage counts them yet."""
    begun_of: Mapping[BudgetSlot, int] = field(default_factory=dict)

    def of(self, slot: BudgetSlot | None, unit: BudgetUnit) -> int:
        """Return what is set aside of a budget; without a slot, of the whole tenant."""
        if unit == "runs":
            return self.begun if slot is None else self.begun_of.get(slot, 0)
        amounts = self.of_tenant if slot is None else self.of_budgets.get(slot, NOTHING_HELD)
        return amounts.of(unit)

    def plus(self, hold: Hold, now: datetime) -> "Held":
        """Return the sums with one more hold."""
        return self._with(hold, hold.outstanding(now))

    def minus(self, hold: Hold, now: datetime) -> "Held":
        """Return the sums without one of the holds."""
        return self._with(hold, NOTHING_HELD.minus(hold.outstanding(now)))

    def with_run(self, budgets: frozenset[BudgetSlot]) -> "Held":
        """Return the sums with a run that begins, and counts towards these budgets."""
        counted = {slot: self.begun_of.get(slot, 0) + 1 for slot in budgets}
        return replace(self, begun=self.begun + 1, begun_of={**self.begun_of, **counted})

    def _with(self, hold: Hold, amounts: Amounts) -> "Held":
        added = {slot: self.of_budgets.get(slot, NOTHING_HELD).plus(amounts) for slot in hold.budgets}
        # A child lies within the hold of its root: see Holds.
        of_tenant = self.of_tenant if hold.parent else self.of_tenant.plus(amounts)
        return replace(self, of_tenant=of_tenant, of_budgets={**self.of_budgets, **added})


NONE_HELD: Final = Held()


def held_by(holds: Holds, now: datetime) -> Held:
    """Return the sums over all holds of a tenant."""
    # A tenant may have thousands, and each decision adds them up: in integers, without an object for each.
    released_until, cost, tokens = now - GRACE, 0, 0
    of_budgets: dict[BudgetSlot, Amounts] = {}
    for hold in holds.by_run.values():
        if hold.is_ended or hold.expires_at <= released_until:
            continue
        (amount_cost, amount_tokens), (drawn_cost, drawn_tokens) = hold.amounts, hold.drawn
        held_cost = amount_cost - drawn_cost if amount_cost > drawn_cost else 0
        held_tokens = amount_tokens - drawn_tokens if amount_tokens > drawn_tokens else 0
        if hold.parent is None:
            cost += held_cost
            tokens += held_tokens
        for slot in hold.budgets:
            before = of_budgets.get(slot, NOTHING_HELD)
            of_budgets[slot] = Amounts(before.cost + held_cost, before.tokens + held_tokens)
    return Held(Amounts(cost, tokens), of_budgets)
