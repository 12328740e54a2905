"""The last ticks: at most thirty, newest first, and never only those of a reconciliation."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.platform.ticks import MOST_RECONCILES, MOST_TICKS, TickRun, last_tick_at, with_tick
from tests.sample_events import NOON

RUNS = st.builds(
    TickRun,
    at=st.integers(0, 200).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    job=st.sampled_from(["fold", "reconcile"]),
    milliseconds=st.integers(0, 600_000),
)


@given(st.lists(RUNS, max_size=80))
def test_of_any_ticks_in_any_order_the_newest_are_kept(runs: list[TickRun]) -> None:
    kept: list[TickRun] = []
    for run in runs:
        kept = with_tick(kept, run)
    assert len(kept) <= MOST_TICKS
    assert [each.at for each in kept] == sorted((each.at for each in kept), reverse=True)
    assert sum(each.job == "reconcile" for each in kept) <= MOST_RECONCILES
    folds = sorted((each.at for each in runs if each.job == "fold"), reverse=True)
    least = MOST_TICKS - MOST_RECONCILES
    assert [each.at for each in kept if each.job == "fold"][:least] == folds[:least]
    assert last_tick_at(kept) == max(folds, default=None)


def test_equal_runs_of_a_reconciliation_count_each() -> None:
    run = TickRun(at=NOON, job="reconcile", milliseconds=1)
    kept: list[TickRun] = []
    for _ in range(MOST_RECONCILES + 3):
        kept = with_tick(kept, run)
    assert kept == [run] * MOST_RECONCILES
