"""UsageStore.record: counters are the plain sum of what was recorded, by day, hour and series."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.counters import Cell, Series, ShardRef, sum_by_series, sum_totals
from shared.domain.metering.recording import RecordedEvent
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import MAX_TOKENS, TokenPools
from shared.ports import Outcome, UsageStore
from tests.properties import ON_EACH_STORE
from tests.sample_events import (
    CALL,
    NOON,
    ONE_SHARD,
    TODAY,
    costing,
    counted,
    counted_cells,
    event_of,
    llm_call,
    mark,
    read_shards,
    sum_of_amounts,
    times,
    writing,
)

ODD_NAMES = [
    *(
        "a.b",
        "a/b",
        "`",
        "``",
        "\\",
        "'",
        '"',
        "|",
        "||",
        "a|b",
        "%",
        "%41",
        "A",
        "%25",
        "~",
        "*",
        "[0]",
        "$",
        "#",
    ),
    *("__proto__", "__x__", "__", "_", "constructor", "toString", "hasOwnProperty", "other", "null", "0"),
    *(
        ".",
        "..",
        "...",
        "/",
        " a b ",
        "\u00a0",
        "\u200b",
        "\n",
        "\x00",
        "\x7f",
        "é",
        "e\u0301",
        "\U0001f600",
        "\ufffd",
    ),
    *("llama3:70b", "org/model-7B", "x" * 100, "日" * 100),
]


def test_counters_are_kept_by_day_hour_and_series(store: UsageStore) -> None:
    evening = NOON.replace(hour=23, minute=59, second=59, microsecond=999_999)
    events = [
        llm_call("e1"),
        llm_call("e2"),
        llm_call("e3", provider="azure"),
        llm_call("e4", ts=evening),
        llm_call("e5", ts=evening + timedelta(microseconds=1)),
    ]
    store.record("acme", events, ONE_SHARD, NOON)
    openai, azure = Series("openai", "gpt-4.1-mini"), Series("azure", "gpt-4.1-mini")
    assert counted_cells(store, "acme", TODAY) == {
        Cell(12, openai): times(2),
        Cell(12, azure): CALL,
        Cell(23, openai): CALL,
    }
    assert counted_cells(store, "acme", date(2026, 11, 21)) == {Cell(0, openai): CALL}


def test_every_metric_is_counted_and_zeros_are_absent(store: UsageStore) -> None:
    pools = TokenPools(
        input=100, output=50, total=150, cache_read=30, cache_write=20, cache_write_1h=5, reasoning=40
    )
    failed_call = event_of("e1", pools, 900, None, status="error")
    tool_call = event_of("e2", None, 7, 1_500, category="tool", status="ok")
    unfinished_call = costing(event_of("e3", None, None, None), EventCost("incomplete"))
    store.record("acme", [failed_call, tool_call, unfinished_call], ONE_SHARD, NOON)
    assert counted(store, "acme") == {
        "calls": 2,
        "errors": 1,
        "input_tokens": 100,
        "output_tokens": 50,
        "total_tokens": 100 + 50,
        "cache_read_tokens": 30,
        "cache_write_tokens": 20,
        "reasoning_tokens": 40,
        "latency_ms": 900 + 7,
        "cost_nanousd": 1_500,
        "unpriced_calls": 1,
        "incomplete_calls": 1,
        "tool_calls": 1,
    }


def test_an_event_that_adds_nothing_is_stored_but_makes_no_cell(store: UsageStore) -> None:
    assert store.record("acme", [mark("e1", "run-1", "started")], ONE_SHARD, NOON) == [Outcome.RECORDED]
    assert counted_cells(store, "acme") == {}
    assert store.dirty_counters("acme") == [ShardRef(TODAY, 0)]


def test_the_largest_amounts_add_up_exactly(store: UsageStore) -> None:
    pools = TokenPools(MAX_TOKENS, 0, MAX_TOKENS)
    events = [event_of(f"e{number}", pools, None, MAX_TOKENS) for number in range(100)]
    store.record("acme", events, ONE_SHARD, NOON)
    assert counted(store, "acme")["total_tokens"] == 100 * 2**53
    assert counted(store, "acme")["cost_nanousd"] == 100 * 2**53


def test_commits_are_counted_for_each_counter_document(store: UsageStore) -> None:
    for number in range(3):
        store.record("acme", [llm_call(f"e{number}"), llm_call(f"f{number}")], ONE_SHARD, NOON)
    assert [shard.commits for shard in read_shards(store, "acme", ShardRef(TODAY, 0))] == [3]


def test_one_call_may_bring_events_of_many_days(store: UsageStore) -> None:
    days = [TODAY - timedelta(days=age) for age in range(36)]
    events = [llm_call(str(age), ts=NOON - timedelta(days=age)) for age in range(36)]
    assert store.record("acme", events, ONE_SHARD, NOON) == [Outcome.RECORDED] * 36
    assert [counted(store, "acme", day) for day in days] == [CALL] * 36


@pytest.mark.parametrize("series_count", [40, 41, 501])
def test_one_call_may_bring_any_number_of_series(store: UsageStore, series_count: int) -> None:
    events = [llm_call(f"e{number}", model=f"model-{number}") for number in range(series_count)]
    assert store.record("acme", events, ONE_SHARD, NOON) == [Outcome.RECORDED] * series_count
    by_series = sum_by_series(counted_cells(store, "acme"))
    assert by_series == {Series("openai", f"model-{number}"): CALL for number in range(series_count)}


def test_writers_spread_over_the_shards_they_are_given(store: UsageStore) -> None:
    for number in range(40):
        store.record("acme", [llm_call(f"e{number}")], writing(4), NOON)
    refs = [ShardRef(TODAY, index) for index in range(5)]
    found = [shard.ref for shard in read_shards(store, "acme", *refs)]
    # 40 random choices leave one of 4 shards empty once in 25,000 times; all but one, never.
    assert 1 < len(found) <= 4
    assert set(found) <= set(refs[:4])
    assert counted(store, "acme", shards=4) == times(40)


@pytest.mark.parametrize("position", ["provider", "model"])
def test_odd_names_keep_their_own_rows(store: UsageStore, position: str) -> None:
    names = {"provider": "openai", "model": "gpt-4.1-mini"}
    events = [llm_call(f"e{n}", **(names | {position: odd})) for n, odd in enumerate(ODD_NAMES)]  # type: ignore[arg-type]
    store.record("acme", events, ONE_SHARD, NOON)
    rows = sum_by_series(counted_cells(store, "acme"))
    assert rows == {Series(**(names | {position: odd})): CALL for odd in ODD_NAMES}


def test_names_split_differently_are_different_series(store: UsageStore) -> None:
    series = [
        Series("a|b", "c"),
        Series("a", "b|c"),
        Series("a%7Cb", "c"),
        Series("a", "b"),
        Series("b", "a"),
    ]
    events = [llm_call(f"e{n}", provider=each.provider, model=each.model) for n, each in enumerate(series)]
    store.record("acme", events, ONE_SHARD, NOON)
    assert sum_by_series(counted_cells(store, "acme")) == dict.fromkeys(series, CALL)


def test_the_longest_names_are_counted(store: UsageStore) -> None:
    widest = Series("\U0001f600" * 100, "\U0001f601" * 250)
    most_escaped = Series("%" * 100, "/" * 250)
    events = [
        llm_call(each.model, provider=each.provider, model=each.model) for each in (widest, most_escaped)
    ]
    store.record("acme", events, ONE_SHARD, NOON)
    assert sum_by_series(counted_cells(store, "acme")) == {widest: CALL, most_escaped: CALL}


few_events = st.builds(
    llm_call,
    st.sampled_from("abcdefghij"),
    ts=st.integers(0, 50).map(lambda hours: NOON - timedelta(hours=hours)),
    provider=st.sampled_from(["openai", "a.b"]),
    model=st.sampled_from(["m/1", "m|2"]),
    run_id=st.none() | st.sampled_from(["run-1", "run-2"]),
)


@ON_EACH_STORE
@given(batches=st.lists(st.lists(few_events, max_size=12), max_size=5), shards=st.integers(1, 3))
def test_any_split_into_batches_counts_each_distinct_event_once(
    store: UsageStore, batches: list[list[RecordedEvent]], shards: int
) -> None:
    tenant_id, first_of = uuid4().hex, dict[str, RecordedEvent]()
    for batch in batches:
        outcomes = store.record(tenant_id, batch, writing(shards), NOON)
        new = [event for event, outcome in zip(batch, outcomes, strict=True) if outcome is Outcome.RECORDED]
        assert len({event.id for event in new} - set(first_of)) == len(new)
        first_of |= {event.id: event for event in new}
    days = [TODAY - timedelta(days=age) for age in range(4)]
    total = sum_totals(counted(store, tenant_id, day, shards) for day in days)
    assert total == sum_of_amounts(first_of.values())
    assert set(first_of) == {event.id for batch in batches for event in batch}
