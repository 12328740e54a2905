"""UsageStore.seal: a batch counts once, whole, and is found again as it was recorded."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier

from shared.domain.metering.sealed_batches import RejectedItem, SealedBatch
from shared.domain.metering.sealed_ids import SealedId
from shared.ports import UsageStore
from tests.sample_batches import BATCH_ID, batch_of_calls
from tests.sample_events import CALL, NOON, ONE_SHARD, counted, llm_call, times

THREADS = 12


def test_a_batch_is_counted_and_found(store: UsageStore) -> None:
    batch = batch_of_calls(3, run_id="run-1")
    assert store.seal("acme", batch, ONE_SHARD, NOON) is None
    assert counted(store, "acme") == times(3)
    assert store.find_batch("acme", BATCH_ID) == batch
    run = store.find_run("acme", "run-1")
    assert run
    assert run.totals == times(3)


def test_each_event_is_found_by_its_id(store: UsageStore) -> None:
    batch = replace(batch_of_calls(2), rejected={2: RejectedItem("f", (("ts", "ts_too_old"),))})
    store.seal("acme", batch, ONE_SHARD, NOON)
    found = [store.find_event("acme", SealedId(BATCH_ID, number).text) for number in range(4)]
    assert found == [*batch.events, None, None]
    assert store.find_event("bolt", batch.events[0].id) is None


def test_nothing_is_found_of_a_batch_that_does_not_exist(store: UsageStore) -> None:
    assert store.find_batch("acme", BATCH_ID) is None
    assert store.find_event("acme", SealedId(BATCH_ID, 0).text) is None


def test_a_batch_that_exists_is_returned_as_it_was_recorded_first(store: UsageStore) -> None:
    first, other = batch_of_calls(3), batch_of_calls(5, payload="other")
    store.seal("acme", first, ONE_SHARD, NOON)
    assert store.seal("acme", first, ONE_SHARD, NOON) == first
    assert store.seal("acme", other, ONE_SHARD, NOON) == first
    assert counted(store, "acme") == times(3)


def test_batches_of_one_producer_and_of_two_tenants_are_different(store: UsageStore) -> None:
    for tenant_id in ("acme", "bolt"):
        for number in range(2):
            batch = batch_of_calls(1, batch_id=f"{BATCH_ID[:-1]}{number}")
            assert store.seal(tenant_id, batch, ONE_SHARD, NOON) is None
    assert counted(store, "acme") == counted(store, "bolt") == times(2)


def test_many_senders_of_one_batch_record_it_once(store: UsageStore, other_store: UsageStore) -> None:
    batch = batch_of_calls(4)
    calls = [partial(at.seal, "acme", batch, ONE_SHARD, NOON) for at in (store, other_store) * (THREADS // 2)]
    answers = _all_at_once(calls)
    assert answers.count(None) == 1
    assert answers.count(batch) == THREADS - 1
    assert counted(store, "acme") == times(4)


def test_a_batch_beside_events_of_own_ids_adds_to_the_same_counters(store: UsageStore) -> None:
    store.record("acme", [llm_call("own", run_id="run-1")], ONE_SHARD, NOON)
    store.seal("acme", batch_of_calls(2, run_id="run-1"), ONE_SHARD, NOON)
    assert counted(store, "acme") == times(1 + 2)
    run = store.find_run("acme", "run-1")
    assert run
    assert run.totals["calls"] == (1 + 2) * CALL["calls"]


def _all_at_once(calls: Sequence[Callable[[], SealedBatch | None]]) -> list[SealedBatch | None]:
    barrier = Barrier(len(calls))

    def wait_and(call: Callable[[], SealedBatch | None]) -> SealedBatch | None:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(wait_and, calls))
