"""The usage page: now, the period before, any interval, and the part of it that a listener keeps up to date."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.counters import OTHER, Series, Totals, add, subtract, sum_by_series
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.limits import LimitPolicy
from shared.domain.periods import Period, period_at, previous
from shared.domain.recording import RecordedEvent
from shared.domain.rollups import cells_within, start_of
from shared.domain.tenants import Tenant
from shared.ports import UsageStore
from shared.usecases.check_limits import Thresholds
from shared.usecases.live_usage import LiveUsageReader
from shared.usecases.read_usage import UsagePage, read_current, read_interval, read_previous
from tests.sample_events import CALL, MINI, NOON, TODAY, llm_call, mark, times
from tests.usecases.conftest import FirestorePlace, MemoryPlace, Place
from tests.usecases.ledger import ReanchoredStore, new_tenant, plain_sums, sums_of, tick

THRESHOLDS = Thresholds(80, 100)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOVEMBER = period_at(None, NOON)
OCTOBER = previous(None, NOVEMBER)


@pytest.fixture(params=["memory", "firestore"])
def kept(request: pytest.FixtureRequest) -> Place:
    """Usage on each store in turn, with tenant acme on plan starter."""
    place: Place = MemoryPlace()
    if request.param == "firestore":
        place = FirestorePlace(request.getfixturevalue("firestore_channel"))
    new_tenant(place.directory)
    return place


def current(store: UsageStore, now: datetime = NOON) -> UsagePage:
    known = store.read("acme").tenant or Tenant(id="acme", name="Acme", plan="starter", created_at=now)
    return read_current(LiveUsageReader(store), THRESHOLDS, known, now)


def before(store: UsageStore, now: datetime = NOON) -> UsagePage:
    return read_previous(store, LiveUsageReader(store), THRESHOLDS, "acme", now)


def between(store: UsageStore, start: datetime, end: datetime, now: datetime = NOON) -> UsagePage:
    return read_interval(store, LiveUsageReader(store), THRESHOLDS, "acme", Period(start, end), now)


def record(store: UsageStore, *instants: datetime, now: datetime = NOON) -> list[RecordedEvent]:
    events = [llm_call(ts.isoformat(), ts=ts, run_id=f"run {ts}") for ts in instants]
    store.record("acme", events, 1, now)
    return events


def test_the_current_page_tells_usage_status_limits_and_a_forecast(kept: Place) -> None:
    store = kept.open()
    events = record(store, NOON - 3 * DAY, NOON)
    page = current(store)
    assert sums_of(page.rollup) == plain_sums(events, NOVEMBER)
    assert page.policy == LimitPolicy(500_000, 100, 80, 100)
    assert page.status is not None
    assert (page.status.tokens_used, page.status.runs_used) == (2 * 120, 2)
    assert page.forecast is not None
    # The tenant is as old as today's noon, its usage three days older: 2.5 + 1 days so far, of 14 in all.
    assert page.forecast.tokens is not None
    assert page.forecast.tokens.at_end == 2 * 120 * 14 * 24 // (3 * 24 + 12)


def test_an_unknown_plan_has_usage_but_no_limits(memory: MemoryStore) -> None:
    new_tenant(memory, plan="gone")
    record(memory, NOON)
    page = current(memory)
    assert (page.policy, page.status, page.rollup.totals) == (None, None, CALL)


def test_a_tenant_that_does_not_exist_is_not_found(memory: MemoryStore) -> None:
    for read in (current, before):
        with pytest.raises(NotFound):
            read(memory)
    with pytest.raises(NotFound):
        between(memory, NOON - DAY, NOON)


def test_the_previous_period_is_what_was_folded_of_it(kept: Place) -> None:
    store = kept.open()
    events = record(store, OCTOBER.end - HOUR, OCTOBER.end - 25 * HOUR, OCTOBER.end, now=OCTOBER.end)
    tick(store, OCTOBER.end)
    page = before(store)
    assert sums_of(page.rollup) == plain_sums(events, OCTOBER)
    assert page.rollup.days == dict.fromkeys(
        [(OCTOBER.end - 25 * HOUR).date(), (OCTOBER.end - HOUR).date()], CALL
    )
    assert (page.rollup.folded_at, page.status, page.forecast, page.live) == (OCTOBER.end, None, None, None)
    assert page.policy is not None


def test_a_previous_period_without_usage_is_all_zeros(kept: Place) -> None:
    store = kept.open()
    record(store, NOON)
    rollup = before(store).rollup
    assert (rollup.period, rollup.totals, rollup.series, rollup.runs) == (OCTOBER, {}, {}, 0)
    assert rollup.folded_at == NOON


def test_the_previous_period_of_a_moved_anchor_is_the_sum_of_its_days() -> None:
    store = ReanchoredStore()
    new_tenant(store)
    events = record(store, *(NOON - age * DAY for age in (25, 10, 3, 1)), NOON - 3 * DAY + 30 * HOUR)
    tick(store, NOON)
    anchor = start_of(TODAY) - 2 * DAY + 17 * HOUR
    store.reanchor(anchor, NOON)
    page = before(store, NOON + HOUR)
    assert page.rollup.period.end == anchor
    assert sums_of(page.rollup) == plain_sums(events, page.rollup.period)
    assert page.rollup.totals["calls"] == 3


def test_a_rollup_that_was_left_behind_while_the_anchor_was_another_is_not_believed() -> None:
    store = ReanchoredStore()
    new_tenant(store)
    events = record(store, OCTOBER.end - 5 * DAY, now=NOON - 9 * HOUR)
    tick(store, NOON - 9 * HOUR)
    store.reanchor(start_of(TODAY) - 2 * DAY, NOON - 8 * HOUR)
    events += record(store, OCTOBER.end - 4 * DAY, now=NOON - 7 * HOUR)
    tick(store, NOON - 7 * HOUR)
    store.reanchor(None, NOON - 6 * HOUR)
    assert sums_of(before(store).rollup) == plain_sums(events, OCTOBER)


def test_an_interval_is_the_sum_of_its_whole_hours_folded_or_live(kept: Place) -> None:
    store = kept.open()
    old = record(store, OCTOBER.end - DAY, OCTOBER.end + HOUR, NOON - DAY)
    tick(store, NOON - HOUR)
    events = old + record(store, NOON, NOON + HOUR)
    for start, end in ((OCTOBER.end - DAY, NOON + 9 * HOUR), (OCTOBER.end, NOON), (NOON, NOON + HOUR)):
        page = between(store, start, end, NOON + HOUR)
        assert sums_of(page.rollup) == plain_sums(events, Period(start, end))
        assert (page.status, page.forecast, page.live) == (None, None, None)


def test_an_interval_is_as_of_its_last_fold_or_of_now_where_it_is_live(memory: MemoryStore) -> None:
    new_tenant(memory)
    record(memory, NOON - 5 * DAY)
    tick(memory, NOON - 4 * DAY)
    record(memory, NOON - 3 * DAY)
    tick(memory, NOON - 3 * DAY + HOUR)
    reader = LiveUsageReader(memory)
    reader.standing("acme", NOON)
    for end, as_of in ((NOON - 4 * DAY, NOON - 4 * DAY), (NOON, NOON)):
        within = Period(NOON - 9 * DAY, end)
        page = read_interval(memory, reader, THRESHOLDS, "acme", within, NOON)
        assert page.rollup.folded_at == as_of


@pytest.mark.parametrize("hours", [92 * 24, 92 * 24 + 1])
def test_a_quarter_is_read_even_if_it_is_an_hour_longer(hours: int, memory: MemoryStore) -> None:
    new_tenant(memory)
    assert between(memory, NOON - hours * HOUR, NOON).rollup.totals == {}


def test_a_longer_interval_is_refused_by_its_field(memory: MemoryStore) -> None:
    with pytest.raises(InvalidInput, match="at most 92 days, not 93") as refusal:
        between(memory, NOON - 93 * DAY, NOON)
    assert [(each.field, each.code) for each in refusal.value.problems] == [("from", "range_too_long")]


def test_the_live_part_names_every_counter_of_its_days(memory: MemoryStore) -> None:
    new_tenant(memory, counter_shards=2)
    live = current(memory).live
    assert live is not None
    assert live.days == (TODAY,)
    assert [ref.id for ref in live.counters] == ["20261120.0", "20261120.1"]


@pytest.mark.parametrize("minutes", [-9, 9])
def test_around_midnight_both_days_are_live(minutes: int, memory: MemoryStore) -> None:
    new_tenant(memory)
    record(memory, start_of(TODAY + DAY) - HOUR)
    tick(memory, start_of(TODAY + DAY) - HOUR)
    live = current(memory, start_of(TODAY + DAY) + timedelta(minutes=minutes)).live
    assert live is not None
    assert live.days == (TODAY, TODAY + DAY)
    assert live.counted == {MINI: CALL}


def test_while_the_fold_is_away_only_todays_counters_are_listened_to(memory: MemoryStore) -> None:
    new_tenant(memory)
    record(memory, NOON - 2 * DAY, NOON - DAY, NOON)
    page = current(memory)
    assert page.live is not None
    assert (page.live.days, page.live.counted) == ((TODAY,), {MINI: CALL})
    assert heard(memory, page) == page.rollup.series == {MINI: times(3)}


def test_what_has_no_row_of_its_own_is_counted_in_other() -> None:
    store = MemoryStore()
    new_tenant(store)
    long = "x" * 250
    events = [llm_call(f"e{n}", provider=f"{n:04}", model=long, ts=NOON - DAY * (n % 2)) for n in range(700)]
    store.record("acme", events, 1, NOON)
    tick(store, NOON - DAY)
    page = current(store)
    assert page.live is not None
    assert OTHER in page.live.counted
    assert page.live.counted.keys() <= page.rollup.series.keys()
    for series, totals in page.live.counted.items():
        assert all(page.rollup.series[series][metric] >= amount for metric, amount in totals.items())


def heard(store: UsageStore, page: UsagePage) -> dict[Series, Totals]:
    """What a browser computes that has the page and listens to the counters it names."""
    assert page.live is not None
    shards = store.read("acme", shards=page.live.counters).shards.values()
    rows = {series: dict(totals) for series, totals in page.rollup.series.items()}
    for series, totals in page.live.counted.items():
        subtract(rows[series], totals)
    for shard in shards:
        _add_rows(rows, sum_by_series(cells_within(shard.day, shard.cells, page.rollup.period)))
    return {series: totals for series, totals in rows.items() if totals}


def _add_rows(rows: dict[Series, Totals], more: Mapping[Series, Totals]) -> None:
    for series, totals in more.items():
        row = series if series in rows or OTHER not in rows else OTHER
        add(rows.setdefault(row, {}), totals)


series = st.builds(Series, st.sampled_from(["openai", "a.b"]), st.sampled_from(["m", "n/1", "é|"]))
ages = st.integers(0, 40 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
calls = st.lists(st.tuples(ages, series), max_size=20)
later = st.lists(st.tuples(st.integers(0, 12 * 60 - 1), series), max_size=10)
anchors = st.sampled_from([None, datetime(2026, 1, 20, 7, 30, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)])


def check_listening(
    place: Place,
    history: list[tuple[timedelta, Series]],
    folded_ago: timedelta | None,
    further: list[tuple[int, Series]],
    anchor: datetime | None,
) -> None:
    new_tenant(place.directory, anchor=anchor, counter_shards=3)
    store = place.open()
    events = [
        llm_call(f"e{n}", ts=NOON - age, provider=name.provider, model=name.model)
        for n, (age, name) in enumerate(history)
    ]
    if folded_ago is not None:
        store.record("acme", [each for each in events if each.ts <= NOON - folded_ago], 3, NOON - folded_ago)
        tick(store, NOON - folded_ago)
    store.record("acme", [*events, mark("begin", "run", "started")], 3, NOON)
    page = current(store)
    assert heard(store, page) == page.rollup.series
    # Live days run from the last fold's to this one: whatever is recorded of today is heard.
    new = [
        llm_call(f"n{n}", ts=NOON + timedelta(minutes=minutes), provider=name.provider, model=name.model)
        for n, (minutes, name) in enumerate(further)
    ]
    for event in new:
        store.record("acme", [event], 3, event.ts)
    now = start_of(TODAY + DAY) - timedelta(minutes=11)
    assert heard(store, page) == current(store, now).rollup.series
    tick(store, now)
    assert heard(store, page) == current(store, now).rollup.series


@given(calls, st.none() | ages, later, anchors)
def test_what_is_heard_is_what_a_fresh_page_says(
    history: list[tuple[timedelta, Series]],
    folded_ago: timedelta | None,
    further: list[tuple[int, Series]],
    anchor: datetime | None,
) -> None:
    check_listening(MemoryPlace(), history, folded_ago, further, anchor)


@settings(max_examples=8)
@given(calls, st.none() | ages, later, anchors)
def test_on_firestore_what_is_heard_is_what_a_fresh_page_says(
    firestore_channel: grpc.Channel,
    history: list[tuple[timedelta, Series]],
    folded_ago: timedelta | None,
    further: list[tuple[int, Series]],
    anchor: datetime | None,
) -> None:
    check_listening(FirestorePlace(firestore_channel), history, folded_ago, further, anchor)
