"""Sealed batches are verified, exported, erased and deleted with all data of a tenant, as single events are."""

import random
from datetime import timedelta

from shared.domain.metering.batch_format import pack, unpack
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.sealed_batches import SealedBatch, packed_batch, unpacked_batch, without_user
from shared.domain.metering.sealed_ids import SealedId
from shared.ports import EventsWanted, UsageStore
from shared.usecases.ledger.verify_counters import verify_counters
from shared.usecases.people.tenant_data import ExportedStores, erase_user, export_tenant
from tests.contracts.conftest import RETENTION, Stores
from tests.sample_batches import BATCH_ID, PRODUCER, batch_of_calls
from tests.sample_events import NOON, ONE_SHARD, llm_call
from tests.usecases.plain_sums import new_tenant

LATER = NOON + timedelta(hours=1)


def named(batch: SealedBatch, *, metadata: str = '{"prompt": "hi"}') -> SealedBatch:
    """Return a batch whose events are of ann and bob in turn, with metadata."""
    events = [
        event._replace(user_id="bob" if number % 2 else "ann", metadata_json=metadata)
        for number, event in enumerate(batch.events)
    ]
    return SealedBatch(id=batch.id, events=events)


def listed(store: UsageStore) -> list[RecordedEvent]:
    return store.list_events("acme", EventsWanted(with_metadata=True), limit=50).items


def test_verifying_counts_events_of_both_kinds(stores: Stores) -> None:
    new_tenant(stores.directory)
    stores.usage.record("acme", [llm_call("own", run_id="r")], ONE_SHARD, NOON)
    stores.usage.seal("acme", batch_of_calls(5, run_id="r"), ONE_SHARD, NOON)
    found = verify_counters(stores.usage, "acme", RETENTION, LATER)
    assert (found.events, found.drifts) == (1 + 5, [])


def test_an_export_has_events_of_both_kinds(stores: Stores) -> None:
    new_tenant(stores.directory)
    batch = named(batch_of_calls(3))
    stores.usage.record("acme", [llm_call("own")], ONE_SHARD, NOON)
    stores.usage.seal("acme", batch, ONE_SHARD, NOON)
    reading = ExportedStores(stores.directory, stores.members, stores.usage, stores.billing, stores.endpoints)
    events = [each for each in export_tenant(reading, "acme", LATER) if each["object"] == "event"]
    assert sorted(each["id"] for each in events) == sorted(["own", *(event.id for event in batch.events)])
    assert [each["metadata_json"] for each in events if each["id"] != "own"] == 3 * ['{"prompt": "hi"}']


def test_a_user_is_erased_from_a_batch_and_everything_that_counts_stays(stores: Stores) -> None:
    new_tenant(stores.directory)
    batch = named(batch_of_calls(4))
    stores.usage.seal("acme", batch, ONE_SHARD, NOON)
    assert list(erase_user(stores.tenant_data, "acme", "ann"))[-1] == (2, None)
    expected = [
        event._replace(user_id=None, metadata_json=None) if event.user_id == "ann" else event
        for event in batch.events
    ]
    assert sorted(listed(stores.usage)) == sorted(expected)
    assert list(erase_user(stores.tenant_data, "acme", "ann"))[-1] == (0, None)
    assert verify_counters(stores.usage, "acme", RETENTION, LATER).drifts == []


def test_an_erased_batch_that_is_sent_again_is_recognised(stores: Stores) -> None:
    new_tenant(stores.directory)
    batch = named(batch_of_calls(4))
    stores.usage.seal("acme", batch, ONE_SHARD, NOON)
    list(erase_user(stores.tenant_data, "acme", "ann"))
    known = stores.usage.seal("acme", batch, ONE_SHARD, NOON)
    assert known is not None
    assert [event.fingerprint for event in known.events] == [event.fingerprint for event in batch.events]


def test_a_batch_of_several_documents_is_erased_too(stores: Stores) -> None:
    new_tenant(stores.directory)
    noise = random.Random(7)
    parts = [f'{{"text": "{noise.randbytes(120_000).hex()}"}}' for _ in range(8)]
    events = [
        event._replace(metadata_json=text)
        for event, text in zip(named(batch_of_calls(8)).events, parts, strict=True)
    ]
    stores.usage.seal("acme", SealedBatch(id=BATCH_ID, events=events), ONE_SHARD, NOON)
    assert list(erase_user(stores.tenant_data, "acme", "bob"))[-1] == (4, None)
    found = stores.usage.find_batch("acme", BATCH_ID)
    assert found is not None
    kept = [event.metadata_json for event in found.events]
    assert kept == [text if number % 2 == 0 else None for number, text in enumerate(parts)]


def test_many_batches_are_erased_in_pages(stores: Stores) -> None:
    new_tenant(stores.directory)
    for number in range(25):
        batch = named(batch_of_calls(2, batch_id=f"{PRODUCER}.{number}"))
        stores.usage.seal("acme", batch, ONE_SHARD, NOON)
    assert list(erase_user(stores.tenant_data, "acme", "ann"))[-1] == (25, None)


def test_columns_of_a_newer_release_are_kept() -> None:
    batch = named(batch_of_calls(2))
    table = unpack(packed_batch(batch))
    newer = type(table)(rows=2, columns={**table.columns, "colour": ["red", None]}, about=table.about)
    erased = without_user(pack(newer), "ann")
    assert erased is not None
    packed, count = erased
    assert count == 1
    assert unpack(packed).columns["colour"] == ["red", None]
    assert [event.user_id for event in unpacked_batch(BATCH_ID, packed).events] == [None, "bob"]
    assert without_user(packed, "ann") is None


def test_ids_of_events_stay(stores: Stores) -> None:
    new_tenant(stores.directory)
    stores.usage.seal("acme", named(batch_of_calls(2)), ONE_SHARD, NOON)
    list(erase_user(stores.tenant_data, "acme", "ann"))
    found = stores.usage.find_event("acme", SealedId(BATCH_ID, 0).text)
    assert found is not None
    assert found.user_id is None
