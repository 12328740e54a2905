"""UsageStore.list_events and list_runs: everything once, newest first, page by page."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from shared.domain.errors import InvalidInput
from shared.domain.ledger.counters import Series
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import Run
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools
from shared.ports import EventsWanted, Page, UsageStore
from shared.ports.pages import PAGE_BYTES
from tests.sample_events import NOON, ONE_SHARD, costing, event_of, llm_call, mark

T = TypeVar("T")

GARBAGE = [
    *(
        "x",
        "-1",
        "0",
        "1.5",
        "é",
        "%",
        "=",
        "====",
        "e30",
        "W10",
        "bnVsbA",
        "\u0000",
        " ",
        "a" * 5_000,
        "99999999",
    ),
    *(
        base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
        for content in (
            ["t", 0, "../../other"],
            ["t", 0, ""],
            ["t", "0", "ab"],
            ["t", 10**30, "ab"],
            ["n", 10**30, "ab"],
            ["n", -(10**30), "ab"],
            ["t", 1.5, "ab"],
            ["n", 1.5, "ab"],
            ["t", None, "ab"],
            ["n", True, "ab"],
            ["x", 0, "ab"],
            ["t", 0],
            {"t": 0, "n": 0, "x": 0},
            ["events", "2026-11-20T12:00:00", "e1"],
            ["runs", "2026-11-20T12:00:00", "r1"],
            ["events", 5, "e1"],
        )
    ),
    base64.urlsafe_b64encode(b"[" * 3_000).decode(),
]


def _pages(read: Callable[[str | None], Page[T]]) -> list[list[T]]:
    pages: list[list[T]] = []
    cursor: str | None = None
    while True:
        page = read(cursor)
        pages.append(page.items)
        if (cursor := page.next_cursor) is None:
            return pages


def _event_ids(page: Page[RecordedEvent]) -> list[str]:
    return [event.id for event in page.items]


def _record_hourly(store: UsageStore, count: int, tenant_id: str = "acme") -> None:
    events = [llm_call(f"e{age}", ts=NOON - timedelta(hours=age), run_id=f"r{age}") for age in range(count)]
    store.record(tenant_id, events, ONE_SHARD, NOON)


@pytest.mark.parametrize(
    "event",
    [
        llm_call("e1", run_id="run-1", status="ok"),
        mark("e1", "run-1", "started"),
        event_of("e1", TokenPools(0, 0, 0), 0, 0),
        event_of("e1", TokenPools(0, 0, 700), None, None, status="failed"),
        event_of(
            "e1", TokenPools(100, 50, 150, 30, 20, 5, 40), 1, 2**53, series=Series("a.b", "org/m:7b`|%")
        ),
        event_of("é/..`", None, 12, None, category="tool", ts=NOON + timedelta(microseconds=1)),
        costing(
            llm_call("e1"),
            EventCost("incomplete", 0, "provider", ("usage.seconds", "usage.a.`b`"), 2**53),
        )._replace(
            user_id="user/1",
            workflow_id="__w__",
            request_id="req.1",
            kind="llm.response",
            metadata_json='{"a.b":{"__x__":[1,null,"\\u0000"]},"text":"日本"}',
            served_model="org/model-7b",
            metadata_cut=True,
            redactions=2,
            tags={"team": "a.b`|%", "x-y": "__z__"},
            key="0123456789abcdef" * 4,
            identity="\0" + "0123456789abcdef" * 2,
        ),
    ],
)
def test_an_event_is_read_back_as_it_was_recorded(store: UsageStore, event: RecordedEvent) -> None:
    store.record("acme", [event], ONE_SHARD, NOON)
    assert store.list_events("acme", EventsWanted(with_metadata=True), limit=1) == Page([event], None)
    assert store.list_events("acme", limit=1) == Page([event._replace(metadata_json=None)], None)


@pytest.mark.parametrize(("limit", "sizes"), [(50, [5, 5, 2]), (5, [5, 5, 2]), (3, [3, 3, 3, 3])])
def test_a_page_of_large_events_ends_early_and_the_next_goes_on(
    store: UsageStore, limit: int, sizes: list[int]
) -> None:
    large = json.dumps({"text": "x" * (PAGE_BYTES // 5)})
    events = [
        llm_call(f"e{n}", ts=NOON - timedelta(hours=n))._replace(metadata_json=large) for n in range(12)
    ]
    for first in range(0, 12, 4):
        store.record("acme", events[first : first + 4], ONE_SHARD, NOON)
    wanted = EventsWanted(with_metadata=True)
    pages = _pages(lambda cursor: store.list_events("acme", wanted, limit=limit, cursor=cursor))
    assert [len(page) for page in pages] == sizes
    assert [event.id for page in pages for event in page] == [f"e{n}" for n in range(12)]
    assert len(store.list_events("acme", limit=50).items) == 12, "without their metadata they are small"


def test_a_run_is_listed_as_it_is_found(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1", run_id="run-1"), mark("e2", "run-1", "failed")], ONE_SHARD, NOON)
    assert store.list_runs("acme", limit=1) == Page([store.find_run("acme", "run-1")], None)


def test_an_empty_list_is_one_empty_page(store: UsageStore) -> None:
    assert store.list_events("acme", limit=5) == Page([], None)
    assert store.list_runs("acme", limit=5) == Page([], None)


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 6), (4, [4, 2]), (3, [3, 3]), (6, [6]), (7, [6])])
def test_pages_hold_every_event_and_run_once_newest_first(
    store: UsageStore, limit: int, sizes: list[int]
) -> None:
    _record_hourly(store, 6)
    events = _pages(lambda cursor: store.list_events("acme", limit=limit, cursor=cursor))
    runs = _pages(lambda cursor: store.list_runs("acme", limit=limit, cursor=cursor))
    assert [len(page) for page in events] == [len(page) for page in runs] == sizes
    assert [event.id for page in events for event in page] == [f"e{age}" for age in range(6)]
    assert [run.id for page in runs for run in page] == [f"r{age}" for age in range(6)]


def test_a_list_may_be_limited_to_a_time(store: UsageStore) -> None:
    _record_hourly(store, 6)
    within = EventsWanted(since=NOON - timedelta(hours=4), before=NOON - timedelta(hours=1))
    pages = _pages(lambda cursor: store.list_events("acme", within, limit=2, cursor=cursor))
    assert [event.id for page in pages for event in page] == ["e2", "e3", "e4"]
    assert store.list_events("acme", EventsWanted(since=NOON + timedelta(hours=1)), limit=2) == Page([], None)


def test_a_list_goes_on_after_any_of_its_events(store: UsageStore) -> None:
    _record_hourly(store, 6)
    second = store.list_events("acme", limit=3).items[1]
    rest = store.list_events("acme", limit=9, cursor=store.event_cursor(second))
    assert [event.id for event in rest.items] == ["e2", "e3", "e4", "e5"]


def test_a_list_may_begin_before_an_instant(store: UsageStore) -> None:
    _record_hourly(store, 6)
    earlier = EventsWanted(before=NOON - timedelta(hours=2))
    pages = _pages(lambda cursor: store.list_events("acme", earlier, limit=2, cursor=cursor))
    assert [event.id for page in pages for event in page] == ["e3", "e4", "e5"]
    just_after = EventsWanted(run_id="r2", before=NOON - timedelta(hours=2) + timedelta(microseconds=1))
    assert [event.id for event in store.list_events("acme", just_after, limit=9).items] == ["e2"]


def test_pages_hold_everything_once_even_at_one_instant(store: UsageStore) -> None:
    store.record("acme", [llm_call(f"e{n}", run_id=f"r{n}") for n in range(7)], ONE_SHARD, NOON)
    events = _pages(lambda cursor: store.list_events("acme", limit=2, cursor=cursor))
    runs = _pages(lambda cursor: store.list_runs("acme", limit=2, cursor=cursor))
    assert sorted(event.id for page in events for event in page) == [f"e{n}" for n in range(7)]
    assert sorted(run.id for page in runs for run in page) == [f"r{n}" for n in range(7)]


def test_what_arrives_meanwhile_does_not_repeat_or_hide_anything(store: UsageStore) -> None:
    _record_hourly(store, 4)
    events, runs = store.list_events("acme", limit=2), store.list_runs("acme", limit=2)
    newer = [llm_call(f"n{n}", run_id=f"n{n}", ts=NOON + timedelta(minutes=n)) for n in range(1, 4)]
    store.record("acme", newer, ONE_SHARD, NOON)
    assert _event_ids(store.list_events("acme", limit=9, cursor=events.next_cursor)) == ["e2", "e3"]
    rest = store.list_runs("acme", limit=9, cursor=runs.next_cursor).items
    assert [run.id for run in rest] == ["r2", "r3"]


def test_the_events_of_one_run_are_listed_page_by_page(store: UsageStore) -> None:
    events = [llm_call(f"e{n}", ts=NOON - timedelta(hours=n), run_id=f"r{n % 2}") for n in range(10)]
    store.record("acme", events, ONE_SHARD, NOON)
    pages = _pages(
        lambda cursor: store.list_events("acme", EventsWanted(run_id="r1"), limit=2, cursor=cursor)
    )
    assert [[event.id for event in page] for page in pages] == [["e1", "e3"], ["e5", "e7"], ["e9"]]
    assert store.list_events("acme", EventsWanted(run_id="r2"), limit=2) == Page([], None)


@pytest.mark.parametrize("cursor", GARBAGE)
def test_a_cursor_of_no_list_is_refused(store: UsageStore, cursor: str) -> None:
    _record_hourly(store, 3)
    with pytest.raises(InvalidInput, match="cursor") as of_events:
        store.list_events("acme", limit=1, cursor=cursor)
    with pytest.raises(InvalidInput, match="cursor") as of_runs:
        store.list_runs("acme", limit=1, cursor=cursor)
    assert of_events.value.code == of_runs.value.code == "invalid_cursor"


def test_a_cursor_of_the_other_list_is_refused(store: UsageStore) -> None:
    _record_hourly(store, 3)
    of_events = store.list_events("acme", limit=1).next_cursor
    of_runs = store.list_runs("acme", limit=1).next_cursor
    with pytest.raises(InvalidInput, match="cursor"):
        store.list_events("acme", limit=1, cursor=of_runs)
    with pytest.raises(InvalidInput, match="cursor"):
        store.list_runs("acme", limit=1, cursor=of_events)


def test_a_cursor_of_another_tenant_shows_only_the_own_tenants_events(store: UsageStore) -> None:
    _record_hourly(store, 3)
    store.record("bolt", [llm_call("b1", ts=NOON - timedelta(hours=9))], ONE_SHARD, NOON)
    cursor = store.list_events("acme", limit=1).next_cursor
    assert _event_ids(store.list_events("bolt", limit=9, cursor=cursor)) == ["b1"]


def test_an_event_that_was_read_can_be_changed_without_changing_the_store(store: UsageStore) -> None:
    event, run = llm_call("e1", run_id="run-1"), Run(id="run-1", began_at=NOON, last_at=NOON, totals={})
    store.record("acme", [event], ONE_SHARD, NOON)
    run = store.list_runs("acme", limit=1).items[0]
    run.totals.clear()
    assert store.find_run("acme", "run-1") != run
