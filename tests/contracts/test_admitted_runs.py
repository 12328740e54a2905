"""Admissions and UsageStore: admitted runs, beside those that only events name."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.ledger.budget_counts import HourCount, Spent, run_mark
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import RunSums, Wanted
from shared.domain.ledger.holds import (
    Holds,
    run_key,
)
from shared.domain.metering.run_lists import RunsWanted, StatusAt
from shared.ports import Admissions, RunChange, StaleHolds, UsageStore
from shared.usecases.ledger.verify_counters import verify_counters
from tests.admission_fixtures import (
    ADMISSION,
    END,
    HOLD,
    HOUR,
    OF_FLOW,
    ONE,
    PLAIN,
    SMALL,
    TWO,
    beginning,
    changing,
    holds_of,
    sums_of,
)
from tests.contracts.conftest import RETENTION, Stores
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, llm_call, mark, writing
from tests.usecases.plain_sums import new_tenant, tick


def test_an_admitted_run_begins_with_its_admission(admissions: Admissions, store: UsageStore) -> None:
    change = changing({ONE: HOLD}, runs=[beginning("one", ADMISSION), beginning("é /.", PLAIN)])
    admissions.save_admission("acme", change, Holds())
    run = store.find_run("acme", "one")
    assert run is not None
    assert (run.id, run.began_at, run.last_at, run.totals, run.admission) == (
        "one",
        NOON,
        NOON,
        {},
        ADMISSION,
    )
    assert run.status(NOON) == "open"
    assert {each.id for each in store.list_runs("acme", limit=5).items} == {"one", "é /."}
    assert sums_of(store, "one") == RunSums(totals={}, admission=ADMISSION)
    assert sums_of(store, "é /.") == RunSums(totals={}, admission=PLAIN)
    assert store.count_runs("acme", NOON, NOON + HOUR) == 2


def test_an_admission_does_not_move_the_beginning_of_a_run_that_events_named(
    admissions: Admissions, store: UsageStore
) -> None:
    early, late = NOON - 3 * HOUR, NOON + timedelta(minutes=5)
    events = [llm_call("e1", ts=early, run_id="one"), llm_call("e2", ts=late, run_id="one")]
    store.record("acme", events, ONE_SHARD, NOON)
    admissions.save_admission("acme", changing({ONE: SMALL}, runs=[beginning("one")]), Holds())
    run = store.find_run("acme", "one")
    assert run is not None
    assert (run.began_at, run.last_at, run.totals["calls"], run.admission) == (early, late, 2, PLAIN)
    assert store.count_runs("acme", early, NOON + HOUR) == 1
    assert store.count_runs("acme", NOON, NOON + HOUR) == 0


def test_events_add_to_an_admitted_run_and_may_begin_it_earlier(
    admissions: Admissions, store: UsageStore
) -> None:
    admissions.save_admission("acme", changing({ONE: SMALL}, runs=[beginning("one")]), Holds())
    store.record("acme", [llm_call("e1", ts=NOON - HOUR, run_id="one")], ONE_SHARD, NOON)
    run = store.find_run("acme", "one")
    assert run is not None
    assert (run.began_at, run.last_at, run.totals, run.admission) == (NOON - HOUR, NOON, CALL, PLAIN)
    assert store.count_runs("acme", NOON - HOUR, NOON + HOUR) == 1


def test_a_run_that_begins_marks_a_counter_so_that_the_next_fold_counts_it(
    admissions: Admissions, store: UsageStore
) -> None:
    runs = [beginning("one"), beginning("two")]
    change = changing({ONE: SMALL}, runs=runs, begun={OF_FLOW: frozenset({"one", "two"})})
    admissions.save_admission("acme", change, Holds())
    ref = ShardRef(TODAY, 0)
    assert store.dirty_counters("acme") == [ref]
    wanted = Wanted(shards=(ref,), fields=frozenset({"budgets"}))
    counter = store.read("acme", wanted).documents.shards[ref]
    assert (counter.events, counter.totals, counter.run_hours, counter.commits) == (0, {}, frozenset({12}), 1)
    assert counter.budgets == {OF_FLOW: {12: HourCount(runs={run_mark("one"), run_mark("two")})}}


def test_a_fold_counts_admitted_runs_and_finds_no_difference(stores: Stores) -> None:
    tenant = new_tenant(stores.directory)
    stores.usage.record("acme", [llm_call("e1", ts=NOON - HOUR, run_id="one")], tenant.counters, NOON)
    tick(stores.usage, NOON)
    runs = [beginning("one"), beginning("two"), beginning("three")]
    change = changing({}, runs=runs, begun={OF_FLOW: frozenset({"two", "three"})}, settings=tenant.counters)
    stores.admissions.save_admission("acme", change, Holds())
    tick(stores.usage, NOON + HOUR)
    wanted = Wanted(days=(TODAY,), fields=frozenset({"budgets"}))
    day = stores.usage.read("acme", wanted).documents.days[TODAY]
    assert day.runs == {11: 1, 12: 2}
    assert day.budgets == {OF_FLOW: Spent(2)}
    assert stores.usage.dirty_counters("acme") == []
    assert verify_counters(stores.usage, "acme", RETENTION, NOON + HOUR).drifts == []


def test_runs_that_begin_are_spread_over_the_counters(admissions: Admissions, store: UsageStore) -> None:
    version: object = None
    for number in range(12):
        change = changing({}, settings=writing(2), runs=[beginning(f"r{number}")])
        version = admissions.save_admission("acme", change, Holds(version=version)).version
    assert store.dirty_counters("acme") == [ShardRef(TODAY, 0), ShardRef(TODAY, 1)]


def test_an_extension_and_an_end_touch_no_counter(admissions: Admissions, store: UsageStore) -> None:
    version = admissions.save_admission(
        "acme", changing({ONE: SMALL}, runs=[beginning("one")]), Holds()
    ).version
    ref = ShardRef(TODAY, 0)
    before = store.read("acme", Wanted(shards=(ref,))).documents.shards
    longer = replace(PLAIN, expires_at=NOON + 2 * HOUR)
    extended = changing({ONE: HOLD}, runs=[RunChange(key=ONE, admission=longer)], now=NOON + HOUR)
    version = admissions.save_admission("acme", extended, Holds(version=version)).version
    assert sums_of(store, "one") == RunSums(totals={}, admission=longer)
    ended = changing({ONE: None}, runs=[RunChange(key=ONE, end=END)], now=NOON + HOUR)
    admissions.save_admission("acme", ended, Holds(version=version))
    assert sums_of(store, "one") == RunSums(totals={}, admission=longer, end=END)
    assert store.read("acme", Wanted(shards=(ref,))).documents.shards == before
    run = store.find_run("acme", "one")
    assert run is not None
    assert (run.began_at, run.last_at) == (NOON, END.ended_at)


def test_a_run_ends_as_its_caller_says_unless_an_event_says_that_it_failed(
    admissions: Admissions, store: UsageStore
) -> None:
    completed = replace(END, status="completed", error=None)
    change = changing({}, runs=[beginning("one"), beginning("two"), beginning("three")])
    version = admissions.save_admission("acme", change, Holds()).version
    ends = [
        RunChange(key=ONE, end=completed),
        RunChange(key=TWO, end=END),
        RunChange(key=run_key("three"), end=completed),
    ]
    admissions.save_admission("acme", changing({}, runs=ends), Holds(version=version))
    store.record("acme", [mark("e2", "two", "completed"), mark("e3", "three", "failed")], ONE_SHARD, NOON)
    runs = {run.id: run for run in store.list_runs("acme", limit=5).items}
    assert {run_id: run.status(NOON) for run_id, run in runs.items()} == {
        "one": "completed",
        "two": "failed",
        "three": "failed",
    }
    assert [runs[run_id].end for run_id in ("one", "two", "three")] == [completed, END, completed]


def test_admitted_runs_are_found_by_their_names_their_status_and_their_duration(
    admissions: Admissions, store: UsageStore
) -> None:
    def found(**wanted: Any) -> list[str]:
        return [run.id for run in store.list_runs("acme", RunsWanted(**wanted), limit=9).items]

    runs = [beginning("one", ADMISSION), beginning("two")]
    version = admissions.save_admission("acme", changing({}, runs=runs), Holds()).version
    assert found(user_id="ann") == found(workflow_id="triage") == found(tag=("b", "é")) == ["one"]
    assert len(found(status=StatusAt("open", NOON))) == 2
    assert len(found(sort="cost")) == len(found(sort="tokens")) == 2
    assert store.measure_runs("acme", 9) == 0
    admissions.save_admission(
        "acme", changing({}, runs=[RunChange(key=ONE, end=END)]), Holds(version=version)
    )
    assert found(status=StatusAt("open", NOON)) == ["two"]
    assert found(status=StatusAt("failed", NOON)) == ["one"]
    assert found(status=StatusAt("completed", NOON)) == []
    assert store.measure_runs("acme", 9) == 1
    assert found(sort="duration") == ["one"]


def test_a_run_that_does_not_exist_is_not_changed(admissions: Admissions, store: UsageStore) -> None:
    for change in (RunChange(key=ONE, admission=PLAIN), RunChange(key=ONE, end=END)):
        with pytest.raises(StaleHolds):
            admissions.save_admission("acme", changing({ONE: SMALL}, runs=[change]), Holds())
    assert holds_of(store) == Holds()
    assert store.find_run("acme", "one") is None


def test_an_admitted_run_is_a_child_of_its_parent(admissions: Admissions, store: UsageStore) -> None:
    store.record("acme", [llm_call("e1", run_id="two")], ONE_SHARD, NOON)
    runs = (beginning("one", ADMISSION), beginning("two", ADMISSION), beginning("three"))
    admissions.save_admission("acme", changing({ONE: HOLD}, runs=runs), Holds())
    assert {run.id for run in store.list_children("acme", ["root"], limit=9)} == {"one", "two"}
