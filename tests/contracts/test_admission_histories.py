"""Any history of admissions leaves the holds, the trees and the runs that its successful changes add up to."""

from dataclasses import replace
from typing import NamedTuple
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.holds import Amounts, Hold, Holds, RunKey, run_key
from shared.ports import AdmissionChange, Admissions, RunChange, StaleHolds, UsageStore
from tests.admission_fixtures import END, HOUR, PLAIN, SMALL, beginning, changing
from tests.properties import ON_EACH_STORE
from tests.sample_events import NOON, ONE_SHARD, llm_call

RUN_IDS = ("a", "b", "c", "d")
KEYS = {run_id: run_key(run_id) for run_id in RUN_IDS}
hold = st.integers(1, 9).map(lambda tokens: replace(SMALL, amounts=Amounts(0, tokens)))
some_holds = st.dictionaries(st.sampled_from(sorted(KEYS.values())), hold, max_size=3)
change_of_holds = st.dictionaries(st.sampled_from(sorted(KEYS.values())), hold | st.none(), max_size=3)
change_of_trees = st.dictionaries(st.sampled_from(sorted(KEYS.values())), some_holds | st.none(), max_size=2)


class Step(NamedTuple):
    """A change, what it does to each run, and whether it is made on holds that have changed since."""

    holds: dict[RunKey, Hold | None]
    trees: dict[RunKey, dict[RunKey, Hold] | None]
    runs: dict[str, str]
    is_stale: bool
    event_of: str | None


steps = st.builds(
    Step,
    change_of_holds,
    change_of_trees,
    st.dictionaries(st.sampled_from(RUN_IDS), st.sampled_from(["begin", "extend", "end"]), max_size=3),
    st.booleans(),
    st.none() | st.sampled_from(RUN_IDS),
)


class World:
    """Holds, trees and runs as they should be."""

    def __init__(self) -> None:
        self.holds: dict[RunKey, Hold] = {}
        self.trees: dict[RunKey, dict[RunKey, Hold]] = {}
        self.admitted: set[str] = set()
        self.ended: set[str] = set()
        self.events: dict[str, int] = {}

    @property
    def known(self) -> set[str]:
        """The ids of the runs that exist."""
        return {*self.admitted, *self.events}

    def change(self, step: Step) -> None:
        """Do what the step does."""
        for run, held in step.holds.items():
            self.holds.pop(run, None)
            if held:
                self.holds[run] = held
        for root, tree in step.trees.items():
            before = self.trees.pop(root, {})
            if tree is not None:
                self.trees[root] = before | tree
        self.admitted |= {run for run, what in step.runs.items() if what != "end"}
        self.ended |= {run for run, what in step.runs.items() if what == "end"}


def change_of(step: Step) -> AdmissionChange:
    """Return the change of a step."""
    runs = [_run_change(run_id, what) for run_id, what in step.runs.items()]
    return changing(step.holds, trees=step.trees, runs=runs)


def _run_change(run_id: str, what: str) -> RunChange:
    match what:
        case "begin":
            return beginning(run_id)
        case "extend":
            return RunChange(key=KEYS[run_id], admission=PLAIN)
        case _:
            return RunChange(key=KEYS[run_id], end=END)


@ON_EACH_STORE
@given(history=st.lists(steps, max_size=8))
def test_any_history_adds_up(admissions: Admissions, store: UsageStore, history: list[Step]) -> None:
    tenant_id, world, versions = uuid4().hex, World(), list[object]([None])
    for number, step in enumerate(history):
        if step.event_of:
            store.record(tenant_id, [llm_call(f"e{number}", run_id=step.event_of)], ONE_SHARD, NOON)
            world.events[step.event_of] = world.events.get(step.event_of, 0) + 1
        is_stale = step.is_stale and len(versions) > 1
        changed = [run_id for run_id, what in step.runs.items() if what != "begin"]
        read = Holds(version=versions[-2] if is_stale else versions[-1])
        if is_stale or not world.known.issuperset(changed):
            with pytest.raises(StaleHolds):
                admissions.save_admission(tenant_id, change_of(step), read)
        else:
            versions.append(admissions.save_admission(tenant_id, change_of(step), read).version)
            world.change(step)
    keys = frozenset(KEYS.values())
    found = store.read(tenant_id, Wanted(holds=True, trees=keys, runs=keys)).documents
    assert (found.holds.by_run, found.holds.version) == (world.holds, versions[-1])
    assert {root: tree.by_run for root, tree in found.trees.items()} == world.trees
    runs = {run.id: run for run in store.list_runs(tenant_id, limit=9).items}
    assert runs.keys() == world.known
    assert {run_id for run_id, run in runs.items() if run.admission} == world.admitted
    assert {run_id for run_id, run in runs.items() if run.status(NOON) == "failed"} == world.ended
    assert {run_id: run.totals["calls"] for run_id, run in runs.items() if run.totals} == world.events
    assert found.runs.keys() == {KEYS[run_id] for run_id in world.known}
    assert store.count_runs(tenant_id, NOON, NOON + HOUR) == len(world.known)
