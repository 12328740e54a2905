"""Admissions and UsageStore: holds, trees, and runs with their admission, changed together or not at all."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.ledger.budget_counts import EVERY_VALUE, BudgetSlot, HourCount, run_mark
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import RunSums, Wanted
from shared.domain.ledger.holds import (
    MAX_OPEN_HOLDS,
    Amounts,
    Hold,
    Holds,
    RunAdmission,
    RunEnd,
    RunKey,
    RunSpender,
    Tree,
    run_key,
)
from shared.ports import AdmissionChange, Admissions, Directory, RunChange, StaleHolds, UsageStore
from tests.contracts.conftest import Stores
from tests.contracts.test_directory import ACME, CREATED, KEY
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, llm_call, mark, writing

HOUR = timedelta(hours=1)
ONE, TWO, ROOT = run_key("one"), run_key("two"), run_key("root")
OF_ANN, OF_FLOW = BudgetSlot("cap@1", "ann"), BudgetSlot("flow@2")
HOLD = Hold(
    amounts=Amounts(5_000_000_000, 20_000),
    own=Amounts(1, 2),
    expires_at=NOON + HOUR + timedelta(microseconds=1),
    drawn=Amounts(3, 4),
    budgets=frozenset({OF_ANN, OF_FLOW}),
)
SMALL = Hold(amounts=Amounts(7, 0), expires_at=NOON + HOUR)
ADMISSION = RunAdmission(
    request="f" * 32,
    holds_cost=True,
    holds_tokens=False,
    amounts=HOLD.amounts,
    own=HOLD.own,
    admitted_at=NOON,
    expires_at=HOLD.expires_at,
    spender=RunSpender("ann", "triage", "k" * 64, (("team", "search"), ("b", "é"))),
    parent_run_id="root",
    root=ROOT,
    has_children=True,
)
PLAIN = RunAdmission(
    request="0",
    holds_cost=False,
    holds_tokens=True,
    amounts=SMALL.amounts,
    admitted_at=NOON,
    expires_at=SMALL.expires_at,
)
END = RunEnd(status="failed", error="timeout", ended_at=NOON + HOUR, drawn=Amounts(8, 9), below=Amounts(1, 0))


def changing(holds: Mapping[RunKey, Hold | None], **parts: Any) -> AdmissionChange:
    """Return a change at NOON of these holds, and what else is named."""
    return AdmissionChange(**{"now": NOON, "settings": ONE_SHARD, "holds": holds, **parts})


def beginning(run_id: str, admission: RunAdmission = PLAIN) -> RunChange:
    return RunChange(key=run_key(run_id), admission=admission, begins=run_id)


def holds_of(store: UsageStore, tenant_id: str = "acme") -> Holds:
    return store.read(tenant_id, Wanted(holds=True)).documents.holds


def sums_of(store: UsageStore, run_id: str) -> RunSums | None:
    wanted = Wanted(runs=frozenset({run_key(run_id)}), budgets=frozenset({BudgetSlot("cap@1", EVERY_VALUE)}))
    return store.read("acme", wanted).documents.runs.get(run_key(run_id))


@pytest.fixture
def admissions(stores: Stores) -> Admissions:
    """The holds of all tenants; empty."""
    return stores.admissions


def test_nothing_is_held_at_first(store: UsageStore) -> None:
    found = store.read("acme", Wanted(holds=True, trees=frozenset({ROOT}), runs=frozenset({ONE}))).documents
    assert found.holds == Holds()
    assert found.holds.version is None
    assert found.trees == {}
    assert found.runs == {}


def test_holds_are_read_as_they_were_saved(admissions: Admissions, store: UsageStore) -> None:
    child = replace(SMALL, parent=ONE, is_ended=True, has_children=True)
    version = admissions.save_admission("acme", changing({ONE: HOLD, TWO: child}), Holds())
    found = holds_of(store)
    assert found.by_run == {ONE: HOLD, TWO: child}
    assert found.version == version
    assert holds_of(store, "bolt") == Holds()


def test_only_what_is_asked_for_is_read(admissions: Admissions, store: UsageStore) -> None:
    admissions.save_admission("acme", changing({ONE: HOLD}, trees={ONE: {ONE: HOLD}}), Holds())
    assert store.read("acme").documents.holds == Holds()
    assert store.read("acme", Wanted(holds=True)).documents.trees == {}
    found = store.read("acme", Wanted(trees=frozenset({ONE, TWO}))).documents
    assert (found.holds, found.trees) == (Holds(), {ONE: Tree({ONE: HOLD})})


def test_a_change_keeps_other_holds_and_releases_those_that_are_named(
    admissions: Admissions, store: UsageStore
) -> None:
    version = admissions.save_admission("acme", changing({ONE: HOLD, TWO: HOLD, ROOT: SMALL}), Holds())
    drawn = HOLD.seen(Amounts(9, 9))
    admissions.save_admission("acme", changing({ONE: None, TWO: drawn}), Holds(version=version))
    assert holds_of(store).by_run == {TWO: drawn, ROOT: SMALL}
    admissions.save_admission("acme", changing({TWO: None, ROOT: None, ONE: None}), holds_of(store))
    assert holds_of(store).by_run == {}


def test_a_new_version_comes_with_every_change(admissions: Admissions, store: UsageStore) -> None:
    first = admissions.save_admission("acme", changing({ONE: HOLD}), Holds())
    second = admissions.save_admission("acme", changing({}), Holds(version=first))
    assert first != second
    assert holds_of(store).version == second
    with pytest.raises(StaleHolds):
        admissions.save_admission("acme", changing({}), Holds(version=first))


@pytest.mark.parametrize("is_new", [True, False])
def test_nothing_is_changed_if_the_holds_are_not_as_they_were_read(
    admissions: Admissions, store: UsageStore, is_new: bool
) -> None:
    version = admissions.save_admission("acme", changing({ONE: HOLD}, trees={ONE: {ONE: HOLD}}), Holds())
    admissions.save_admission("acme", changing({ONE: SMALL}), Holds(version=version))
    before = store.read("acme", Wanted(holds=True, trees=frozenset({ONE})))
    late = changing({ONE: None, TWO: HOLD}, runs=[beginning("two")], trees={ONE: None})
    with pytest.raises(StaleHolds):
        admissions.save_admission("acme", late, Holds() if is_new else Holds(version=version))
    assert store.read("acme", Wanted(holds=True, trees=frozenset({ONE}))) == before
    assert store.find_run("acme", "two") is None
    assert store.dirty_counters("acme") == []


def test_holds_of_tenants_are_apart(admissions: Admissions, store: UsageStore) -> None:
    admissions.save_admission("acme", changing({ONE: HOLD}, runs=[beginning("one")]), Holds())
    admissions.save_admission("bolt", changing({ONE: SMALL}), Holds())
    assert holds_of(store).by_run == {ONE: HOLD}
    assert store.find_run("bolt", "one") is None


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


def test_runs_that_begin_are_spread_over_the_counters(admissions: Admissions, store: UsageStore) -> None:
    version: object = None
    for number in range(12):
        change = changing({}, settings=writing(2), runs=[beginning(f"r{number}")])
        version = admissions.save_admission("acme", change, Holds(version=version))
    assert store.dirty_counters("acme") == [ShardRef(TODAY, 0), ShardRef(TODAY, 1)]


def test_an_extension_and_an_end_touch_no_counter(admissions: Admissions, store: UsageStore) -> None:
    version = admissions.save_admission("acme", changing({ONE: SMALL}, runs=[beginning("one")]), Holds())
    ref = ShardRef(TODAY, 0)
    before = store.read("acme", Wanted(shards=(ref,))).documents.shards
    longer = replace(PLAIN, expires_at=NOON + 2 * HOUR)
    extended = changing({ONE: HOLD}, runs=[RunChange(key=ONE, admission=longer)], now=NOON + HOUR)
    version = admissions.save_admission("acme", extended, Holds(version=version))
    assert sums_of(store, "one") == RunSums(totals={}, admission=longer)
    ended = changing({ONE: None}, runs=[RunChange(key=ONE, end=END)], now=NOON + HOUR)
    admissions.save_admission("acme", ended, Holds(version=version))
    assert sums_of(store, "one") == RunSums(totals={}, admission=longer, end=END)
    assert store.read("acme", Wanted(shards=(ref,))).documents.shards == before
    run = store.find_run("acme", "one")
    assert run is not None
    assert (run.began_at, run.last_at) == (NOON, NOON)


def test_a_run_ends_as_its_caller_says_unless_an_event_says_that_it_failed(
    admissions: Admissions, store: UsageStore
) -> None:
    completed = replace(END, status="completed", error=None)
    change = changing({}, runs=[beginning("one"), beginning("two"), beginning("three")])
    version = admissions.save_admission("acme", change, Holds())
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


def test_a_run_that_does_not_exist_is_not_changed(admissions: Admissions, store: UsageStore) -> None:
    for change in (RunChange(key=ONE, admission=PLAIN), RunChange(key=ONE, end=END)):
        with pytest.raises(StaleHolds):
            admissions.save_admission("acme", changing({ONE: SMALL}, runs=[change]), Holds())
    assert holds_of(store) == Holds()
    assert store.find_run("acme", "one") is None


def test_a_tree_grows_changes_and_ends(admissions: Admissions, store: UsageStore) -> None:
    child = replace(SMALL, parent=ROOT)

    def tree() -> Mapping[RunKey, Tree]:
        return store.read("acme", Wanted(trees=frozenset({ROOT}))).documents.trees

    version = admissions.save_admission("acme", changing({ROOT: HOLD}, trees={ROOT: {ROOT: HOLD}}), Holds())
    grown = changing({}, trees={ROOT: {ONE: child, TWO: child}})
    version = admissions.save_admission("acme", grown, Holds(version=version))
    assert tree() == {ROOT: Tree({ROOT: HOLD, ONE: child, TWO: child})}
    ended = replace(child, is_ended=True, drawn=Amounts(1, 1))
    version = admissions.save_admission(
        "acme", changing({}, trees={ROOT: {ONE: ended}}), Holds(version=version)
    )
    assert tree() == {ROOT: Tree({ROOT: HOLD, ONE: ended, TWO: child})}
    unchanged = changing({}, trees={ROOT: {}})
    version = admissions.save_admission("acme", unchanged, Holds(version=version))
    assert len(tree()[ROOT].by_run) == 3
    admissions.save_admission("acme", changing({ROOT: None}, trees={ROOT: None}), Holds(version=version))
    assert tree() == {}


def test_the_first_hold_is_noted_on_the_tenant(
    admissions: Admissions, store: UsageStore, directory: Directory
) -> None:
    directory.create_tenant(ACME, KEY, CREATED)
    before = store.read("acme").tenant
    assert before is not None
    assert not before.has_holds, "an older tenant's document does not have the field"
    admissions.save_admission("acme", changing({ONE: SMALL}, is_first=True), Holds())
    assert store.read("acme").tenant == replace(ACME, has_holds=True)
    assert directory.find_tenant("acme") == replace(ACME, has_holds=True)


def test_nothing_is_held_for_a_tenant_that_is_gone(admissions: Admissions, store: UsageStore) -> None:
    with pytest.raises(StaleHolds):
        admissions.save_admission("acme", changing({ONE: SMALL}, is_first=True), Holds())
    assert store.read("acme", Wanted(holds=True)).tenant is None
    assert holds_of(store) == Holds()


def test_as_many_holds_as_are_allowed_are_kept_and_released(
    admissions: Admissions, store: UsageStore
) -> None:
    held = {run_key(f"run-{number}"): HOLD for number in range(MAX_OPEN_HOLDS)}
    version = admissions.save_admission("acme", changing(held), Holds())
    assert holds_of(store).by_run == held
    admissions.save_admission("acme", changing(dict.fromkeys(held)), Holds(version=version))
    assert holds_of(store).by_run == {}


@pytest.mark.parametrize("part", ["trees", "runs", "marks"])
def test_a_hold_is_never_seen_without_its_tree_its_run_and_its_mark(
    admissions: Admissions, other_store: UsageStore, part: str
) -> None:
    commits = [[f"run-{number}-{each}" for each in range(30)] for number in range(10)]
    # The first of a commit is written long before the holds, and with one document there is little time between.
    firsts, ref = frozenset(run_key(run_ids[0]) for run_ids in commits), ShardRef(TODAY, 0)
    wanted = {
        "trees": Wanted(holds=True, trees=firsts),
        "runs": Wanted(holds=True, runs=firsts),
        "marks": Wanted(holds=True, shards=(ref,), fields=frozenset({"budgets"})),
    }[part]

    def admit_all() -> None:
        version: object = None
        for run_ids in commits:
            held = {run_key(run_id): SMALL for run_id in run_ids}
            change = changing(
                held,
                runs=list(map(beginning, run_ids)),
                trees={run: {run: SMALL} for run in held},
                begun={OF_FLOW: frozenset(run_ids)},
            )
            version = admissions.save_admission("acme", change, Holds(version=version))

    with ThreadPoolExecutor(1) as writer:
        admitted = writer.submit(admit_all)
        while not admitted.done():
            found = other_store.read("acme", wanted).documents
            held = set(found.holds.by_run) & firsts
            if part == "trees":
                assert held <= set(found.trees)
            elif part == "runs":
                assert held <= {run for run, sums in found.runs.items() if sums.admission}
            elif held:
                assert len(found.holds.by_run) <= len(found.shards[ref].budgets[OF_FLOW][12].runs)
        admitted.result()
    assert len(holds_of(other_store).by_run) == 10 * 30
