"""The meaning of a sum: how much of its cost is known, and which category of usage it is."""

from typing import Literal

from shared.domain.ledger.budget_counts import BudgetUnit, HourCount, Spent, run_mark
from shared.domain.ledger.counters import Totals

SumCostStatus = Literal["complete", "incomplete", "unknown"]
"""`complete`: nothing is left out; the estimates of callers count. `incomplete`: the cost is at least this much: it
leaves out unpriced calls and a part of incomplete ones. `unknown`: the same, and nothing of the cost is known."""

SumCategory = Literal["llm", "tool", "other"]
"""The category of a series: `llm` if any of its events is a model's call, else `tool` if any is a tool's call."""


def cost_status_of(totals: Totals) -> SumCostStatus:
    """Return how much of the cost of `totals` is known."""
    if not (totals.get("unpriced_calls") or totals.get("incomplete_calls")):
        return "complete"
    return "incomplete" if totals.get("cost_nanousd") else "unknown"


def category_of(totals: Totals) -> SumCategory:
    """Return the category of a series with these totals."""
    if totals.get("calls"):
        return "llm"
    return "tool" if totals.get("tool_calls") else "other"


def spent_by(amounts: Totals, unit: BudgetUnit) -> Spent:
    """Return what amounts count towards a budget of tokens or cost."""
    if unit == "tokens":
        return Spent(amounts.get("total_tokens", 0))
    unknown = amounts.get("unpriced_calls", 0) + amounts.get("incomplete_calls", 0)
    return Spent(amounts.get("cost_nanousd", 0), unknown)


def count_of(amounts: Totals, run_id: str | None, unit: BudgetUnit) -> HourCount | None:
    """Return what an event counts towards a budget; None if nothing."""
    if unit == "runs":
        return HourCount(runs={run_mark(run_id)}) if run_id is not None else None
    spent = spent_by(amounts, unit)
    return HourCount(*spent) if any(spent) else None
