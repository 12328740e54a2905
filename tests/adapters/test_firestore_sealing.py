"""A sealed batch in Firestore is one commit, whatever its size; its document tells an own commit and damage."""

import random
import zlib
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.ledger.attribution import MAX_TRANSFORMS_PER_DOCUMENT
from shared.adapters.firestore.people.tenants import set_write
from shared.domain.ledger.attribution import AttributionRef
from shared.domain.ledger.counters import sum_by_series
from shared.domain.ledger.documents import Wanted
from shared.domain.metering.batch_format import VERSION, DamagedBatch, NewerBatch
from shared.domain.metering.sealed_batches import SealedBatch
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import FailingCalls, LostAnswers, RecordedCalls
from tests.adapters.test_firestore_full_counters import PRODUCTION_TEXT
from tests.sample_batches import BATCH_ID, batch_of_calls
from tests.sample_events import NOON, ONE_SHARD, TODAY, counted, counted_cells, times, writing
from tests.usecases.plain_sums import new_tenant, stored_tenant

RETENTION = timedelta(days=40)


@pytest.fixture
def rpc(connect: Connect) -> FirestoreRpc:
    """A database with the tenant acme, of one counter a day."""
    rpc = connect()
    new_tenant(FirestoreDirectory(rpc))
    return rpc


def store_on(rpc: FirestoreRpc) -> FirestoreUsageStore:
    return FirestoreUsageStore(rpc, RETENTION)


def transforms_by_document(calls: RecordedCalls) -> Counter[str]:
    """Return how many transforms the commits make of each document."""
    made: Counter[str] = Counter()
    for method, request in calls.requests:
        if method == "Commit":
            made.update({write.update.name: len(write.update_transforms) for write in request.writes})
    return made


def test_a_batch_of_a_run_is_three_writes_in_one_call(connect: Connect, rpc: FirestoreRpc) -> None:
    calls = RecordedCalls()
    store_on(connect(calls)).seal("acme", batch_of_calls(500, run_id="run-1"), ONE_SHARD, NOON)
    assert calls.methods == ["Commit"]
    assert [path.split("/")[1] for path in calls.writes()] == ["batches", "counters", "runs"]


def test_a_batch_that_exists_costs_one_read(connect: Connect, rpc: FirestoreRpc) -> None:
    calls, batch = RecordedCalls(), batch_of_calls(500)
    store_on(rpc).seal("acme", batch, ONE_SHARD, NOON)
    store_on(connect(calls)).seal("acme", batch, ONE_SHARD, NOON)
    assert calls.methods == ["Commit", "BatchGetDocuments"]


def test_more_series_than_a_counter_takes_in_a_commit_are_spread_in_one(
    connect: Connect, rpc: FirestoreRpc
) -> None:
    calls, batch = RecordedCalls(), batch_of_calls(500, models=200)
    assert store_on(connect(calls)).seal("acme", batch, ONE_SHARD, NOON) is None
    assert calls.methods == ["Commit"]
    assert max(transforms_by_document(calls).values()) <= MAX_TRANSFORMS_PER_DOCUMENT
    shards = stored_tenant(store_on(rpc)).counters.shards
    assert shards > 1
    by_series = sum_by_series(counted_cells(store_on(rpc), "acme", shards=shards))
    sums = Counter(event.series for event in batch.events)
    assert by_series == {series: times(count) for series, count in sums.items()}


def test_a_batch_spreads_over_counters_that_the_tenant_has(connect: Connect, rpc: FirestoreRpc) -> None:
    store_on(rpc).seal("acme", batch_of_calls(100, models=100), writing(8), NOON)
    assert stored_tenant(store_on(rpc)).counters.shards == 1, "a number that suffices is not written"
    assert counted(store_on(rpc), "acme", shards=8) == times(100)


def test_names_of_all_series_share_their_documents(connect: Connect, rpc: FirestoreRpc) -> None:
    calls, batch = RecordedCalls(), batch_of_calls(400, models=80)
    named = [event._replace(user_id=f"user-{number}") for number, event in enumerate(batch.events)]
    store_on(connect(calls)).seal("acme", replace(batch, events=named), ONE_SHARD, NOON)
    assert max(transforms_by_document(calls).values()) <= MAX_TRANSFORMS_PER_DOCUMENT
    documents = store_on(rpc).read(
        "acme", Wanted(attribution=tuple(AttributionRef(TODAY, n) for n in range(64)))
    )
    users = Counter[str]()
    for names in documents.documents.attribution.values():
        users.update({name: totals["calls"] for name, totals in names.get("user", {}).items()})
    assert users == {f"user-{number}": 1 for number in range(400)}


