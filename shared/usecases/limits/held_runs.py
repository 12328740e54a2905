"""Runs that hold a part of their tenant's limits: read what they may still use, and check a call against it."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from shared.domain.ledger.documents import RunSums, Wanted
from shared.domain.ledger.holds import NOTHING_HELD, Amounts, RunKey, Tree, run_key
from shared.domain.limits.metrics import LimitedMetric, UsageRequest, amount_text
from shared.domain.limits.run_left import has_unknown_price, left_of
from shared.domain.limits.runs import RunLeft
from shared.ports import UsageStore

PRICE_UNKNOWN = "price_unknown"
BUDGET_EXCEEDED = "budget_exceeded"


class HeldRun(NamedTuple):
    """A run that was admitted, with the sums of its events."""

    run_id: str
    sums: RunSums

    @property
    def key(self) -> RunKey:
        return run_key(self.run_id)

    @property
    def root(self) -> RunKey:
        """The root of its tree, which may be itself."""
        return (self.sums.admission and self.sums.admission.root) or self.key

    @property
    def own_holds(self) -> frozenset[RunKey]:
        """The tenant's holds of which its calls use a part."""
        return frozenset({self.root, self.key})


class HoldDenial(NamedTuple):
    """Why a call does not fit the hold of its run."""

    code: str
    reason: str


def taken_below(store: UsageStore, tenant_id: str, run: HeldRun, trees: Mapping[RunKey, Tree]) -> Amounts:
    """Return what the children of a run have taken of its hold; read their tree if it is not among `trees`."""
    if run.sums.admission is None or not run.sums.admission.has_children:
        return NOTHING_HELD
    tree = trees.get(run.root)
    if tree is None:
        wanted = Wanted(trees=frozenset({run.root}))
        tree = store.read(tenant_id, wanted).documents.trees.get(run.root, Tree())
    return tree.taken_below(run.key)


def hold_denial(run: HeldRun, below: Amounts, request: UsageRequest, now: datetime) -> HoldDenial | None:
    """Return why `request` does not fit what the run has left of its hold; None if it fits."""
    if has_unknown_price(run.sums):
        return HoldDenial(PRICE_UNKNOWN, unknown_price_reason(run.run_id))
    left = left_of(run.sums, below, now)
    for metric, remaining in _units(left):
        if remaining is not None and not 0 < remaining >= request.amount(metric):
            unit = "" if metric == "cost" else f" {metric}"
            reason = f"Run {run.run_id} has {amount_text(metric, remaining)}{unit} left of its hold."
            return HoldDenial(BUDGET_EXCEEDED, reason)
    return None


def unknown_price_reason(run_id: str) -> str:
    """Return the sentence that says why nobody knows what a run has left."""
    return f"Calls of run {run_id} have no complete price, so nobody knows what is left of its hold."


def _units(left: RunLeft) -> tuple[tuple[LimitedMetric, int | None], ...]:
    return ("cost", left.cost_nanousd), ("tokens", left.tokens)
