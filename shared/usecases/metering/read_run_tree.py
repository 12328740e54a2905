"""Read a run with the runs that it started, and what they used together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from shared.domain.errors import NotFound
from shared.domain.ledger.counters import Totals, add
from shared.domain.metering.runs import Run
from shared.ports import UsageStore
from shared.ports.ledger import MOST_PARENTS

MAX_RUNS: Final = 200
MAX_DEPTH: Final = 8
"""Levels below the first run."""


@dataclass(frozen=True, slots=True)
class RunInTree:
    """A run, its level below the first one, and the sum of it and all runs below it."""

    run: Run
    depth: int
    sum: Totals


@dataclass(frozen=True, slots=True)
class RunTree:
    """The runs of a tree, each followed by those that it started, the oldest first."""

    runs: Sequence[RunInTree]
    is_cut: bool
    """Whether there are more runs than these, which the sums leave out."""


def read_run_tree(store: UsageStore, tenant_id: str, run_id: str) -> RunTree:
    """Return the run and the runs below it, with one query for each level of up to 30; raise NotFound."""
    first = store.find_run(tenant_id, run_id)
    if first is None:
        raise NotFound(f"run {run_id!r} does not exist")
    found, level, is_cut = {first.id: first}, [first.id], False
    for depth in range(MAX_DEPTH + 1):
        children = _children(store, tenant_id, level, limit=MAX_RUNS - len(found) + 1)
        # Parents that name each other would go round for ever.
        new = {run.id: run for run in children if run.id not in found}
        room = MAX_RUNS - len(found) if depth < MAX_DEPTH else 0
        is_cut = is_cut or len(new) > room
        level = list(new)[:room]
        found |= {run_id: new[run_id] for run_id in level}
        if not level:
            break
    return RunTree(_in_order(first, found), is_cut)


def _children(store: UsageStore, tenant_id: str, run_ids: Sequence[str], limit: int) -> list[Run]:
    children: list[Run] = []
    for start in range(0, len(run_ids), MOST_PARENTS):
        parents = run_ids[start : start + MOST_PARENTS]
        children += store.list_children(tenant_id, parents, limit=limit)
    return sorted(children, key=_order)


def _in_order(first: Run, found: Mapping[str, Run]) -> list[RunInTree]:
    below: dict[str | None, list[Run]] = {}
    for run in islice(found.values(), 1, None):
        below.setdefault(run.parent_run_id, []).append(run)
    return list(_with_children(first, below, 0))


def _with_children(run: Run, below: Mapping[str | None, Sequence[Run]], depth: int) -> Iterator[RunInTree]:
    branches = [list(_with_children(child, below, depth + 1)) for child in below.get(run.id, ())]
    total = dict(run.totals)
    for branch in branches:
        add(total, branch[0].sum)
    yield RunInTree(run, depth, total)
    for branch in branches:
        yield from branch


def _order(run: Run) -> tuple[object, str]:
    return run.began_at, run.id