def test_a_batch_of_incompressible_metadata_continues_in_parts(connect: Connect, rpc: FirestoreRpc) -> None:
    batch = batch_with_metadata(megabytes=2)
    calls = RecordedCalls()
    assert store_on(connect(calls)).seal("acme", batch, ONE_SHARD, NOON) is None
    assert calls.methods == ["Commit"]
    names = [path.rpartition("/")[2] for path in calls.writes() if "/batches/" in path]
    assert names == [BATCH_ID, f"{BATCH_ID}.1", f"{BATCH_ID}.2"]
    assert store_on(rpc).find_batch("acme", BATCH_ID) == batch
    assert store_on(rpc).seal("acme", batch, ONE_SHARD, NOON) == batch
    assert counted(store_on(rpc), "acme") == times(len(batch.events))


def batch_with_metadata(megabytes: int) -> SealedBatch:
    """Return a batch that takes so much when it is packed: chance in hexadecimal digits is compressed to half."""
    chance, batch = random.Random(5), batch_of_calls(20)
    size = megabytes * 2**20 // len(batch.events)
    events = [event._replace(metadata_json=f'"{chance.randbytes(size).hex()}"') for event in batch.events]
    return replace(batch, events=events)


def test_an_own_commit_whose_answer_was_lost_is_recorded_now(connect: Connect, rpc: FirestoreRpc) -> None:
    lost = LostAnswers(grpc.StatusCode.UNAVAILABLE, times=1)
    assert store_on(connect(lost)).seal("acme", batch_of_calls(3), ONE_SHARD, NOON) is None
    assert counted(store_on(rpc), "acme") == times(3)


def test_a_full_counter_is_left_for_the_next_ones(connect: Connect, rpc: FirestoreRpc) -> None:
    full = FailingCalls(grpc.StatusCode.INVALID_ARGUMENT, times=1, details=PRODUCTION_TEXT)
    batch = batch_of_calls(80, models=80)
    assert store_on(connect(full)).seal("acme", batch, ONE_SHARD, NOON) is None
    shards = stored_tenant(store_on(rpc)).counters.shards
    assert shards == 3 + 3
    assert counted(store_on(rpc), "acme", shards=shards) == times(80)


def test_a_contended_counter_doubles_them(connect: Connect, rpc: FirestoreRpc) -> None:
    contended = FailingCalls(grpc.StatusCode.ABORTED, times=2)
    assert store_on(connect(contended)).seal("acme", batch_of_calls(2), ONE_SHARD, NOON) is None
    assert stored_tenant(store_on(rpc)).counters.shards == 2
    assert counted(store_on(rpc), "acme", shards=2) == times(2)


@pytest.mark.parametrize(("place", "error"), [(0, NewerBatch), (1, DamagedBatch), (40, DamagedBatch)])
def test_a_batch_that_cannot_be_read_is_reported_and_counts_nothing_again(
    rpc: FirestoreRpc, place: int, error: type[Exception]
) -> None:
    store, batch = store_on(rpc), batch_of_calls(3)
    store.seal("acme", batch, ONE_SHARD, NOON)
    name = f"{rpc.documents}/tenants/acme/batches/{BATCH_ID}"
    body = rpc.batch_get([name])[name].fields["body"].bytes_value
    rpc.commit([_body_write(name, changed(body, place))])
    for read in (
        lambda: store.seal("acme", batch, ONE_SHARD, NOON),
        lambda: store.find_event("acme", batch.events[0].id),
    ):
        with pytest.raises(error):
            read()
    assert counted(store, "acme") == times(3)


def changed(body: bytes, place: int) -> bytes:
    """Flip a byte; at 0, make it a batch of the next version instead."""
    if place:
        return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
    newer = VERSION + 1
    return bytes([newer]) + zlib.crc32(body[5:], newer).to_bytes(4, "big") + body[5:]


def _body_write(name: str, body: bytes) -> Any:
    write = set_write(name, {"body": body})
    write.update_mask.field_paths.append("body")
    return write
