"""Sets the durations by which runs are sorted: recording knows a run's first and last event, never both at once."""

from collections.abc import Iterable
from typing import Final

from shared.ports import UsageStore
from shared.usecases.ledger.fold_day import FoldedDay

RUNS_AT_ONCE: Final = 500
MOST_RUNS: Final = 10_000
"""The most runs that one fold of a tenant measures: a few seconds of work."""


def measure_runs(store: UsageStore, tenant_id: str, folded: Iterable[FoldedDay]) -> bool:
    """Measure ended runs that have changed since the last fold; return False if there may be more of them."""
    if not any(shard.run_hours for each in folded for shard in each.shards):
        return True
    return any(
        store.measure_runs(tenant_id, RUNS_AT_ONCE) < RUNS_AT_ONCE for _ in range(0, MOST_RUNS, RUNS_AT_ONCE)
    )
