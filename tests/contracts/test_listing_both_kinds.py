"""Lists of events of both kinds: with documents of their own and in sealed batches, by time, each once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.sealed_batches import SealedBatch
from shared.domain.metering.sealed_ids import SealedId
from shared.ports import EventsWanted, UsageStore
from shared.ports.ledger import ALL_EVENTS
from shared.ports.pages import PAGE_BYTES
from tests.properties import ON_EACH_STORE
from tests.sample_batches import PRODUCER, batch_of_calls
from tests.sample_events import NOON, ONE_SHARD, llm_call

MINUTE = timedelta(minutes=1)
minutes = st.integers(0, 90)
runs = st.sampled_from([None, "r1", "r2"])
single = st.tuples(minutes, runs)
batch = st.lists(single, min_size=1, max_size=5)
history = st.tuples(st.lists(single, max_size=8), st.lists(batch, max_size=5))


def sealed(number: int, items: Sequence[tuple[int, str | None]]) -> SealedBatch:
    """Return a batch of calls so many minutes after noon, in runs."""
    batch_id = f"{PRODUCER}.{number}"
    events = [
        llm_call(SealedId(batch_id, place).text, ts=NOON + minute * MINUTE, run_id=run)
        for place, (minute, run) in enumerate(items)
    ]
    return SealedBatch(id=batch_id, events=events)


def record(
    store: UsageStore,
    tenant_id: str,
    singles: Sequence[tuple[int, str | None]],
    batches: Sequence[SealedBatch],
) -> list[RecordedEvent]:
    """Record all, and return the events of both kinds."""
    own = [
        llm_call(f"own-{place}", ts=NOON + at * MINUTE, run_id=run) for place, (at, run) in enumerate(singles)
    ]
    if own:
        store.record(tenant_id, own, ONE_SHARD, NOON)
    for each in batches:
        assert store.seal(tenant_id, each, ONE_SHARD, NOON) is None
    return [*own, *(event for each in batches for event in each.events)]


def pages(
    store: UsageStore, tenant_id: str, wanted: EventsWanted = ALL_EVENTS, limit: int = 3
) -> list[RecordedEvent]:
    found: list[RecordedEvent] = []
    cursor: str | None = None
    while True:
        page = store.list_events(tenant_id, wanted, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += page.items
        if (cursor := page.next_cursor) is None:
            return found


@given(history=history, run=runs, start=minutes, length=st.integers(1, 60), limit=st.integers(1, 7))
@ON_EACH_STORE
def test_each_event_is_listed_once_by_time_whatever_its_kind(
    history: tuple[list[tuple[int, str | None]], list[list[tuple[int, str | None]]]],
    run: str | None,
    start: int,
    length: int,
    limit: int,
    store: UsageStore,
) -> None:
    singles, batches = history
    tenant_id = f"t{uuid4().hex[:8]}"
    events = record(store, tenant_id, singles, [sealed(place, items) for place, items in enumerate(batches)])
    since = NOON + start * MINUTE
    for wanted in (ALL_EVENTS, EventsWanted(run_id=run, since=since, before=since + length * MINUTE)):
        listed = pages(store, tenant_id, wanted, limit)
        assert sorted(event.id for event in listed) == sorted(
            event.id for event in events if wanted.includes(event)
        )
        assert [event.ts for event in listed] == sorted((event.ts for event in listed), reverse=True)
    assert sorted(event.id for event in store.scan_events(tenant_id)) == sorted(event.id for event in events)


def test_a_list_goes_on_after_any_event_of_it(store: UsageStore) -> None:
    record(store, "acme", [(5, None), (5, None), (7, None)], [sealed(1, [(5, None), (6, None), (5, None)])])
    listed = pages(store, "acme")
    for place, event in enumerate(listed):
        rest = store.list_events("acme", limit=10, cursor=store.event_cursor(event)).items
        assert rest == listed[place + 1 :]


def test_a_list_neither_skips_nor_repeats_while_somebody_records(store: UsageStore) -> None:
    before = record(store, "acme", [(1, None), (5, None)], [sealed(1, [(0, None), (4, None), (8, None)])])
    first = store.list_events("acme", limit=2)
    record_now(store, NOON + 9 * MINUTE)
    cursor, listed = first.next_cursor, list(first.items)
    while cursor:
        page = store.list_events("acme", limit=2, cursor=cursor)
        cursor, listed = page.next_cursor, listed + page.items
    ids = [event.id for event in listed]
    assert len(ids) == len(set(ids))
    assert {event.id for event in before} <= set(ids)


def record_now(store: UsageStore, ts: datetime) -> None:
    store.record("acme", [llm_call("new", ts=ts)], ONE_SHARD, ts)
    batch_id = f"{PRODUCER}.9"
    event = llm_call(SealedId(batch_id, 0).text, ts=ts)
    store.seal("acme", SealedBatch(id=batch_id, events=[event]), ONE_SHARD, ts)


@pytest.mark.parametrize("with_metadata", [True, False])
def test_metadata_comes_when_it_is_asked_for(with_metadata: bool, store: UsageStore) -> None:
    whole = batch_of_calls(1)
    events = [whole.events[0]._replace(metadata_json='{"a": 1}')]
    store.seal("acme", SealedBatch(id=whole.id, events=events), ONE_SHARD, NOON)
    wanted = EventsWanted(with_metadata=with_metadata)
    expected = '{"a": 1}' if with_metadata else None
    assert [event.metadata_json for event in store.list_events("acme", wanted, limit=5).items] == [expected]
    scanned = store.scan_events("acme", with_metadata=with_metadata)
    assert [event.metadata_json for event in scanned] == [expected]


def test_a_page_ends_early_where_metadata_is_large(kind: str, store: UsageStore) -> None:
    metadata = '{"text": "' + "x" * 250_000 + '"}'
    events = [event._replace(metadata_json=metadata) for event in batch_of_calls(20).events]
    store.seal("acme", SealedBatch(id=f"{PRODUCER}.7", events=events), ONE_SHARD, NOON)
    page = store.list_events("acme", EventsWanted(with_metadata=True), limit=50)
    if kind == "firestore":  # those of the memory store end by their number of events alone
        assert (len(page.items) - 1) * len(metadata) <= PAGE_BYTES
        assert page.next_cursor is not None
    listed = pages(store, "acme", EventsWanted(with_metadata=True), 50)
    assert sorted(event.id for event in listed) == sorted(event.id for event in events)
