"""FirestoreRpc under failure: retries, exactly-once counting, and giving up."""

import socket
from datetime import timedelta
from time import monotonic

import grpc
import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.rpc import open_channel
from shared.domain.errors import Conflict, Unavailable
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import month_of
from shared.domain.ledger.rollups import DayRollup, MonthRollup
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ApiKey
from shared.domain.people.tenants import Tenant
from shared.ports import Outcome
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import FailingCalls, LostAnswers
from tests.audit_trail import trail_of
from tests.plans import PROFESSIONAL
from tests.sample_events import NOON, ONE_SHARD, TODAY, counted, llm_call, times

RETENTION = timedelta(days=40)
TRANSIENT = [
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
]
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
TENANT = Tenant(id="acme", name="Acme", plan="starter", created_at=NOON)
KEY = ApiKey(
    id="key-1",
    tenant_id="acme",
    scopes=("usage:write",),
    label="first",
    prefix="gwi_test_abcde",
    created_at=NOON,
)
ENTRY = AuditEntry(
    tenant_id="acme", at=NOON, actor="admin", action="tenant.create", before=None, after="starter", reason=""
)


def _store(rpc: FirestoreRpc) -> FirestoreUsageStore:
    return FirestoreUsageStore(rpc, RETENTION)


@pytest.mark.parametrize("code", TRANSIENT)
def test_a_commit_that_was_not_delivered_is_retried_and_counts_once(
    connect: Connect, code: grpc.StatusCode
) -> None:
    FirestoreDirectory(connect()).create_tenant(TENANT, KEY, ENTRY)
    failing = FailingCalls(code, times=2)
    store = _store(connect(failing))
    assert store.record("acme", [llm_call("e1"), llm_call("e2")], ONE_SHARD, NOON) == [Outcome.RECORDED] * 2
    assert failing.attempts == 2 + 1
    assert counted(store, "acme", shards=2) == times(2)


@pytest.mark.parametrize(("aborts", "shards"), [(1, 1), (2, 2), (3, 2), (4, 4), (12, 64), (14, 64)])
def test_a_writer_whose_commit_is_aborted_twice_spreads_over_twice_as_many_counters(
    connect: Connect, aborts: int, shards: int
) -> None:
    FirestoreDirectory(connect()).create_tenant(TENANT, KEY, ENTRY)
    failing = FailingCalls(grpc.StatusCode.ABORTED, times=aborts)
    assert _store(connect(failing)).record("acme", [llm_call("e1")], ONE_SHARD, NOON) == [Outcome.RECORDED]
    assert failing.attempts == aborts + 1
    tenant = FirestoreDirectory(connect()).find_tenant("acme")
    assert tenant is not None
    assert tenant.counters.shards == shards
    assert counted(_store(connect()), "acme", shards=shards) == times(1)


@pytest.mark.parametrize("code", TRANSIENT)
def test_a_commit_whose_response_was_lost_counts_once(connect: Connect, code: grpc.StatusCode) -> None:
    store = _store(connect(LostAnswers(code, times=1)))
    outcomes = store.record("acme", [llm_call("e1", run_id="r"), llm_call("e2", run_id="r")], ONE_SHARD, NOON)
    assert outcomes == [Outcome.RECORDED] * 2, "this request stored them, although it got no answer"
    assert store.record("acme", [llm_call("e1", run_id="r")], ONE_SHARD, NOON) == [Outcome.DUPLICATE]
    assert counted(store, "acme") == times(2)
    run = store.find_run("acme", "r")
    assert run is not None
    assert run.totals == times(2)


def test_lost_responses_of_a_batch_in_several_commits_count_each_event_once(connect: Connect) -> None:
    store = _store(connect(LostAnswers(UNAVAILABLE, times=2)))
    batch = [llm_call(f"e{number}", model=f"model-{number}") for number in range(100)]
    outcomes = store.record("acme", batch, ONE_SHARD, NOON)
    assert outcomes == [Outcome.RECORDED] * 100
    assert counted(store, "acme") == times(100)


def test_a_lost_response_does_not_hide_a_conflict(connect: Connect) -> None:
    _store(connect()).record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    store = _store(connect(LostAnswers(UNAVAILABLE, times=1)))
    outcomes = store.record("acme", [llm_call("e1", payload="second"), llm_call("e2")], ONE_SHARD, NOON)
    assert outcomes == [Outcome.CONFLICT, Outcome.RECORDED]
    assert counted(store, "acme") == times(2)


@pytest.mark.parametrize("code", TRANSIENT)
def test_reads_and_queries_are_retried(connect: Connect, code: grpc.StatusCode) -> None:
    _store(connect()).record("acme", [llm_call("e1", run_id="r")], ONE_SHARD, NOON)
    assert counted(_store(connect(FailingCalls(code, times=1))), "acme") == times(1)
    assert len(_store(connect(FailingCalls(code, times=1))).list_events("acme", limit=5).items) == 1
    assert _store(connect(FailingCalls(code, times=1))).dirty_counters("acme") == [ShardRef(TODAY, 0)]


