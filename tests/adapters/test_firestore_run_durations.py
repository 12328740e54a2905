"""Measuring a run: an event that comes between its reading and its writing wins, and is measured next."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.adapters.firestore import FirestoreUsageStore
from shared.domain.metering.run_lists import RunsWanted
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import EveryCall, RecordedCalls
from tests.sample_events import NOON, ONE_SHARD, llm_call, mark

RETENTION, HOUR = timedelta(days=40), timedelta(hours=1)


class BeforeWriting(EveryCall):
    """Does something once, just before documents are written."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work: Callable[[], object] | None = work

    def _intercept(self, proceed: Callable[[], Any], method: str, request: Any) -> Any:
        work = self._work
        if method == "BatchWrite" and work is not None:
            self._work = None
            work()
        return proceed()


def test_a_run_that_changes_while_it_is_measured_is_measured_next_time(connect: Connect) -> None:
    other = FirestoreUsageStore(connect(), RETENTION)
    other.record("acme", [mark("end", "r1", "completed")], ONE_SHARD, NOON)

    def write() -> None:
        other.record("acme", [llm_call("early", run_id="r1", ts=NOON - HOUR)], ONE_SHARD, NOON)

    store = FirestoreUsageStore(connect(BeforeWriting(write)), RETENTION)
    store.measure_runs("acme", 9)
    assert other.list_runs("acme", RunsWanted(sort="duration"), limit=9).items == []
    assert store.measure_runs("acme", 9) == 1
    (run,) = other.list_runs("acme", RunsWanted(sort="duration"), limit=9).items
    assert run.measured_ms == 60 * 60 * 1000


def test_measuring_costs_a_query_and_one_call_for_all_writes(connect: Connect) -> None:
    calls = RecordedCalls()
    store = FirestoreUsageStore(connect(calls), RETENTION)
    store.record("acme", [mark(f"e{n}", f"r{n}", "completed") for n in range(9)], ONE_SHARD, NOON)
    calls.requests.clear()
    assert store.measure_runs("acme", 9) == 9
    assert calls.methods == ["RunQuery", "BatchWrite"]
    calls.requests.clear()
    assert store.measure_runs("acme", 9) == 0
    assert calls.methods == ["RunQuery"]
