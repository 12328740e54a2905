"""Counters and runs are compared with the events; every amount that differs is found and named."""

from datetime import date, timedelta

import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.ledger.counters import counter_write
from shared.adapters.firestore.metering.events import run_write
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.memory import MemoryStore
from shared.domain.errors import NotFound
from shared.domain.ledger.counters import Cell, Cells, Series, ShardRef
from shared.domain.metering.deltas import DayDelta
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import Run
from shared.ports import UsageStore
from shared.usecases.ledger.verify_counters import Drift, Verification, verify_counters
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, llm_call, mark, writing
from tests.usecases.conftest import RETENTION
from tests.usecases.plain_sums import new_tenant, tick

SINCE = TODAY - RETENTION + timedelta(days=1)
PLACE = "2026-11-20 12h openai gpt-4.1-mini"


def verify(store: UsageStore) -> Verification:
    return verify_counters(store, "acme", RETENTION, NOON)


def events() -> list[RecordedEvent]:
    """Calls of several days, series and runs, over more than one page."""
    calls = [
        llm_call(
            f"e{number}", ts=NOON - timedelta(hours=number), model=f"m{number % 3}", run_id=f"r{number % 5}"
        )
        for number in range(520)
    ]
    return [*calls, mark("end", "r0", "failed")]


def test_a_tenant_that_does_not_exist_is_not_found(memory: MemoryStore) -> None:
    with pytest.raises(NotFound, match="'acme'"):
        verify(memory)


def test_a_tenant_without_usage_has_no_drift(memory: MemoryStore) -> None:
    new_tenant(memory)
    assert verify(memory) == Verification(SINCE, 0, [])


def test_what_was_recorded_in_any_way_has_no_drift(memory: MemoryStore) -> None:
    new_tenant(memory, counters=writing(4))
    recorded = events()
    for start in (0, 100, 90, 300):
        memory.record("acme", recorded[start : start + 230], writing(4), NOON)
    tick(memory, NOON)
    assert verify(memory) == Verification(SINCE, 521, [])


def test_firestore_has_no_drift_either(firestore_rpc: FirestoreRpc) -> None:
    new_tenant(FirestoreDirectory(firestore_rpc), counters=writing(2))
    store = FirestoreUsageStore(firestore_rpc, RETENTION)
    for start in (0, 15):
        store.record("acme", events()[start : start + 30], writing(2), NOON)
    assert verify(store) == Verification(SINCE, 45, [])


def test_counts_that_no_event_explains_are_named_with_hour_series_and_metric(
    firestore_rpc: FirestoreRpc,
) -> None:
    new_tenant(FirestoreDirectory(firestore_rpc))
    store = FirestoreUsageStore(firestore_rpc, RETENTION)
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    planted: Cells = {Cell(12, Series("openai", "gpt-4.1-mini")): {"calls": 2}}
    name = TenantPaths(firestore_rpc.documents, "acme").counter(ShardRef(TODAY, 0))
    firestore_rpc.commit([counter_write(name, DayDelta(planted, set()), NOON)])
    assert verify(store).drifts == [Drift(place=PLACE, metric="calls", counted=1 + 2, expected=1)]


def test_a_run_that_no_event_explains_is_named(firestore_rpc: FirestoreRpc) -> None:
    new_tenant(FirestoreDirectory(firestore_rpc))
    store = FirestoreUsageStore(firestore_rpc, RETENTION)
    store.record("acme", [llm_call("e1", run_id="r1")], ONE_SHARD, NOON)
    paths = TenantPaths(firestore_rpc.documents, "acme")
    for run_id in ("r1", "r2"):
        firestore_rpc.commit(
            [run_write(paths.run(run_id), Run(id=run_id, began_at=NOON, last_at=NOON, totals={"errors": 1}))]
        )
    drifts = sorted(verify(store).drifts, key=lambda drift: drift.place)
    assert drifts == [
        Drift(place="run r1", metric="errors", counted=1, expected=0),
        Drift(place="run r2", metric="errors", counted=1, expected=0),
    ]


class _Forgetful(MemoryStore):
    """A store that stores events and forgets to count one of them, or its run."""

    def forget(self, event: RecordedEvent) -> None:
        """Store `event` alone, which no other way of recording does."""
        self._usage["acme"].events[event.id] = event


def test_an_event_that_was_not_counted_is_named_metric_by_metric() -> None:
    store = _Forgetful()
    new_tenant(store)
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    store.forget(llm_call("e2"))
    assert verify(store).drifts == [
        Drift(place=PLACE, metric=metric, counted=CALL[metric], expected=2 * CALL[metric])
        for metric in sorted(CALL)
    ]


def test_a_run_that_was_not_counted_is_named() -> None:
    store = _Forgetful()
    new_tenant(store)
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    store.forget(llm_call("e2", run_id="r1"))
    places = {drift.place for drift in verify(store).drifts}
    assert places == {PLACE, "run r1"}


@pytest.mark.parametrize(("day", "is_compared"), [(SINCE, True), (SINCE - timedelta(days=1), False)])
def test_days_whose_events_may_have_expired_are_left_out(day: date, is_compared: bool) -> None:
    store = _Forgetful()
    new_tenant(store)
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    at = NOON - (TODAY - day)
    store.forget(llm_call("old", ts=at, run_id="r1"))
    assert bool(verify(store).drifts) == is_compared


def test_a_run_that_began_before_the_compared_days_is_no_drift() -> None:
    store = _Forgetful()
    new_tenant(store)
    before = NOON - (TODAY - SINCE) - timedelta(days=1)
    store.record(
        "acme", [llm_call("e1", ts=before, run_id="r1"), llm_call("e2", run_id="r1")], ONE_SHARD, NOON
    )
    assert verify(store) == Verification(SINCE, 1, [])
