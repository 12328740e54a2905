"""Runs that are older than outcomes, names and durations are listed, and their next end makes them like others."""

from datetime import timedelta

import pytest

from shared.adapters.firestore import FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.encoding import microseconds
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.people.tenants import set_write
from shared.domain.metering.run_lists import RunsWanted, StatusAt
from shared.domain.metering.runs import Run
from tests.adapters.conftest import Connect
from tests.sample_events import CALL, NOON, ONE_SHARD, llm_call, mark, times

HOUR = timedelta(hours=1)
OLD = {
    "id": "old",
    "began_at_us": microseconds(NOON - HOUR),
    "last_at_us": microseconds(NOON),
    "totals": CALL,
    "is_completed": True,
}
"""The document of a run as releases before the sorted list wrote it."""
COMPLETED = RunsWanted(status=StatusAt("completed", NOON))
BY_DURATION = RunsWanted(sort="duration")


@pytest.fixture
def rpc(connect: Connect) -> FirestoreRpc:
    return connect()


@pytest.fixture
def store(rpc: FirestoreRpc) -> FirestoreUsageStore:
    """Return a store with an old run, and an old one without cost."""
    paths = TenantPaths(rpc.documents, "acme")
    free = {**OLD, "id": "old-free", "totals": {"errors": 1}, "began_at_us": microseconds(NOON - 2 * HOUR)}
    rpc.commit([set_write(paths.run(str(each["id"])), each) for each in (OLD, free)])
    return FirestoreUsageStore(rpc, timedelta(days=40))


def ids(store: FirestoreUsageStore, wanted: RunsWanted) -> list[str]:
    return [run.id for run in store.list_runs("acme", wanted, limit=9).items]


def test_an_old_run_is_read_as_it_was(store: FirestoreUsageStore) -> None:
    expected = Run(id="old", began_at=NOON - HOUR, last_at=NOON, totals=CALL, is_completed=True)
    assert store.find_run("acme", "old") == expected


def test_an_old_run_is_found_by_start_id_and_what_it_used_and_not_by_what_it_lacks(
    store: FirestoreUsageStore,
) -> None:
    assert ids(store, RunsWanted()) == ["old", "old-free"]
    assert ids(store, RunsWanted(id_prefix="old")) == ["old", "old-free"]
    assert ids(store, RunsWanted(sort="cost")) == ids(store, RunsWanted(sort="tokens")) == ["old"]
    assert store.measure_runs("acme", 9) == 0
    assert ids(store, BY_DURATION) == ids(store, COMPLETED) == []


def test_an_old_run_is_like_others_after_its_next_end(store: FirestoreUsageStore) -> None:
    late = llm_call("late", run_id="old", ts=NOON + HOUR)._replace(user_id="ada")
    store.record("acme", [late, mark("end", "old", "completed", ts=NOON + HOUR)], ONE_SHARD, NOON)
    assert store.measure_runs("acme", 9) == 1
    assert (
        ids(store, BY_DURATION) == ids(store, COMPLETED) == ids(store, RunsWanted(user_id="ada")) == ["old"]
    )
    (run,) = store.list_runs("acme", BY_DURATION, limit=1).items
    assert (run.totals, run.measured_ms) == (times(2), 2 * 60 * 60 * 1000)
