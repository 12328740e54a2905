"""Attribution on Firestore: what it costs, and that no number of names fails a request."""

from datetime import timedelta

import grpc
import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreUsageStore
from shared.adapters.firestore.ledger.attribution import MAX_DOCUMENTS, NAMES_PER_DOCUMENT
from shared.domain.ledger.attribution import ATTRIBUTED_METRICS, AttributionRef, attributed
from shared.domain.ledger.counters import ShardRef, sum_totals
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import Period, start_of
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.ports import Outcome
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.read_attribution import AttributedUsage, read_attribution, top_names
from shared.usecases.ledger.reading_names import MAX_LIVE_DOCUMENTS
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import FailingCalls, RecordedCalls
from tests.contracts.test_reading import create_tenant
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, counted, llm_call, times, writing

DAY = timedelta(days=1)
MONTH = Period(start_of(TODAY - 30 * DAY), start_of(TODAY + DAY))
WIDE = "\U0001f600" * 250
WIDE_USERS = 4_000
FULL = "Document 'x' cannot be written because its size exceeds the maximum allowed size of 1,048,576 bytes."


@pytest.fixture
def calls() -> RecordedCalls:
    return RecordedCalls()


@pytest.fixture
def store(connect: Connect, calls: RecordedCalls) -> FirestoreUsageStore:
    """Return a store whose calls are recorded."""
    return FirestoreUsageStore(connect(calls), timedelta(days=40))


@pytest.fixture
def tenant(connect: Connect) -> Tenant:
    return create_tenant(FirestoreDirectory(connect()), "acme")


def of_user(number: int, **fields: object) -> RecordedEvent:
    return llm_call(f"e{number}")._replace(user_id=f"user-{number:06}", **fields)  # type: ignore[arg-type]


def written(calls: RecordedCalls) -> list[str]:
    return [path.split("/")[1] for path in calls.writes()]


def reading(store: FirestoreUsageStore, tenant: Tenant, within: Period = MONTH) -> AttributedUsage:
    return read_attribution(Ledger(store), tenant, ("user", within), NOON)


def test_a_user_a_workflow_and_two_tags_cost_one_write_more_and_no_read(
    store: FirestoreUsageStore, calls: RecordedCalls
) -> None:
    store.read("acme")  # the emulator's first call is slow
    calls.requests.clear()
    event = of_user(1, workflow_id="w", tags={"team": "x", "env": "y"}, key="k" * 64, run_id="r")
    store.record("acme", [event], ONE_SHARD, NOON)
    assert calls.methods == ["Commit"]
    assert written(calls) == ["events", "counters", "attribution", "runs"]


def test_a_key_alone_costs_no_write(store: FirestoreUsageStore, calls: RecordedCalls) -> None:
    store.record("acme", [llm_call("e1")._replace(key="k" * 64)], ONE_SHARD, NOON)
    assert calls.methods == ["Commit"]
    assert written(calls) == ["events", "counters"]


def test_what_adds_nothing_has_no_names(store: FirestoreUsageStore, calls: RecordedCalls) -> None:
    free = llm_call("e1")._replace(user_id="ada", amounts={})
    store.record("acme", [free], ONE_SHARD, NOON)
    assert written(calls) == ["events", "counters"]


