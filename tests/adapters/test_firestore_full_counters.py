"""Full documents: Firestore limits each to 1 MiB, and the emulator enforces it."""

from dataclasses import replace
from datetime import timedelta

import grpc
import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreUsageStore
from shared.domain.errors import TooLarge
from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS
from shared.domain.ledger.counters import (
    METRICS,
    OTHER,
    Cell,
    CounterShard,
    Series,
    ShardRef,
    Totals,
    sum_by_series,
)
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import month_of
from shared.domain.ledger.rollups import MonthRollup, fold_day
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ApiKey
from shared.domain.people.tenants import Tenant
from shared.ports import Outcome
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import FailingCalls
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, counted, counted_cells, llm_call, times

RETENTION = timedelta(days=40)
PRODUCTION_TEXT = (
    "Document 'projects/p/databases/(default)/documents/tenants/acme/counters/20261120.0' cannot be written "
    "because its size (1,048,635 bytes) exceeds the maximum allowed size of 1,048,576 bytes."
)
WIDE_SERIES = 800
"""Each takes about 1,500 bytes, so that a document has room for fewer than 700 of them."""


@pytest.fixture
def tenant_id(connect: Connect) -> str:
    """Create a tenant with one counter document per day."""
    key = ApiKey(
        id="key-1", tenant_id="acme", scopes=(), label="first", prefix="gwi_test_abcde", created_at=NOON
    )
    entry = AuditEntry(
        tenant_id="acme", at=NOON, actor="test", action="tenant.create", before=None, after=None, reason=""
    )
    FirestoreDirectory(connect()).create_tenant(
        Tenant(id="acme", name="Acme", plan="free", created_at=NOON), key, entry
    )
    return "acme"


def _wide_events() -> list[RecordedEvent]:
    provider, model = "\U0001f600" * 100, "\U0001f601" * 245
    return [llm_call(f"e{n}", provider=provider, model=f"{model}{n:05}") for n in range(WIDE_SERIES)]


def test_a_day_with_too_many_series_for_a_document_continues_in_the_next(
    connect: Connect, tenant_id: str
) -> None:
    store, events = FirestoreUsageStore(connect(), RETENTION), _wide_events()
    assert store.record(tenant_id, events, ONE_SHARD, NOON) == [Outcome.RECORDED] * WIDE_SERIES
    tenant = store.read(tenant_id).tenant
    assert tenant is not None
    assert tenant.counters.shards == 2
    by_series = sum_by_series(counted_cells(store, tenant_id, shards=2))
    assert by_series == {event.series: CALL for event in events}
    assert store.dirty_counters(tenant_id) == [ShardRef(TODAY, 0), ShardRef(TODAY, 1)]
    # The full document still has room for its known series; a duplicate counts in neither.
    assert store.record(tenant_id, [llm_call("n1"), *events[:1]], ONE_SHARD, NOON)[1] is Outcome.DUPLICATE
    known = events[0]._replace(id="n2", identity="n2")
    assert store.record(tenant_id, [known], ONE_SHARD, NOON) == [Outcome.RECORDED]
    assert counted(store, tenant_id, shards=2) == times(WIDE_SERIES + 2)


def test_productions_error_for_a_full_document_is_recognised(connect: Connect, tenant_id: str) -> None:
    full = FailingCalls(grpc.StatusCode.INVALID_ARGUMENT, times=2, details=PRODUCTION_TEXT)
    store = FirestoreUsageStore(connect(full), RETENTION)
    assert store.record(tenant_id, [llm_call("e1")], ONE_SHARD, NOON) == [Outcome.RECORDED]
    found = store.read(tenant_id, Wanted(shards=tuple(ShardRef(TODAY, number) for number in range(4))))
    assert set(found.documents.shards) == {ShardRef(TODAY, 2)}
    assert found.tenant is not None
    assert found.tenant.counters.shards == 2 + 1


def test_a_day_with_only_full_documents_refuses_new_series(connect: Connect, tenant_id: str) -> None:
    full = FailingCalls(grpc.StatusCode.INVALID_ARGUMENT, times=10_000, details=PRODUCTION_TEXT)
    store = FirestoreUsageStore(connect(full), RETENTION)
    with pytest.raises(TooLarge, match="provider and model names"):
        store.record(tenant_id, [llm_call("e1")], ONE_SHARD, NOON)
    assert full.attempts == MAX_COUNTER_SHARDS
    assert counted(FirestoreUsageStore(connect(), RETENTION), tenant_id) == {}


def test_another_invalid_argument_is_not_mistaken_for_a_full_document(
    connect: Connect, tenant_id: str
) -> None:
    refused = FailingCalls(grpc.StatusCode.INVALID_ARGUMENT, times=1, details="Invalid field path")
    with pytest.raises(grpc.RpcError, match="Invalid field path"):
        FirestoreUsageStore(connect(refused), RETENTION).record(tenant_id, [llm_call("e1")], ONE_SHARD, NOON)
    assert refused.attempts == 1


@pytest.mark.parametrize(
    "names",
    [
        [Series(f"{n:x}", "m") for n in range(4_000)],
        [Series("%" * 95 + f"{n:05}", "/" * 245 + f"{n:05}") for n in range(1_200)],
        [Series("\U0001f600" * 95 + f"{n:05}", "\U0001f600" * 245 + f"{n:05}") for n in range(500)],
    ],
    ids=["short", "escaped", "wide"],
)
def test_a_day_bounded_by_the_fold_fits_into_its_document(connect: Connect, names: list[Series]) -> None:
    store = FirestoreUsageStore(connect(), RETENTION)
    totals: Totals = dict.fromkeys(METRICS, 2**40)
    cells = {Cell(number % 24, series): totals for number, series in enumerate(names)}
    ref = ShardRef(TODAY, 0)
    shard = CounterShard(
        ref=ref, totals={}, cells=cells, commits=1, events=1, run_hours=frozenset(), dirty=True
    )
    rollup = fold_day(TODAY, [shard], None, NOON)
    assert OTHER in rollup.series
    store.create_month("acme", MonthRollup(month=month_of(TODAY), days={}))
    store.save_day("acme", rollup)
    wanted = Wanted(days=(TODAY,), fields=frozenset({"hours", "series", "hour_totals"}))
    assert replace(store.read("acme", wanted).documents.days[TODAY], version=None) == rollup
    assert rollup.entry.totals == {metric: len(names) * 2**40 for metric in METRICS}
