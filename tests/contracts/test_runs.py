"""UsageStore: a run is the sum of its events, whatever their order."""

from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest

from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import Run
from shared.ports import UsageStore
from shared.ports.ledger import MOST_PARENTS
from tests.sample_events import CALL, NOON, ONE_SHARD, llm_call, mark, times

LIFE = [
    mark("e1", "run-1", "started"),
    llm_call("e2", run_id="run-1", ts=NOON + timedelta(seconds=1, microseconds=1)),
    llm_call("e3", run_id="run-1", ts=NOON + timedelta(hours=30)),
    mark("e4", "run-1", "completed", ts=NOON + timedelta(hours=31)),
]


def test_an_unknown_run_is_not_found(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1", run_id="run-1"), llm_call("e2")], ONE_SHARD, NOON)
    assert store.find_run("acme", "run-2") is None


def test_a_run_is_the_sum_of_its_events(store: UsageStore) -> None:
    store.record("acme", LIFE, ONE_SHARD, NOON)
    expected = Run(
        id="run-1", began_at=NOON, last_at=NOON + timedelta(hours=31), totals=times(2), is_completed=True
    )
    assert store.find_run("acme", "run-1") == expected


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_of_its_events_does_not_matter(store: UsageStore, order: tuple[int, ...]) -> None:
    for index in order:
        store.record("acme", [LIFE[index]], ONE_SHARD, NOON)
    expected = Run(
        id="run-1", began_at=NOON, last_at=NOON + timedelta(hours=31), totals=times(2), is_completed=True
    )
    assert store.find_run("acme", "run-1") == expected


def test_repeated_events_add_nothing_to_their_run(store: UsageStore) -> None:
    for _ in range(2):
        store.record("acme", [*LIFE, *LIFE], ONE_SHARD, NOON)
    run = store.find_run("acme", "run-1")
    assert run is not None
    assert run.totals == times(2)


def test_a_failed_run_stays_failed(store: UsageStore) -> None:
    store.record("acme", [mark("e1", "run-1", "failed"), mark("e2", "run-1", "completed")], ONE_SHARD, NOON)
    run = store.find_run("acme", "run-1")
    assert run == Run(
        id="run-1", began_at=NOON, last_at=NOON, totals={"errors": 1}, is_completed=True, is_failed=True
    )
    assert run.status(NOON) == "failed"


def test_a_run_without_amounts_has_no_totals(store: UsageStore) -> None:
    store.record("acme", [mark("e1", "run-1", "started")], ONE_SHARD, NOON)
    assert store.find_run("acme", "run-1") == Run(id="run-1", began_at=NOON, last_at=NOON, totals={})


def test_each_run_adds_up_for_itself(store: UsageStore) -> None:
    run_ids = [f"run-{number % 3}" for number in range(10)]
    store.record("acme", [llm_call(uuid4().hex, run_id=run_id) for run_id in run_ids], ONE_SHARD, NOON)
    found = {run.id: run.totals for run in store.list_runs("acme", limit=9).items}
    assert found == {"run-0": times(4), "run-1": times(3), "run-2": times(3)}


def test_odd_run_ids_are_runs_of_their_own(store: UsageStore) -> None:
    ids = ["a/b", "a.b", "..", "__r__", "`", "%41", "A", "日" * 128, "constructor"]
    store.record("acme", [llm_call(run_id, run_id=run_id) for run_id in ids], ONE_SHARD, NOON)
    for run_id in ids:
        assert store.find_run("acme", run_id) == Run(id=run_id, began_at=NOON, last_at=NOON, totals=CALL)


def test_a_run_that_was_read_does_not_change_afterwards(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1", run_id="run-1")], ONE_SHARD, NOON)
    run = store.find_run("acme", "run-1")
    store.record("acme", [llm_call("e2", run_id="run-1", ts=NOON + timedelta(hours=1))], ONE_SHARD, NOON)
    assert run == Run(id="run-1", began_at=NOON, last_at=NOON, totals=CALL)


def child(run_id: str, parent: str, minutes: int = 0) -> RecordedEvent:
    """Return the first call of a run that `parent` started, so many minutes after noon."""
    event = llm_call(f"of-{run_id}", run_id=run_id, ts=NOON + timedelta(minutes=minutes))
    return event._replace(parent_run_id=parent)


def test_a_run_knows_the_run_that_started_it_in_any_order(store: UsageStore) -> None:
    events = [llm_call("e1", run_id="c"), child("c", "p"), llm_call("e2", run_id="c")]
    for event in events:
        store.record("acme", [event], ONE_SHARD, NOON)
    run = store.find_run("acme", "c")
    assert run is not None
    assert (run.parent_run_id, run.totals) == ("p", times(3))
    (stored,) = [each for each in store.list_events("acme", limit=9).items if each.id == "of-c"]
    assert stored.parent_run_id == "p"


def test_the_parent_that_was_named_last_counts(store: UsageStore) -> None:
    store.record("acme", [child("c", "p")], ONE_SHARD, NOON)
    store.record("acme", [child("c", "q")._replace(id="e2", identity="e2")], ONE_SHARD, NOON)
    assert [run.id for run in store.list_children("acme", ["q"], limit=9)] == ["c"]
    assert store.list_children("acme", ["p"], limit=9) == []


def test_children_are_listed_oldest_first_up_to_a_limit(store: UsageStore) -> None:
    events = [child("c3", "b", 3), child("c1", "a", 1), child("c2", "b", 2), child("x", "other", 0)]
    store.record("acme", [*events, llm_call("e", run_id="a")], ONE_SHARD, NOON)
    store.record("bolt", [child("c0", "a")], ONE_SHARD, NOON)
    children = store.list_children("acme", ["a", "b"], limit=9)
    assert [(run.id, run.parent_run_id) for run in children] == [("c1", "a"), ("c2", "b"), ("c3", "b")]
    assert [run.id for run in store.list_children("acme", ["b", "a"], limit=2)] == ["c1", "c2"]
    parents = [f"p{number}" for number in range(MOST_PARENTS - 1)]
    assert len(store.list_children("acme", [*parents, "b"], limit=9)) == 2