@pytest.mark.parametrize("names", [1, 50, 51, 100, 101, 500])
def test_names_cost_at_most_one_write_for_each_fifty(
    store: FirestoreUsageStore, calls: RecordedCalls, names: int
) -> None:
    store.record("acme", [of_user(number) for number in range(names)], ONE_SHARD, NOON)
    assert calls.methods == ["Commit"]
    assert 1 <= written(calls).count("attribution") <= -(-names // 50)
    for _, request in calls.requests:
        for write in request.writes:
            assert len(write.update_transforms) <= 500


def test_every_metric_of_every_name_of_a_document_fits_into_a_commit() -> None:
    assert NAMES_PER_DOCUMENT * len(ATTRIBUTED_METRICS) <= 500


def test_five_hundred_events_with_seven_wide_names_each_are_recorded(
    store: FirestoreUsageStore, tenant: Tenant
) -> None:
    def wide(number: int) -> str:
        return f"{number:04}" + "日" * 250

    events = [
        of_user(number)._replace(
            user_id=wide(number),
            workflow_id=wide(number),
            tags={name: wide(number)[:128] for name in ("a", "b", "c", "d", "e")},
        )
        for number in range(500)
    ]
    assert store.record("acme", events, ONE_SHARD, NOON) == [Outcome.RECORDED] * 500
    assert counted(store, "acme") == times(500)


def test_users_that_fill_many_documents_fail_nothing_and_a_month_is_two_calls_at_most(
    connect: Connect, calls: RecordedCalls, tenant: Tenant
) -> None:
    """Record users whose names are so long that they take the room of 100,000 usual ones.

    The second call asks for days of the month before the tenant was created: it has no document.
    """
    store = FirestoreUsageStore(connect(), timedelta(days=40))
    for first in range(0, WIDE_USERS, 100):
        events = [
            of_user(number)._replace(user_id=WIDE + str(number)) for number in range(first, first + 100)
        ]
        store.record("acme", events, ONE_SHARD, NOON)
    reader = FirestoreUsageStore(connect(calls), timedelta(days=40))
    for is_folded in (False, True):
        calls.requests.clear()
        usage = reading(reader, tenant)
        assert calls.methods == ["BatchGetDocuments"] * (2 if is_folded else 1)
        *rows, rest = top_names(usage, 500)
        assert sum_totals([*(row.totals for row in rows), rest.totals]) == attributed(times(WIDE_USERS))
        assert all(row.totals == attributed(CALL) for row in rows)
        assert bool(rows) is is_folded
        fold_tenants(TenantFolder(store), ["acme"], NOON)
    assert counted(store, "acme") == times(WIDE_USERS)


def test_a_full_document_is_passed_by_and_remembered(
    connect: Connect, calls: RecordedCalls, tenant: Tenant
) -> None:
    full = FailingCalls(grpc.StatusCode.INVALID_ARGUMENT, times=1, details=FULL)
    store = FirestoreUsageStore(connect(full, calls), timedelta(days=40))
    store.record("acme", [of_user(1)], ONE_SHARD, NOON)
    store.record("acme", [of_user(2)], ONE_SHARD, NOON)
    assert full.attempts == 3
    refs = tuple(AttributionRef(TODAY, number) for number in range(3))
    found = store.read("acme", Wanted(attribution=refs, shards=(ShardRef(TODAY, 0),))).documents
    assert found.attribution == {
        AttributionRef(TODAY, 1): {"user": {"user-000001": attributed(CALL), "user-000002": attributed(CALL)}}
    }
    assert found.shards[ShardRef(TODAY, 0)].attributed == 2


def test_names_without_room_are_the_rest(connect: Connect, tenant: Tenant) -> None:
    full = FailingCalls(grpc.StatusCode.INVALID_ARGUMENT, times=2, details=FULL)
    store = FirestoreUsageStore(connect(full), timedelta(days=40))
    assert store.record("acme", [of_user(1)], ONE_SHARD, NOON) == [Outcome.RECORDED]
    assert full.attempts == 3
    (rest,) = top_names(reading(store, tenant), 10)
    assert (rest.name, rest.totals) == (None, attributed(CALL))
    store.record("acme", [of_user(2)], ONE_SHARD, NOON)
    assert top_names(reading(store, tenant), 10)[0].name == "user-000002"


def test_beyond_the_last_document_names_are_the_rest(connect: Connect, tenant: Tenant) -> None:
    settings = writing(MAX_DOCUMENTS)
    full = FailingCalls(grpc.StatusCode.INVALID_ARGUMENT, times=1, details=FULL)
    store = FirestoreUsageStore(connect(full), timedelta(days=40))
    for number in range(2):
        assert store.record("acme", [of_user(number)], settings, NOON) == [Outcome.RECORDED]
    assert full.attempts == 3
    refs = tuple(AttributionRef(TODAY, number) for number in range(2 * MAX_DOCUMENTS))
    assert store.read("acme", Wanted(attribution=refs)).documents.attribution == {}


def test_a_month_of_names_is_one_call_and_reads_one_dimension(
    store: FirestoreUsageStore, calls: RecordedCalls, tenant: Tenant
) -> None:
    events = [
        llm_call(f"e{n}", ts=NOON - n * DAY)._replace(user_id="ada", workflow_id="w", tags={"team": "x"})
        for n in range(31)
    ]
    store.record("acme", events, ONE_SHARD, NOON)
    fold_tenants(TenantFolder(store), ["acme"], NOON)
    known = store.read("acme").tenant or tenant
    calls.requests.clear()
    ada, rest = top_names(reading(store, known), 10)
    assert (ada.name, ada.totals, rest.totals) == ("ada", attributed(times(31)), {})
    assert calls.methods == ["BatchGetDocuments"]
    (_, request), *_ = calls.requests
    assert {"user"} <= set(request.mask.field_paths)
    assert not {"workflow", "tag", "cells", "hours", "series"} & set(request.mask.field_paths)
    assert len(request.documents) <= 1 + 31 + 2 + 1 + MAX_LIVE_DOCUMENTS
