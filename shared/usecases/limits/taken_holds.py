"""Read what the children of runs have taken of the holds of these runs."""

from collections.abc import Iterable, Mapping

from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import NOTHING_HELD, Amounts, RunKey, run_key
from shared.domain.metering.runs import Run
from shared.ports import UsageStore


def taken_by_children(store: UsageStore, tenant_id: str, runs: Iterable[Run]) -> Mapping[str, Amounts]:
    """Return by run what its children have taken, in one round trip, or none if no open run has children.

    The end of a run says itself what the runs below it have used. A tree that is released takes nothing.
    """
    parents = {run.id: _root(run) for run in runs if _has_open_hold(run)}
    if not parents:
        return {}
    trees = store.read(tenant_id, Wanted(trees=frozenset(parents.values()))).documents.trees
    return {
        run_id: trees[root].taken_below(run_key(run_id)) if root in trees else NOTHING_HELD
        for run_id, root in parents.items()
    }


def _has_open_hold(run: Run) -> bool:
    return run.end is None and run.admission is not None and run.admission.has_children


def _root(run: Run) -> RunKey:
    return (run.admission and run.admission.root) or run_key(run.id)
