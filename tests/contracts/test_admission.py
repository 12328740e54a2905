"""Admissions and UsageStore: holds and trees are changed together with their runs, or not at all."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import (
    MAX_OPEN_HOLDS,
    Amounts,
    Holds,
    RunKey,
    Tree,
    run_key,
)
from shared.ports import Admissions, Directory, StaleHolds, UsageStore
from tests.admission_fixtures import (
    HOLD,
    OF_FLOW,
    ONE,
    ROOT,
    SMALL,
    TWO,
    beginning,
    changing,
    holds_of,
)
from tests.contracts.test_directory import ACME, CREATED, KEY
from tests.sample_events import TODAY


def test_nothing_is_held_at_first(store: UsageStore) -> None:
    found = store.read("acme", Wanted(holds=True, trees=frozenset({ROOT}), runs=frozenset({ONE}))).documents
    assert found.holds == Holds()
    assert found.holds.version is None
    assert found.trees == {}
    assert found.runs == {}


def test_holds_are_read_as_they_were_saved(admissions: Admissions, store: UsageStore) -> None:
    child = replace(SMALL, parent=ONE, is_ended=True, has_children=True)
    version = admissions.save_admission("acme", changing({ONE: HOLD, TWO: child}), Holds()).version
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
    version = admissions.save_admission(
        "acme", changing({ONE: HOLD, TWO: HOLD, ROOT: SMALL}), Holds()
    ).version
    drawn = HOLD.seen(Amounts(9, 9))
    admissions.save_admission("acme", changing({ONE: None, TWO: drawn}), Holds(version=version))
    assert holds_of(store).by_run == {TWO: drawn, ROOT: SMALL}
    admissions.save_admission("acme", changing({TWO: None, ROOT: None, ONE: None}), holds_of(store))
    assert holds_of(store).by_run == {}


def test_a_new_version_comes_with_every_change(admissions: Admissions, store: UsageStore) -> None:
    first = admissions.save_admission("acme", changing({ONE: HOLD}), Holds()).version
    second = admissions.save_admission("acme", changing({}), Holds(version=first)).version
    assert first != second
    assert holds_of(store).version == second
    with pytest.raises(StaleHolds):
        admissions.save_admission("acme", changing({}), Holds(version=first))


@pytest.mark.parametrize("is_new", [True, False])
def test_nothing_is_changed_if_the_holds_are_not_as_they_were_read(
    admissions: Admissions, store: UsageStore, is_new: bool
) -> None:
    version = admissions.save_admission(
        "acme", changing({ONE: HOLD}, trees={ONE: {ONE: HOLD}}), Holds()
    ).version
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


def test_a_tree_grows_changes_and_ends(admissions: Admissions, store: UsageStore) -> None:
    child = replace(SMALL, parent=ROOT)

    def tree() -> Mapping[RunKey, Tree]:
        return store.read("acme", Wanted(trees=frozenset({ROOT}))).documents.trees

    version = admissions.save_admission(
        "acme", changing({ROOT: HOLD}, trees={ROOT: {ROOT: HOLD}}), Holds()
    ).version
    grown = changing({}, trees={ROOT: {ONE: child, TWO: child}})
    version = admissions.save_admission("acme", grown, Holds(version=version)).version
    assert tree() == {ROOT: Tree({ROOT: HOLD, ONE: child, TWO: child})}
    ended = replace(child, is_ended=True, drawn=Amounts(1, 1))
    version = admissions.save_admission(
        "acme", changing({}, trees={ROOT: {ONE: ended}}), Holds(version=version)
    ).version
    assert tree() == {ROOT: Tree({ROOT: HOLD, ONE: ended, TWO: child})}
    unchanged = changing({}, trees={ROOT: {}})
    version = admissions.save_admission("acme", unchanged, Holds(version=version)).version
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
    version = admissions.save_admission("acme", changing(held), Holds()).version
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
            version = admissions.save_admission("acme", change, Holds(version=version)).version

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
