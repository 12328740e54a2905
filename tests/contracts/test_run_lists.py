"""UsageStore.list_runs: runs in each order, with each filter, page by page; and their names and durations."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import get_args

import pytest

from shared.domain.errors import InvalidInput
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.run_lists import RunSort, RunsWanted, StatusAt
from shared.domain.metering.runs import Run, RunStatus
from shared.domain.prices.token_pools import TokenPools
from shared.ports import UsageStore
from tests.contracts.test_listing import GARBAGE
from tests.sample_events import NOON, ONE_SHARD, event_of, llm_call, mark

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SORTS: tuple[RunSort, ...] = get_args(RunSort)
COSTLY, SLOW, LONG, NEW = "costly", "slow", "long", "new"


def call(run: str, ts: datetime, cost: int, tokens: int, **names: object) -> RecordedEvent:
    event = event_of(f"{run} {ts.isoformat()}", TokenPools(tokens, 0, tokens), 1, cost, ts=ts, run_id=run)
    return event._replace(**names)  # type: ignore[arg-type]  # names of fields


def ended(run: str, ts: datetime) -> RecordedEvent:
    """Return the only event of a run."""
    return call(run, ts, 7, 7, status="completed")


def record_four_runs(store: UsageStore) -> None:
    """Record the most costly run, the one with the most tokens, the longest and the newest."""
    events = [
        call(COSTLY, NOON - 3 * HOUR, 900, 10, user_id="ada", tags={"team": "search", "tier": "a"}),
        call(LONG, NOON - 5 * HOUR, 300, 20, user_id="bob", workflow_id="triage"),
        mark("end", LONG, "completed", ts=NOON - HOUR),
        call(SLOW, NOON - 2 * HOUR, 500, 90, workflow_id="triage", tags={"team": "search"}),
        mark("fail", SLOW, "failed", ts=NOON - 2 * HOUR + MINUTE),
        call(NEW, NOON, 0, 0, user_id="ada"),
    ]
    store.record("acme", events, ONE_SHARD, NOON)
    assert store.measure_runs("acme", 10) == 2


def ids(store: UsageStore, wanted: RunsWanted, limit: int = 9) -> list[str]:
    """Return the ids of all pages."""
    found: list[str] = []
    cursor = None
    while True:
        page = store.list_runs("acme", wanted, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += [run.id for run in page.items]
        if (cursor := page.next_cursor) is None:
            return found


ORDERS: dict[RunSort, list[str]] = {
    "started": [NEW, SLOW, COSTLY, LONG],
    "cost": [COSTLY, SLOW, LONG, NEW],
    "tokens": [SLOW, LONG, COSTLY, NEW],
    "duration": [LONG, SLOW],
}
FILTERS: dict[str, tuple[RunsWanted, set[str]]] = {
    "all": (RunsWanted(), {NEW, SLOW, COSTLY, LONG}),
    "user": (RunsWanted(user_id="ada"), {COSTLY, NEW}),
    "workflow": (RunsWanted(workflow_id="triage"), {LONG, SLOW}),
    "tag": (RunsWanted(tag=("team", "search")), {COSTLY, SLOW}),
    "open": (RunsWanted(status=StatusAt("open", NOON)), {COSTLY, NEW}),
    "timed_out": (RunsWanted(status=StatusAt("timed_out", NOON + 23 * HOUR)), {COSTLY}),
    "completed": (RunsWanted(status=StatusAt("completed", NOON)), {LONG}),
    "failed": (RunsWanted(status=StatusAt("failed", NOON)), {SLOW}),
}
TIMES: list[tuple[datetime | None, datetime | None]] = [
    (None, None),
    (NOON - 3 * HOUR, None),
    (None, NOON - 2 * HOUR),
    (NOON - 3 * HOUR, NOON),
]


@pytest.mark.parametrize("sort", SORTS)
def test_runs_are_sorted_with_each_filter_in_each_time(store: UsageStore, sort: RunSort) -> None:
    record_four_runs(store)
    begun = {NEW: NOON, SLOW: NOON - 2 * HOUR, COSTLY: NOON - 3 * HOUR, LONG: NOON - 5 * HOUR}
    for name, (filtered, chosen) in FILTERS.items():
        for since, before in TIMES:
            wanted = RunsWanted(
                sort=sort,
                since=since,
                before=before,
                status=filtered.status,
                user_id=filtered.user_id,
                workflow_id=filtered.workflow_id,
                tag=filtered.tag,
            )
            expected = [
                run
                for run in ORDERS[sort]
                if run in chosen
                and (since is None or since <= begun[run])
                and (before is None or begun[run] < before)
            ]
            for limit in (1, 9):
                assert ids(store, wanted, limit) == expected, (name, since, before, limit)


@pytest.mark.parametrize("sort", SORTS)
def test_runs_of_equal_amounts_are_listed_newest_first_and_once(store: UsageStore, sort: RunSort) -> None:
    events = [ended(f"r{number}", NOON - number * MINUTE) for number in range(5)]
    twins = [ended(name, NOON - 9 * MINUTE) for name in ("x", "y", "z")]
    store.record("acme", [*events, *twins], ONE_SHARD, NOON)
    store.measure_runs("acme", 10)
    for limit in (1, 2, 3):
        found = ids(store, RunsWanted(sort=sort), limit)
        assert found[:5] == [f"r{number}" for number in range(5)]
        assert sorted(found[5:]) == ["x", "y", "z"]


def test_a_run_is_found_by_the_beginning_of_its_id(store: UsageStore) -> None:
    odd = ["a", "a/b", "a.b", "a%", "ab", "b", "日本", "日", "<b>", "\U0010fffe"]
    store.record("acme", [call(run, NOON, 1, 1) for run in odd], ONE_SHARD, NOON)
    for prefix in ("a", "a/", "日", "<", "zz", "A", "\U0010fffe"):
        expected = sorted(run for run in odd if run.startswith(prefix))
        for limit in (1, 9):
            assert ids(store, RunsWanted(id_prefix=prefix), limit) == expected


def test_a_list_by_duration_has_the_runs_that_have_ended_and_were_measured(store: UsageStore) -> None:
    by_duration = RunsWanted(sort="duration")
    store.record("acme", [ended("r1", NOON), ended("r2", NOON), call("open", NOON, 1, 1)], ONE_SHARD, NOON)
    assert ids(store, by_duration) == []
    assert [store.measure_runs("acme", 1) for _ in range(3)] == [1, 1, 0]
    assert sorted(ids(store, by_duration)) == ["r1", "r2"]
    assert store.measure_runs("bolt", 1) == 0


def test_a_late_event_has_its_run_measured_again(store: UsageStore) -> None:
    store.record(
        "acme", [call("r1", NOON, 1, 1), mark("end", "r1", "completed", ts=NOON + MINUTE)], ONE_SHARD, NOON
    )
    store.record("acme", [call("r2", NOON, 1, 1), ended("r2", NOON + HOUR)], ONE_SHARD, NOON)
    assert store.measure_runs("acme", 10) == 2
    assert ids(store, RunsWanted(sort="duration")) == ["r2", "r1"]
    store.record("acme", [call("r1", NOON - DAY, 1, 1)], ONE_SHARD, NOON)
    assert ids(store, RunsWanted(sort="duration")) == ["r2", "r1"], "not measured yet"
    assert store.measure_runs("acme", 10) == 1
    assert ids(store, RunsWanted(sort="duration")) == ["r1", "r2"]
    (run,) = store.list_runs("acme", RunsWanted(sort="duration"), limit=1).items
    assert run.measured_ms == run.duration_ms == (DAY + MINUTE) / timedelta(milliseconds=1)


def test_each_name_of_a_run_is_the_latest_of_the_last_request_that_has_one(store: UsageStore) -> None:
    first = [
        call("r1", NOON + HOUR, 1, 1, user_id="ada", tags={"team": "a"}),
        call("r1", NOON, 1, 1, user_id="bob", workflow_id="triage", tags={"team": "b", "x": "y:z"}),
        call("r1", NOON + DAY, 1, 1),
    ]
    store.record("acme", first, ONE_SHARD, NOON)
    run = store.find_run("acme", "r1")
    assert run is not None
    assert (run.user_id, run.workflow_id, run.tags) == ("ada", "triage", {"team": "a"})
    store.record("acme", [call("r1", NOON - HOUR, 1, 1, tags={"x": "y:z"})], ONE_SHARD, NOON)
    run = store.find_run("acme", "r1")
    assert run is not None
    assert (run.user_id, run.workflow_id, run.tags) == ("ada", "triage", {"x": "y:z"})
    assert ids(store, RunsWanted(tag=("team", "a"))) == []
    assert ids(store, RunsWanted(tag=("x", "y:z"))) == ["r1"]


def test_a_failure_counts_whatever_comes_later(store: UsageStore) -> None:
    for number, status in enumerate(("completed", "failed", "completed", "started")):
        store.record("acme", [mark(f"e{number}", "r1", status)], ONE_SHARD, NOON)  # type: ignore[arg-type]
    assert ids(store, RunsWanted(status=StatusAt("failed", NOON))) == ["r1"]
    assert ids(store, RunsWanted(status=StatusAt("completed", NOON))) == []


@pytest.mark.parametrize(
    ("silence", "status"), [(DAY, "timed_out"), (DAY - timedelta(microseconds=1), "open")]
)
def test_a_silent_run_times_out_to_the_microsecond(
    store: UsageStore, silence: timedelta, status: RunStatus
) -> None:
    store.record("acme", [llm_call("e1", run_id="r1")], ONE_SHARD, NOON)
    for each in ("open", "timed_out"):
        wanted = RunsWanted(status=StatusAt(each, NOON + silence))
        assert ids(store, wanted) == (["r1"] if each == status else [])
    run = store.find_run("acme", "r1")
    assert isinstance(run, Run)
    assert run.status(NOON + silence) == status


def lists() -> Sequence[RunsWanted]:
    by_status = [RunsWanted(sort=sort, status=StatusAt("completed", NOON)) for sort in SORTS]
    return [*(RunsWanted(sort=sort) for sort in SORTS), *by_status, RunsWanted(id_prefix="r")]


@pytest.mark.parametrize("cursor", GARBAGE)
def test_a_cursor_of_no_list_is_refused_in_each_order(store: UsageStore, cursor: str) -> None:
    for wanted in lists():
        with pytest.raises(InvalidInput, match="cursor") as refused:
            store.list_runs("acme", wanted, limit=1, cursor=cursor)
        assert refused.value.code == "invalid_cursor"


def test_a_cursor_of_another_order_is_refused(store: UsageStore) -> None:
    store.record("acme", [ended(f"r{number}", NOON) for number in range(3)], ONE_SHARD, NOON)
    store.measure_runs("acme", 10)
    cursors = [store.list_runs("acme", wanted, limit=1).next_cursor for wanted in lists()]
    assert None not in cursors
    for one, other in pairwise([*lists(), lists()[0]]):
        with pytest.raises(InvalidInput, match="cursor"):
            store.list_runs("acme", one, limit=1, cursor=cursors[lists().index(other)])


def test_a_cursor_of_another_tenant_shows_only_the_own_runs(store: UsageStore) -> None:
    store.record("acme", [call(f"r{number}", NOON, 1, 1) for number in range(3)], ONE_SHARD, NOON)
    store.record("bolt", [call("own", NOON - HOUR, 1, 1)], ONE_SHARD, NOON)
    cursor = store.list_runs("acme", limit=1).next_cursor
    assert [run.id for run in store.list_runs("bolt", limit=9, cursor=cursor).items] == ["own"]


def test_an_event_is_found_by_its_id_with_its_metadata(store: UsageStore) -> None:
    event = llm_call("a/<b>")._replace(metadata_json='{"a":1}')
    store.record("acme", [event], ONE_SHARD, NOON)
    assert store.find_event("acme", "a/<b>") == event
    assert store.find_event("acme", "a") is None
    assert store.find_event("bolt", "a/<b>") is None
