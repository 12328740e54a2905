"""Reading events of sealed batches costs a document for each batch that has some of them, not one for each event."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple, TypeVar

import pytest

from shared.adapters.firestore import FirestoreRpc, FirestoreUsageStore
from shared.domain.metering.sealed_batches import SealedBatch
from shared.domain.metering.sealed_ids import SealedId
from shared.ports import EventsWanted, Operations
from tests.adapters.conftest import Connect
from tests.sample_batches import PRODUCER
from tests.sample_events import NOON, ONE_SHARD, llm_call

T = TypeVar("T")
BATCHES, EVENTS, RUN_EVENTS = 20, 500, 100
STEP = timedelta(seconds=1)
NO_SINGLES = 1
"""A query that finds nothing is billed as one read."""


class Filled(NamedTuple):
    """A tenant with many batches, one after the other."""

    rpc: FirestoreRpc
    store: FirestoreUsageStore

    def cost_of(self, read: Callable[[], T]) -> tuple[T, Operations]:
        with self.rpc.request() as operations:
            return read(), operations


@pytest.fixture
def filled(connect: Connect) -> Filled:
    rpc = connect()
    store = FirestoreUsageStore(rpc, timedelta(days=40))
    for number in range(BATCHES):
        batch_id = f"{PRODUCER}.{number}"
        first = number * EVENTS
        events = [
            llm_call(
                SealedId(batch_id, place).text,
                ts=NOON + (first + place) * STEP,
                run_id=f"run-{(first + place) // RUN_EVENTS}",
            )
            for place in range(EVENTS)
        ]
        store.seal("acme", SealedBatch(id=batch_id, events=events), ONE_SHARD, NOON)
    return Filled(rpc, store)


def test_pages_and_single_events_read_a_document_for_each_batch(filled: Filled) -> None:
    store = filled.store
    page, cost = filled.cost_of(lambda: store.list_events("acme", limit=50))
    assert (len(page.items), cost.calls, cost.reads) == (50, 2, NO_SINGLES + 3)
    page, cost = filled.cost_of(lambda: store.list_events("acme", limit=50, cursor=page.next_cursor))
    assert (len(page.items), cost.calls, cost.reads) == (50, 2, NO_SINGLES + 3)
    middle = EventsWanted(before=NOON + BATCHES * EVENTS // 2 * STEP)
    page, cost = filled.cost_of(lambda: store.list_events("acme", middle, limit=500))
    assert (len(page.items), cost.calls, cost.reads) == (500, 2, NO_SINGLES + 3)
    event, cost = filled.cost_of(lambda: store.find_event("acme", SealedId(f"{PRODUCER}.9", 77).text))
    assert event is not None
    assert (event.ts, cost.calls, cost.reads) == (NOON + (9 * EVENTS + 77) * STEP, 1, 1)
    timeline = EventsWanted(run_id="run-42")
    page, cost = filled.cost_of(lambda: store.list_events("acme", timeline, limit=500))
    assert (len(page.items), cost.calls, cost.reads) == (RUN_EVENTS, 2, NO_SINGLES + 1)
