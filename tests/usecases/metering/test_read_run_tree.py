"""A run with the runs that it started: all of them once, with their sums, however they name each other."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.errors import NotFound
from shared.usecases.metering import read_run_tree as trees
from shared.usecases.metering.read_run_tree import RunTree, read_run_tree
from tests.sample_events import NOON, ONE_SHARD, llm_call, times


def tree_of(parents: Mapping[str, str | None], of: str) -> RunTree:
    """Return the tree of runs with these parents, which began a second apart and made a call each."""
    store = MemoryStore()
    for number, (run, parent) in enumerate(parents.items()):
        event = llm_call(f"e{number}", run_id=run, ts=NOON + timedelta(seconds=number))
        store.record("acme", [event._replace(parent_run_id=parent)], ONE_SHARD, NOON)
    return read_run_tree(store, "acme", of)


def shape(tree: RunTree) -> list[tuple[str, int, int]]:
    """Return each run with its level and the calls of its branch."""
    return [(place.run.id, place.depth, place.sum["calls"]) for place in tree.runs]


FAMILY = {"root": None, "a": "root", "b": "root", "a1": "a", "stranger": None, "a2": "a", "b1": "b"}


def test_each_run_is_followed_by_those_it_started_and_sums_them_up() -> None:
    tree = tree_of(FAMILY, "root")
    expected = [("root", 0, 6), ("a", 1, 3), ("a1", 2, 1), ("a2", 2, 1), ("b", 1, 2), ("b1", 2, 1)]
    assert (shape(tree), tree.is_cut) == (expected, False)
    assert tree.runs[0].sum == times(6)
    assert tree.runs[0].run.totals == times(1)


def test_a_run_within_a_tree_has_its_own_branch() -> None:
    assert shape(tree_of(FAMILY, "a")) == [("a", 0, 3), ("a1", 1, 1), ("a2", 1, 1)]


def test_a_run_without_children_is_alone() -> None:
    assert shape(tree_of(FAMILY, "stranger")) == [("stranger", 0, 1)]


def test_an_unknown_run_is_not_found() -> None:
    with pytest.raises(NotFound):
        tree_of(FAMILY, "nobody")


def test_runs_that_name_each_other_are_shown_once() -> None:
    assert shape(tree_of({"a": "b", "b": "a"}, "a")) == [("a", 0, 2), ("b", 1, 1)]


@pytest.mark.parametrize(("children", "is_cut"), [(trees.MAX_RUNS - 1, False), (trees.MAX_RUNS, True)])
def test_a_wide_tree_is_cut(children: int, is_cut: bool) -> None:
    tree = tree_of({"root": None} | {f"c{number}": "root" for number in range(children)}, "root")
    assert (len(tree.runs), tree.is_cut) == (trees.MAX_RUNS, is_cut)


@pytest.mark.parametrize(("levels", "is_cut"), [(trees.MAX_DEPTH, False), (trees.MAX_DEPTH + 1, True)])
def test_a_deep_tree_is_cut(levels: int, is_cut: bool) -> None:
    tree = tree_of({"r0": None} | {f"r{level}": f"r{level - 1}" for level in range(1, levels + 1)}, "r0")
    assert (len(tree.runs), tree.is_cut) == (trees.MAX_DEPTH + 1, is_cut)


@given(st.lists(st.integers(0, 9), min_size=10, max_size=10))
def test_whatever_the_parents_every_run_is_shown_at_most_once_and_counted_once(parents: list[int]) -> None:
    tree = tree_of({str(run): str(parent) for run, parent in enumerate(parents)}, "0")
    ids = [place.run.id for place in tree.runs]
    assert len(ids) == len(set(ids))
    assert tree.runs[0].sum == times(len(ids))
