"""The meaning of a sum: how much of its cost is known, and which category of usage it is."""

from typing import Literal

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
