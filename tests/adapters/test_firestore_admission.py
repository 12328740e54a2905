"""Admissions as calls of Firestore: their order, their number, and what happens when an answer is lost."""

from datetime import timedelta

import grpc
import pytest

from shared.adapters.firestore import FirestoreAdmissions, FirestoreDirectory, FirestoreUsageStore
from shared.domain.errors import Conflict
from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import Hold, Holds, run_key
from shared.ports import StaleHolds
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import FailingCalls, LostAnswers, RecordedCalls
from tests.adapters.test_firestore_full_counters import PRODUCTION_TEXT
from tests.adapters.test_firestore_lost_answers import Overtaken
from tests.admission_fixtures import HOLD, ONE, ROOT, SMALL, TWO, beginning, changing, holds_of
from tests.contracts.test_directory import ACME, CREATED, KEY
from tests.sample_events import NOON, ONE_SHARD, TODAY, llm_call, writing

RETENTION = timedelta(days=40)
ADMITTING = changing(
    {ONE: HOLD}, runs=[beginning("one"), beginning("two")], trees={ONE: {ONE: HOLD}}, is_first=True
)
"""Changes a document of each kind."""


@pytest.fixture
def store(connect: Connect) -> FirestoreUsageStore:
    """The usage of a tenant that has nothing yet."""
    FirestoreDirectory(connect()).create_tenant(ACME, KEY, CREATED)
    return FirestoreUsageStore(connect(), RETENTION)


@pytest.mark.usefixtures("store")
def test_what_a_decision_reads_first_is_written_last(connect: Connect) -> None:
    calls = RecordedCalls()
    FirestoreAdmissions(connect(calls)).save_admission("acme", ADMITTING, Holds())
    wanted = Wanted(
        holds=True, trees=frozenset({ONE}), runs=frozenset({ONE}), shards=(ShardRef(TODAY, 0),), days=(TODAY,)
    )
    FirestoreUsageStore(connect(calls), RETENTION).read("acme", wanted)
    assert calls.methods == ["Commit", "BatchGetDocuments"]
    written = [
        "acme/counters/20261120.0",
        f"acme/runs/{ONE}",
        f"acme/runs/{TWO}",
        "acme",
        f"acme/admission/{ONE}",
        "acme/admission/current",
    ]
    assert calls.writes() == written
    read = [name.partition("/tenants/")[2] for name in calls.requests[1][1].documents]
    assert read == [
        "acme",
        "acme/admission/current",
        f"acme/admission/{ONE}",
        f"acme/runs/{ONE}",
        "acme/counters/20261120.0",
        "acme/days/20261120",
    ]


def test_a_change_writes_only_the_holds_that_have_changed(
    connect: Connect, store: FirestoreUsageStore
) -> None:
    calls = RecordedCalls()
    admissions = FirestoreAdmissions(connect(calls))
    held = {run_key(str(number)): HOLD for number in range(1_000)}
    version = admissions.save_admission("acme", changing(held), Holds()).version
    admissions.save_admission("acme", changing({ONE: SMALL, run_key("0"): None}), Holds(version=version))
    first, second = (request.ByteSize() for _, request in calls.requests)
    assert second < first / 100
    assert len(holds_of(store).by_run) == 1_000 + 1 - 1


def test_reading_without_holds_asks_for_nothing_of_them(connect: Connect) -> None:
    calls = RecordedCalls()
    FirestoreUsageStore(connect(calls), RETENTION).read("acme", Wanted(days=(TODAY,)))
    ((_, request),) = calls.requests
    assert "has_holds" in request.mask.field_paths
    assert not {"holds", "admission", "end"} & set(request.mask.field_paths)
    assert not [name for name in request.documents if "/admission/" in name]


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED])
def test_a_commit_whose_answer_was_lost_is_the_callers(
    connect: Connect, store: FirestoreUsageStore, code: grpc.StatusCode
) -> None:
    admissions = FirestoreAdmissions(connect(LostAnswers(code, times=1)))
    version = admissions.save_admission("acme", ADMITTING, Holds()).version
    assert holds_of(store) == Holds({ONE: HOLD})
    assert holds_of(store).version == version
    counter = store.read("acme", Wanted(shards=(ShardRef(TODAY, 0),))).documents.shards[ShardRef(TODAY, 0)]
    assert counter.commits == 1
    admissions.save_admission("acme", changing({ONE: None}), Holds(version=version))
    assert holds_of(store).by_run == {}


