"""UsageFeed: everything that was recorded, once, in the order of the server's time, whenever it happened."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.domain.metering.usage_rows import RecordedUsage
from shared.domain.people.audit import Change
from shared.ports import FeedCursor, StaleCursor, UsageFeed, UsageStore
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.metering.correct_events import EventCorrector
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.prices.read_prices import PriceReader
from tests.contracts.conftest import Stores
from tests.sample_batches import batch_of_calls
from tests.sample_events import CALL, NOON, ONE_SHARD, llm_call
from tests.usecases.plain_sums import new_tenant, stored_tenant

MINUTE = timedelta(minutes=1)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def feed(stores: Stores) -> UsageFeed:
    return stores.feed


def record(store: UsageStore, tenant_id: str, event_id: str, at: datetime, ts: datetime = NOON) -> None:
    store.record(tenant_id, [llm_call(event_id, ts=ts)], ONE_SHARD, at)


def read_all(feed: UsageFeed, cursor: FeedCursor, before: datetime = LATER) -> list[RecordedUsage]:
    found: list[RecordedUsage] = []
    while page := feed.recorded_after(cursor, before):
        found += page.usage
        cursor = page.cursor
    return found


def test_events_of_all_tenants_come_in_the_order_in_which_they_were_recorded(
    store: UsageStore, feed: UsageFeed
) -> None:
    record(store, "acme", "late", NOON + 2 * MINUTE, ts=NOON - timedelta(days=30))
    record(store, "globex", "first", NOON)
    record(store, "acme", "second", NOON + MINUTE)
    found = read_all(feed, FeedCursor())
    assert [(each.tenant_id, each.event.id, each.recorded_at) for each in found] == [
        ("globex", "first", NOON),
        ("acme", "second", NOON + MINUTE),
        ("acme", "late", NOON + 2 * MINUTE),
    ]
    assert found[0].event == llm_call("first")


def test_what_was_recorded_later_waits(store: UsageStore, feed: UsageFeed) -> None:
    record(store, "acme", "e1", NOON)
    record(store, "acme", "e2", NOON + MINUTE)
    assert [each.event.id for each in read_all(feed, FeedCursor(), NOON + MINUTE)] == ["e1"]
    assert feed.recorded_after(FeedCursor(), NOON) is None


def test_pages_go_on_where_the_last_one_ended(store: UsageStore, feed: UsageFeed) -> None:
    events = [llm_call(f"e{number}") for number in range(700)]
    for start in range(0, 700, 350):
        store.record("acme", events[start : start + 350], ONE_SHARD, NOON)
    page = feed.recorded_after(FeedCursor(), LATER)
    assert page is not None
    assert 0 < len(page.usage) < 700
    ids = [each.event.id for each in read_all(feed, FeedCursor())]
    assert sorted(ids) == sorted(event.id for event in events)


def test_a_repeated_event_is_in_the_feed_once(store: UsageStore, feed: UsageFeed) -> None:
    record(store, "acme", "e1", NOON)
    record(store, "acme", "e1", NOON + MINUTE)
    assert [each.recorded_at for each in read_all(feed, FeedCursor())] == [NOON]


def test_events_of_sealed_batches_are_in_the_feed_without_their_metadata(
    store: UsageStore, feed: UsageFeed
) -> None:
    record(store, "acme", "own", NOON)
    batch = batch_of_calls(7)
    events = [event._replace(metadata_json='{"a": 1}') for event in batch.events]
    store.seal("globex", replace(batch, events=events), ONE_SHARD, NOON + MINUTE)
    found = read_all(feed, FeedCursor())
    assert [(each.tenant_id, each.event) for each in found] == [
        ("acme", llm_call("own")),
        *(("globex", event) for event in batch.events),
    ]
    assert {each.recorded_at for each in found[1:]} == {NOON + MINUTE}


def test_a_corrected_event_comes_again_as_it_stands(
    stores: Stores, store: UsageStore, feed: UsageFeed
) -> None:
    tenant = new_tenant(stores.directory)
    record(store, tenant.id, "own", NOON)
    store.seal(tenant.id, batch_of_calls(1), ONE_SHARD, NOON)
    sealed_id = batch_of_calls(1).events[0].id
    corrector = EventCorrector(EventRecorder(Ledger(store), PriceReader(stores.price_books)))
    for minutes, identity in enumerate(("own", sealed_id), 1):
        corrector.void(
            stored_tenant(store, tenant.id), identity, Change("ada", NOON + minutes * MINUTE, "wrong")
        )
    found = [(each.event.id, each.event.amounts, each.recorded_at) for each in read_all(feed, FeedCursor())]
    assert sorted(found[:2]) == sorted([("own", CALL, NOON), (sealed_id, CALL, NOON)])
    assert found[2:] == [("own", {}, NOON + MINUTE), (sealed_id, {}, NOON + 2 * MINUTE)]


def test_the_cursor_is_kept_and_the_feed_goes_on_after_it(store: UsageStore, feed: UsageFeed) -> None:
    assert feed.read_cursor() == FeedCursor()
    record(store, "acme", "e1", NOON)
    page = feed.recorded_after(feed.read_cursor(), LATER)
    assert page is not None
    saved = feed.save_cursor(page.cursor)
    assert feed.read_cursor() == saved == FeedCursor(page.cursor.places)
    assert feed.recorded_after(feed.read_cursor(), LATER) is None
    record(store, "acme", "e2", NOON + MINUTE)
    assert [each.event.id for each in read_all(feed, saved)] == ["e2"]


def test_of_two_that_send_the_same_one_saves_its_cursor(store: UsageStore, feed: UsageFeed) -> None:
    record(store, "acme", "e1", NOON)
    ours, theirs = (feed.recorded_after(feed.read_cursor(), LATER) for _ in range(2))
    assert ours is not None
    assert theirs is not None
    saved = feed.save_cursor(ours.cursor)
    with pytest.raises(StaleCursor):
        feed.save_cursor(theirs.cursor)
    feed.save_cursor(saved)
