"""The calls and writes of each method, counted at the gRPC layer: Firestore bills each of them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.adapters.firestore import FirestoreUsageStore
from shared.adapters.firestore.ledger.attribution import MAX_TRANSFORMS_PER_DOCUMENT
from shared.domain.ledger.budget_counts import BudgetSlot, Counted
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import Period, month_of
from shared.domain.ledger.rollups import DayRollup, MonthRollup
from tests.adapters.conftest import Connect
from tests.adapters.interceptors import RecordedCalls
from tests.sample_events import NOON, ONE_SHARD, TODAY, llm_call, read_shards

NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


@pytest.fixture
def calls() -> RecordedCalls:
    return RecordedCalls()


@pytest.fixture
def store(connect: Connect, calls: RecordedCalls) -> FirestoreUsageStore:
    """Return a store whose calls are recorded."""
    return FirestoreUsageStore(connect(calls), timedelta(days=40))


def test_an_event_costs_one_commit_of_two_writes_and_no_read(
    store: FirestoreUsageStore, calls: RecordedCalls
) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    assert calls.methods == ["Commit"]
    assert [path.split("/")[1] for path in calls.writes()] == ["events", "counters"]


def test_an_event_of_a_run_costs_one_commit_of_three_writes(
    store: FirestoreUsageStore, calls: RecordedCalls
) -> None:
    store.record("acme", [llm_call("e1", run_id="run-1")], ONE_SHARD, NOON)
    assert calls.methods == ["Commit"]
    assert [path.split("/")[1] for path in calls.writes()] == ["events", "counters", "runs"]


def test_a_hundred_events_of_one_run_cost_two_writes_more_than_events(
    store: FirestoreUsageStore, calls: RecordedCalls
) -> None:
    store.record("acme", [llm_call(f"e{number}", run_id="run-1") for number in range(100)], ONE_SHARD, NOON)
    assert calls.methods == ["Commit"]
    assert len(calls.writes()) == 100 + 2


def test_only_the_fingerprints_and_nonces_of_known_events_are_read(
    store: FirestoreUsageStore, calls: RecordedCalls
) -> None:
    batch = [llm_call("e1"), llm_call("e2")]
    store.record("acme", batch[:1], ONE_SHARD, NOON)
    calls.requests.clear()
    store.record("acme", batch, ONE_SHARD, NOON)
    assert calls.methods == ["Commit", "BatchGetDocuments", "Commit"]
    assert list(calls.requests[1][1].mask.field_paths) == ["fingerprint", "nonce"]


def test_a_snapshot_is_one_call_that_names_every_document(
    store: FirestoreUsageStore, calls: RecordedCalls
) -> None:
    refs = tuple(ShardRef(TODAY, number) for number in range(3))
    days = (date(2026, 11, 19), TODAY)
    store.read("acme", Wanted(months=(month_of(TODAY),), days=days, shards=refs))
    assert calls.methods == ["BatchGetDocuments"]
    assert len(calls.requests[0][1].documents) == 1 + 1 + 2 + 3


def test_counting_runs_is_one_call_that_reads_no_documents(
    store: FirestoreUsageStore, calls: RecordedCalls
) -> None:
    store.count_runs("acme", NOVEMBER.start, NOVEMBER.end)
    assert calls.methods == ["RunAggregationQuery"]


def test_clearing_dirty_flags_is_one_call(store: FirestoreUsageStore, calls: RecordedCalls) -> None:
    store.record("acme", [llm_call(f"e{number}") for number in range(9)], ONE_SHARD, NOON)
    shards = read_shards(store, "acme", ShardRef(TODAY, 0))
    calls.requests.clear()
    store.clear_counters("acme", shards, NOON)
    assert calls.methods == ["BatchWrite"]


def test_saving_a_day_is_one_commit_of_two_writes(store: FirestoreUsageStore, calls: RecordedCalls) -> None:
    store.create_month("acme", MonthRollup(month=month_of(TODAY), days={}))
    calls.requests.clear()
    store.save_day("acme", DayRollup(day=TODAY, folded_at=NOON))
    assert calls.methods == ["Commit"]
    assert [path.split("/")[1] for path in calls.writes()] == ["days", "months"]


def test_commits_that_share_counters_and_runs_write_them_in_one_order(
    store: FirestoreUsageStore, calls: RecordedCalls
) -> None:
    batch = [
        llm_call(f"e{number}", run_id=f"run-{number % 3}")._replace(ts=NOON - timedelta(days=number % 2))
        for number in range(6)
    ]
    orders: list[list[str]] = []
    for events in (batch, batch[::-1]):
        calls.requests.clear()
        store.record(f"acme-{len(orders)}", events, ONE_SHARD, NOON)
        paths = [path.partition("/")[2] for path in calls.writes()]
        orders.append([path for path in paths if not path.startswith("events/")])
    assert orders[0] == orders[1]
    assert [path.split("/")[0] for path in orders[0]] == ["counters"] * 2 + ["runs"] * 3


def test_budgets_cost_recording_nothing(store: FirestoreUsageStore, calls: RecordedCalls) -> None:
    events = [llm_call(f"e{number}", run_id="run-1") for number in range(100)]
    counted = tuple(
        Counted(BudgetSlot(f"b{number}@1", "ann"), unit, is_by_run=number % 2 == 1 and unit != "runs")
        for number in range(16)
        for unit in ("tokens", "runs", "cost")
    )
    store.record("acme", [event._replace(budgets=counted[:50]) for event in events], ONE_SHARD, NOON)
    assert calls.methods == ["Commit"]
    assert len(calls.writes()) == 100 + 2


def test_an_event_of_an_earlier_day_costs_one_write_more(
    store: FirestoreUsageStore, calls: RecordedCalls
) -> None:
    late = llm_call("e1", ts=NOON - timedelta(days=1))
    store.record("acme", [late], ONE_SHARD, NOON)
    assert [path.split("/")[1] for path in calls.writes()] == ["events", "counters", "counters"]
    calls.requests.clear()
    store.record("acme", [llm_call("e2", ts=NOON - timedelta(days=1)), llm_call("e3")], ONE_SHARD, NOON)
    assert len(calls.writes()) == 2 + 2


def test_no_document_gets_more_transforms_than_firestore_takes(
    store: FirestoreUsageStore, calls: RecordedCalls
) -> None:
    users = [
        llm_call(f"e{number}", model=f"m{number % 20}")._replace(
            budgets=(
                Counted(BudgetSlot("each@1", f"user-{number}"), "cost"),
                Counted(BudgetSlot("all@1"), "tokens"),
            )
        )
        for number in range(500)
    ]
    store.record("acme", users, ONE_SHARD, NOON)
    commits = [request for method, request in calls.requests if method == "Commit"]
    transforms = [len(write.update_transforms) for commit in commits for write in commit.writes]
    assert max(transforms) <= MAX_TRANSFORMS_PER_DOCUMENT
    wanted = Wanted(shards=(ShardRef(TODAY, 0),), budgets=frozenset({BudgetSlot("each@1", "*")}))
    counted = store.read("acme", wanted).documents.shards[ShardRef(TODAY, 0)].budgets
    assert sum(hours[12].amount for hours in counted.values()) == 500 * 72_000
