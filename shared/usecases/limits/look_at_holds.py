"""Look up how much of their holds the open runs have used, for pages that show what is held."""

from datetime import datetime
from typing import Final

from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import NOTHING_HELD, Holds
from shared.domain.limits.held import Held, held_by
from shared.domain.limits.hold_book import HoldBook
from shared.domain.limits.run_left import drawn_of
from shared.ports import UsageStore

MOST_RUNS: Final = 100
"""A document read each. With more runs, a page shows what is held as admissions last saw it."""


def look_at_holds(store: UsageStore, tenant_id: str, holds: Holds, now: datetime) -> Held:
    """Return what is set aside of a tenant's limits, less what its open runs have used by now."""
    roots = {run: hold for run, hold in holds.by_run.items() if hold.parent is None}
    open_roots = {run for run, hold in roots.items() if hold.outstanding(now) != NOTHING_HELD}
    if not 0 < len(open_roots) <= MOST_RUNS:
        return held_by(holds, now)
    parents = frozenset(run for run in open_roots if roots[run].has_children)
    trees = store.read(tenant_id, Wanted(trees=parents)).documents.trees if parents else {}
    below = {run for tree in trees.values() for run, hold in tree.by_run.items() if not hold.is_ended}
    if len(open_roots | below) > MOST_RUNS:
        return held_by(holds, now)
    found = store.read(tenant_id, Wanted(runs=frozenset(open_roots | below))).documents.runs
    drawn = {run: drawn_of(sums.totals) for run, sums in found.items()}
    book = HoldBook(holds, trees, now)
    for run in open_roots:
        book.see(run, drawn)
    return book.held