@pytest.mark.parametrize("is_done", [True, False])
def test_a_commit_that_another_caller_overtook_is_decided_again(
    connect: Connect, store: FirestoreUsageStore, is_done: bool
) -> None:
    other = FirestoreAdmissions(connect())

    def happens() -> None:
        other.save_admission("acme", changing({TWO: SMALL}), holds_of(store))

    with pytest.raises(StaleHolds):
        FirestoreAdmissions(connect(Overtaken(happens, is_done=is_done))).save_admission(
            "acme", ADMITTING, Holds()
        )
    assert holds_of(store).by_run == ({ONE: HOLD, TWO: SMALL} if is_done else {TWO: SMALL})
    assert (store.find_run("acme", "one") is not None) is is_done


def test_the_same_change_by_another_caller_is_not_taken_for_the_own(
    connect: Connect, store: FirestoreUsageStore
) -> None:
    other = FirestoreAdmissions(connect())
    overtaken = Overtaken(lambda: other.save_admission("acme", ADMITTING, Holds()), is_done=False)
    with pytest.raises(StaleHolds):
        FirestoreAdmissions(connect(overtaken)).save_admission("acme", ADMITTING, Holds())
    counter = store.read("acme", Wanted(shards=(ShardRef(TODAY, 0),))).documents.shards[ShardRef(TODAY, 0)]
    assert counter.commits == 1


@pytest.mark.usefixtures("store")
def test_a_commit_that_is_aborted_twice_is_decided_again(connect: Connect) -> None:
    once, twice = FailingCalls(grpc.StatusCode.ABORTED, 1), FailingCalls(grpc.StatusCode.ABORTED, 2)
    version = FirestoreAdmissions(connect(once)).save_admission("acme", ADMITTING, Holds()).version
    with pytest.raises(StaleHolds):
        FirestoreAdmissions(connect(twice)).save_admission("acme", changing({}), Holds(version=version))
    assert (once.attempts, twice.attempts) == (2, 2)


def test_a_run_that_finds_its_counter_full_is_counted_in_the_next(
    connect: Connect, store: FirestoreUsageStore
) -> None:
    full = FailingCalls(grpc.StatusCode.INVALID_ARGUMENT, 1, PRODUCTION_TEXT)
    FirestoreAdmissions(connect(full)).save_admission("acme", ADMITTING, Holds())
    assert store.dirty_counters("acme") == [ShardRef(TODAY, 1)]
    tenant = store.read("acme").tenant
    assert tenant is not None
    assert (tenant.counters.shards, tenant.has_holds) == (2, True)
    store.record("acme", [llm_call("e1", run_id="one")], ONE_SHARD, NOON)
    assert holds_of(store).by_run == {ONE: HOLD}


def test_no_counter_is_added_beyond_the_last(connect: Connect, store: FirestoreUsageStore) -> None:
    full = FailingCalls(grpc.StatusCode.INVALID_ARGUMENT, 1, PRODUCTION_TEXT)
    change = changing({ONE: HOLD}, runs=[beginning("one")], settings=writing(MAX_COUNTER_SHARDS))
    FirestoreAdmissions(connect(full)).save_admission("acme", change, Holds())
    assert store.dirty_counters("acme") == [ShardRef(TODAY, MAX_COUNTER_SHARDS - 1)]


def test_holds_that_do_not_fit_into_a_document_are_refused(
    connect: Connect, store: FirestoreUsageStore
) -> None:
    wide = Hold(
        amounts=SMALL.amounts,
        expires_at=SMALL.expires_at,
        budgets=frozenset(BudgetSlot(f"cap@{number}", "é" * 60) for number in range(3)),
    )
    admissions = FirestoreAdmissions(connect())
    held = {run_key(str(number)): wide for number in range(2_000)}
    version = admissions.save_admission("acme", changing(held), Holds()).version
    more = {run_key(str(number)): wide for number in range(2_000, 4_000)}
    with pytest.raises(Conflict) as refused:
        admissions.save_admission("acme", changing(more, runs=[beginning("one")]), Holds(version=version))
    assert refused.value.code == "too_many_open_runs"
    assert len(holds_of(store).by_run) == 2_000
    assert store.find_run("acme", "one") is None
    admissions.save_admission("acme", changing({run_key("0"): None, ROOT: wide}), Holds(version=version))
