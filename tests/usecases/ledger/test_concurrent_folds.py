"""Folds that run at the same time, and events recorded meanwhile, end in the plain sum."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import grpc
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.ledger.periods import period_at
from shared.domain.metering.recording import RecordedEvent
from shared.ports import UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from tests.sample_events import NOON, ONE_SHARD, llm_call, writing
from tests.usecases.conftest import FirestorePlace, MemoryPlace, Place
from tests.usecases.interleaving import Interleaving
from tests.usecases.plain_sums import current, folded, new_tenant, plain_sums, tick

NAMES = ("openai", "google")
FOLDERS = WRITERS = 3
BATCHES = 6
WRITTEN = range(10, 10 + BATCHES)


def batch_of(number: int, *, size: int = 2, days: int = 2) -> list[RecordedEvent]:
    """Events of the last days, of two providers and a run."""
    return [
        llm_call(
            f"e{number}.{index}",
            ts=NOON - timedelta(days=(number + index) % days),
            provider=NAMES[number % 2],
            run_id=f"r{number % 3}",
        )
        for index in range(size)
    ]


def fold_at(now: datetime) -> Callable[[UsageStore], None]:
    """A process that folds; one that keeps losing against others is sent its tick again."""

    def fold(store: UsageStore) -> None:
        with suppress(Unavailable, ExceptionGroup):
            fold_tenants(TenantFolder(store), ["acme"], now)

    return fold


def write(store: UsageStore) -> None:
    """A process that records events of today: those of yesterday would show after the next fold only."""
    for number in WRITTEN:
        store.record("acme", batch_of(number, days=1), ONE_SHARD, NOON)


@given(st.lists(st.integers(0, 2), max_size=60))
def test_every_interleaving_of_two_folds_and_a_writer_ends_in_the_plain_sum(schedule: list[int]) -> None:
    store = MemoryStore()
    tenant = new_tenant(store)
    store.record("acme", batch_of(0), ONE_SHARD, NOON)
    Interleaving().run(schedule, store, [fold_at(NOON), fold_at(NOON + timedelta(seconds=30)), write])
    events = batch_of(0) + [event for number in WRITTEN for event in batch_of(number, days=1)]
    expected = plain_sums(events, period_at(None, NOON))
    assert current(store, tenant, NOON).totals == expected.totals
    tick(store, NOON + timedelta(minutes=1))
    assert folded(store, tenant, NOON) == expected


def check_threads(place: Place, counter_shards: int) -> None:
    tenant = new_tenant(place.directory, counters=writing(counter_shards))

    def record(writer: int) -> None:
        store = place.open()
        for number in range(BATCHES):
            batch = batch_of(writer * BATCHES + number)
            store.record("acme", batch, writing(counter_shards), NOON)
            # A neighbour's, again: two instances that were sent the same events.
            store.record(
                "acme", batch_of((writer * BATCHES + number + BATCHES) % (WRITERS * BATCHES)), ONE_SHARD, NOON
            )

    def fold(folder: int) -> None:
        for number in range(BATCHES):
            fold_at(NOON + timedelta(seconds=folder + number))(place.open())

    with ThreadPoolExecutor(WRITERS + FOLDERS) as pool:
        futures = [pool.submit(record, number) for number in range(WRITERS)]
        futures += [pool.submit(fold, number) for number in range(FOLDERS)]
    assert [future.result() for future in futures] == [None] * (WRITERS + FOLDERS)
    store = place.open()
    tick(store, NOON + timedelta(minutes=1))
    events = [event for number in range(WRITERS * BATCHES) for event in batch_of(number)]
    assert folded(store, tenant, NOON) == plain_sums(events, period_at(None, NOON))


def test_in_memory_concurrent_folds_and_writers_end_in_the_plain_sum() -> None:
    check_threads(MemoryPlace(), counter_shards=2)


def test_in_firestore_concurrent_folds_and_writers_end_in_the_plain_sum(
    firestore_channel: grpc.Channel,
) -> None:
    check_threads(FirestorePlace(firestore_channel), counter_shards=2)


def test_a_fold_that_read_before_another_saved_reads_again(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    memory.record("acme", batch_of(0, size=1), ONE_SHARD, NOON)
    # The first has read its counters, its third call, when an event comes and the second folds it.
    Interleaving().run(
        [0, 0, 0, 2, *[1] * 20],
        memory,
        [
            fold_at(NOON),
            fold_at(NOON),
            lambda store: store.record("acme", batch_of(2, size=1), ONE_SHARD, NOON),
        ],
    )
    expected = plain_sums([*batch_of(0, size=1), *batch_of(2, size=1)], period_at(None, NOON))
    assert folded(memory, tenant, NOON) == expected
    assert memory.dirty_counters("acme") == []