def test_a_permanent_error_is_not_retried(connect: Connect) -> None:
    failing = FailingCalls(grpc.StatusCode.FAILED_PRECONDITION, times=1)
    with pytest.raises(grpc.RpcError):
        _store(connect(failing)).record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    assert failing.attempts == 1


def test_after_giving_up_the_same_request_succeeds_later_and_counts_once(connect: Connect) -> None:
    failing = FailingCalls(UNAVAILABLE, times=10_000)
    with pytest.raises(Unavailable):
        _store(connect(failing, give_up_after_seconds=0.2)).record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    assert failing.attempts > 1
    assert _store(connect()).record("acme", [llm_call("e1")], ONE_SHARD, NOON) == [Outcome.RECORDED]
    assert counted(_store(connect()), "acme") == times(1)


def test_after_giving_up_on_a_lost_response_a_retry_counts_once(connect: Connect) -> None:
    _store(connect()).record("acme", [llm_call("e0")], ONE_SHARD, NOON)
    lost = LostAnswers(UNAVAILABLE, times=1, away_afterwards=True)
    with pytest.raises(Unavailable):
        _store(connect(lost, give_up_after_seconds=1.0)).record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    assert _store(connect()).record("acme", [llm_call("e1")], ONE_SHARD, NOON) == [Outcome.DUPLICATE]
    assert counted(_store(connect()), "acme") == times(2)


def _gives_up(host: str) -> float:
    """Return the seconds until every kind of call gave up, with a quarter of a second for each."""
    started = monotonic()
    with open_channel(host) as channel:
        rpc = FirestoreRpc("demo-gwi", lambda: channel, is_emulator=True, give_up_after_seconds=0.25)
        store = _store(rpc)
        with pytest.raises(Unavailable, match="Firestore does not answer"):
            store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
        with pytest.raises(Unavailable, match="Firestore does not answer"):
            store.read("acme")
        with pytest.raises(Unavailable, match="Firestore does not answer"):
            FirestoreDirectory(rpc).list_keys("acme")
        with pytest.raises(Unavailable, match="Firestore does not answer"):
            store.create_month("acme", MonthRollup(month=month_of(TODAY), days={}))
    return monotonic() - started


def test_an_unreachable_firestore_is_unavailable_within_the_time_to_give_up() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, but nobody listens
        assert _gives_up(f"127.0.0.1:{bound.getsockname()[1]}") < 4 * 0.25 + 2


def test_a_firestore_that_never_responds_is_unavailable_within_the_time_to_give_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert _gives_up(f"127.0.0.1:{silent.getsockname()[1]}") < 4 * 0.25 + 2


# Changes that are not counted: a retry changes nothing more.


def test_a_tenant_whose_creation_was_not_confirmed_is_created_once(connect: Connect) -> None:
    directory = FirestoreDirectory(connect(LostAnswers(UNAVAILABLE, times=1)))
    directory.create_tenant(TENANT, KEY, ENTRY)
    assert directory.find_tenant("acme") == TENANT
    assert trail_of(directory) == [ENTRY]


def test_a_taken_id_is_a_conflict_even_if_responses_are_lost(connect: Connect) -> None:
    directory = FirestoreDirectory(connect(LostAnswers(UNAVAILABLE, times=1)))
    directory.create_tenant(TENANT, KEY, ENTRY)
    with pytest.raises(Conflict):
        directory.create_tenant(TENANT, KEY, ENTRY)


def test_a_plan_whose_change_was_not_confirmed_is_set_with_one_audit_entry(connect: Connect) -> None:
    FirestoreDirectory(connect()).create_tenant(TENANT, KEY, ENTRY)
    directory = FirestoreDirectory(connect(LostAnswers(UNAVAILABLE, times=1)))
    directory.set_plan("acme", PROFESSIONAL.named_version, ENTRY)
    tenant = directory.find_tenant("acme")
    assert tenant is not None
    assert tenant.plan == "professional"
    assert trail_of(directory) == [ENTRY, ENTRY]


def test_keys_whose_saving_was_not_confirmed_are_saved_with_one_audit_entry(connect: Connect) -> None:
    directory = FirestoreDirectory(connect(LostAnswers(UNAVAILABLE, times=1)))
    directory.save_keys([KEY], ENTRY)
    assert directory.list_keys("acme") == [KEY]
    assert trail_of(directory) == [ENTRY]


def test_rollups_whose_saving_was_not_confirmed_are_saved(connect: Connect) -> None:
    _store(connect()).create_month("acme", MonthRollup(month=month_of(TODAY), days={}))
    store = _store(connect(LostAnswers(UNAVAILABLE, times=1)))
    store.save_day("acme", DayRollup(day=TODAY, commits=7, folded_at=NOON))
    assert store.read("acme", Wanted(days=(TODAY,))).documents.days[TODAY].commits == 7
