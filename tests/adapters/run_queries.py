"""The queries of the list of runs: each order with each filter, with and without a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

from shared.domain.metering.run_lists import RunSort, RunsWanted, StatusAt
from shared.domain.metering.runs import RunStatus
from shared.ports import UsageStore
from tests.sample_events import NOON

FILTERS: dict[str, RunsWanted] = {
    "all": RunsWanted(),
    "of a user": RunsWanted(user_id="ann"),
    "of a workflow": RunsWanted(workflow_id="triage"),
    "with a tag": RunsWanted(tag=("team", "search")),
    **{f"that are {status}": RunsWanted(status=StatusAt(status, NOON)) for status in get_args(RunStatus)},
}


def _listing(wanted: RunsWanted) -> Callable[[UsageStore], object]:
    return lambda store: store.list_runs("acme", wanted, limit=5)


RUN_LISTS: dict[str, Callable[[UsageStore], object]] = {
    f"list_runs by {sort}, {name}{when}": _listing(replace(wanted, sort=sort, since=since, before=since))
    for sort in get_args(RunSort)
    for name, wanted in FILTERS.items()
    for when, since in {"": None, ", of a time": NOON}.items()
} | {"list_runs by id": _listing(RunsWanted(id_prefix="a"))}
