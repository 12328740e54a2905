"""Usage over time: by hour or day, in total or by name, folded or not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.ledger.counters import Totals, sum_totals
from shared.domain.ledger.periods import Period, start_of
from shared.domain.ledger.steps import Granularity, Step
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.read_series import (
    OTHER_LABEL,
    GroupBy,
    Point,
    SeriesRequest,
    read_series,
)
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, llm_call, times
from tests.usecases.fault_injection import counted
from tests.usecases.plain_sums import new_tenant, plain_sums, stored_tenant, tick

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = Period(start_of(TODAY) - 6 * DAY, start_of(TODAY) + DAY)


def points(
    store: MemoryStore,
    within: Period = WEEK,
    granularity: Granularity = "day",
    group_by: GroupBy | None = None,
    now: datetime = NOON,
) -> list[Point]:
    known = store.find_tenant("acme") or Tenant(id="acme", name="Acme", plan="starter", created_at=now)
    request = SeriesRequest(within=within, granularity=granularity, group_by=group_by, is_filled=False)
    return read_series(Ledger(store), known, request, now)


def shown(found: list[Point]) -> list[tuple[datetime, str | None, int]]:
    return [(point.step.start, point.provider or point.model, point.totals["calls"]) for point in found]


@pytest.fixture
def store(memory: MemoryStore) -> MemoryStore:
    new_tenant(memory)
    return memory


def test_a_tenant_without_usage_has_no_points(store: MemoryStore) -> None:
    assert points(store) == []


def test_a_tenant_that_does_not_exist_is_not_found(memory: MemoryStore) -> None:
    with pytest.raises(NotFound):
        points(memory)


def test_days_with_usage_are_in_order_and_hold_all_metrics(store: MemoryStore) -> None:
    instants = [NOON, NOON - 2 * DAY, NOON - 2 * DAY - 5 * HOUR]
    store.record(
        "acme", [llm_call(f"e{number}", ts=ts) for number, ts in enumerate(instants)], ONE_SHARD, NOON
    )
    midnight = start_of(TODAY)
    assert points(store) == [
        Point(step=Step(midnight - 2 * DAY, "2026-11-18"), totals=times(2)),
        Point(step=Step(midnight, "2026-11-20"), totals=CALL),
    ]


def test_hours_with_usage_are_in_order(store: MemoryStore) -> None:
    instants = [NOON + timedelta(minutes=9), NOON, NOON - HOUR]
    store.record(
        "acme", [llm_call(f"e{number}", ts=ts) for number, ts in enumerate(instants)], ONE_SHARD, NOON
    )
    assert shown(points(store, granularity="hour")) == [(NOON - HOUR, None, 1), (NOON, None, 2)]


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("provider", [("a.b", 2), ("openai", 1)]),
        ("model", [("gpt-4.1-mini", 2), ("m", 1)]),
    ],
)
def test_a_series_by_name_adds_up_what_has_the_name(
    store: MemoryStore, group_by: GroupBy, expected: list[tuple[str, int]]
) -> None:
    calls = [llm_call("e1"), llm_call("e2", provider="a.b"), llm_call("e3", provider="a.b", model="m")]
    store.record("acme", calls, ONE_SHARD, NOON)
    assert [(group, count) for _, group, count in shown(points(store, group_by=group_by))] == expected


def test_what_was_merged_for_want_of_room_is_called_other(store: MemoryStore) -> None:
    store.record("acme", [llm_call("e1", provider="", model="")], ONE_SHARD, NOON)
    assert [group for _, group, _ in shown(points(store, group_by="model"))] == [OTHER_LABEL]


def test_the_range_is_half_open_and_cuts_days_at_its_hours(store: MemoryStore) -> None:
    instants = [NOON - HOUR - timedelta(microseconds=1), NOON - HOUR, NOON - timedelta(microseconds=1), NOON]
    store.record(
        "acme", [llm_call(f"e{number}", ts=ts) for number, ts in enumerate(instants)], ONE_SHARD, NOON
    )
    within = Period(NOON - HOUR, NOON)
    assert shown(points(store, within)) == [(start_of(TODAY), None, 2)]
    assert shown(points(store, within, "hour")) == [(NOON - HOUR, None, 2)]


def test_folding_changes_no_point(store: MemoryStore) -> None:
    calls = [llm_call(f"e{age}", ts=NOON - age * DAY, provider=f"p{age}") for age in range(5)]
    store.record("acme", calls, ONE_SHARD, NOON)
    before = points(store, granularity="hour", group_by="provider")
    tick(store, NOON)
    assert points(store, granularity="hour", group_by="provider") == before
    assert len(before) == 5


def test_usage_of_an_earlier_period_is_read_from_its_days(store: MemoryStore) -> None:
    october = datetime(2026, 10, 20, 7, tzinfo=UTC)
    store.record("acme", [llm_call("e1", ts=october), llm_call("e2")], ONE_SHARD, NOON)
    tick(store, NOON)
    within = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    assert shown(points(store, within)) == [(start_of(october.date()), None, 1), (start_of(TODAY), None, 1)]


@pytest.mark.parametrize(("granularity", "days"), [("hour", 31), ("day", 366)])
def test_the_longest_range_is_read_and_a_longer_one_refused(
    store: MemoryStore, granularity: Granularity, days: int
) -> None:
    end = start_of(TODAY)
    assert points(store, Period(end - days * DAY, end), granularity) == []
    counting, calls = counted(store)
    with pytest.raises(InvalidInput, match=f"at most {days} days, not {days + 1}") as refusal:
        points(counting, Period(end - days * DAY - HOUR, end), granularity)
    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [
        ("from", "range_too_long")
    ]
    assert calls == {"find_tenant": 1}


@pytest.mark.parametrize("group_by", [None, "provider"])
def test_days_of_a_zone_are_read_whole_over_more_days_than_are_held_at_once(
    store: MemoryStore, group_by: GroupBy | None
) -> None:
    ages = (0, 20, 33, 34)
    store.record("acme", [llm_call(f"e{age}", ts=NOON - age * DAY) for age in ages], ONE_SHARD, NOON)
    tick(store, NOON)
    within = Period(start_of(TODAY) - 100 * DAY, start_of(TODAY) + DAY)
    request = SeriesRequest(
        within=within,
        granularity="day",
        group_by=group_by,
        zone=ZoneInfo("America/New_York"),
        is_filled=False,
    )
    tenant = stored_tenant(store)
    found = read_series(Ledger(store), tenant, request, NOON)
    days = [str((NOON - age * DAY).date()) for age in reversed(ages)]
    assert [(point.step.label, point.totals["calls"]) for point in found] == [(day, 1) for day in days]
    filled = read_series(Ledger(store), tenant, replace(request, is_filled=True), NOON)
    assert len(filled) == 101 + 1  # the first date begins before the range
    assert sum_totals(point.totals for point in filled) == times(len(ages))


@given(
    st.lists(st.tuples(st.integers(0, 7 * 24 - 1), st.sampled_from(["openai", "a.b"])), max_size=30),
    st.sampled_from(["hour", "day"]),
    st.sampled_from([None, "provider", "model"]),
    st.booleans(),
)
def test_the_points_of_any_series_add_up_to_the_plain_sum(
    calls: list[tuple[int, str]], granularity: Granularity, group_by: GroupBy | None, is_folded: bool
) -> None:
    store = MemoryStore()
    new_tenant(store)
    events = [
        llm_call(f"e{number}", ts=WEEK.start + hours * HOUR, provider=provider)
        for number, (hours, provider) in enumerate(calls)
    ]
    store.record("acme", events, ONE_SHARD, NOON)
    if is_folded:
        tick(store, NOON)
    expected: Totals = plain_sums(events, WEEK).totals
    assert sum_totals(point.totals for point in points(store, WEEK, granularity, group_by)) == expected
