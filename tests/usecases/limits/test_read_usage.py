"""The usage page: the current and previous period, any interval, and updates of an open page."""

from datetime import datetime, timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.ledger.periods import Period, period_at, previous, start_of
from shared.domain.limits.limits import LimitPolicy
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.ports import UsageStore
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.check_limits import Limits
from shared.usecases.limits.read_usage import Changes, UsagePage, read_current, read_interval, read_previous
from tests.plans import THRESHOLDS
from tests.sample_events import CALL, NOON, ONE_SHARD, llm_call, writing
from tests.usecases.conftest import FirestorePlace, MemoryPlace, Place
from tests.usecases.plain_sums import MovingStore, new_tenant, plain_sums, sums_of, tick

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOVEMBER = period_at(None, NOON)
OCTOBER = previous(None, NOVEMBER)


@pytest.fixture(params=["memory", "firestore"])
def place(request: pytest.FixtureRequest) -> Place:
    """Usage on each store in turn, with tenant acme on plan starter."""
    opened: Place = MemoryPlace()
    if request.param == "firestore":
        opened = FirestorePlace(request.getfixturevalue("firestore_channel"))
    new_tenant(opened.directory)
    return opened


def limits_on(store: UsageStore) -> Limits:
    return Limits(Ledger(store), THRESHOLDS)


def known_to(store: UsageStore, now: datetime) -> Tenant:
    return store.read("acme").tenant or Tenant(id="acme", name="Acme", plan="starter", created_at=now)


def current(store: UsageStore, now: datetime = NOON) -> UsagePage:
    return read_current(limits_on(store), known_to(store, now), now)


def before(store: UsageStore, now: datetime = NOON) -> UsagePage:
    return read_previous(limits_on(store), known_to(store, now), now)


def between(store: UsageStore, start: datetime, end: datetime, now: datetime = NOON) -> UsagePage:
    return read_interval(limits_on(store), known_to(store, now), Period(start, end), now)


def record(store: UsageStore, *instants: datetime, now: datetime = NOON) -> list[RecordedEvent]:
    events = [llm_call(ts.isoformat(), ts=ts, run_id=f"run {ts}") for ts in instants]
    store.record("acme", events, ONE_SHARD, now)
    return events


def test_the_current_page_has_usage_status_limits_and_a_forecast(place: Place) -> None:
    store = place.open()
    events = record(store, NOON - 3 * DAY, NOON)
    page = current(store)
    assert sums_of(page.usage) == plain_sums(events, NOVEMBER)
    assert page.policy == LimitPolicy(token_limit=500_000, run_limit=100, requests_per_minute=30)
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
    assert (page.policy, page.status, page.usage.totals) == (None, None, CALL)


def test_a_tenant_that_does_not_exist_is_not_found(memory: MemoryStore) -> None:
    for read in (current, before):
        with pytest.raises(NotFound):
            read(memory)
    with pytest.raises(NotFound):
        between(memory, NOON - DAY, NOON)


def test_the_previous_period_is_read_like_any_interval(place: Place) -> None:
    store = place.open()
    events = record(store, OCTOBER.end - HOUR, OCTOBER.end - 25 * HOUR, OCTOBER.end, now=OCTOBER.end)
    tick(store, OCTOBER.end)
    page = before(store)
    assert sums_of(page.usage) == plain_sums(events, OCTOBER)
    assert page.usage.days == dict.fromkeys(
        [(OCTOBER.end - 25 * HOUR).date(), (OCTOBER.end - HOUR).date()], CALL
    )
    assert (page.read_at, page.status, page.forecast, page.changes) == (NOON, None, None, None)
    assert page.policy is not None


def test_a_previous_period_without_usage_is_all_zeros(place: Place) -> None:
    store = place.open()
    record(store, NOON)
    usage = before(store).usage
    assert (usage.within, usage.totals, usage.series, usage.runs) == (OCTOBER, {}, {}, 0)


def test_the_previous_period_follows_the_anchor_of_now() -> None:
    store = MovingStore()
    new_tenant(store)
    events = record(store, *(NOON - age * DAY for age in (25, 10, 3, 1)), NOON - 3 * DAY + 30 * HOUR)
    tick(store, NOON)
    anchor = start_of(NOON.date()) - 2 * DAY + 17 * HOUR
    store.move("acme", anchor=anchor)
    usage = before(store, NOON + HOUR).usage
    assert usage.within.end == anchor
    assert sums_of(usage) == plain_sums(events, usage.within)
    assert usage.totals["calls"] == 3


def test_an_interval_is_the_sum_of_its_whole_hours_folded_or_live(place: Place) -> None:
    store = place.open()
    old = record(store, OCTOBER.end - DAY, OCTOBER.end + HOUR, NOON - DAY)
    tick(store, NOON - HOUR)
    events = old + record(store, NOON, NOON + HOUR)
    for start, end in ((OCTOBER.end - DAY, NOON + 9 * HOUR), (OCTOBER.end, NOON), (NOON, NOON + HOUR)):
        page = between(store, start, end, NOON + HOUR)
        assert sums_of(page.usage) == plain_sums(events, Period(start, end))
        assert (page.status, page.forecast, page.changes) == (None, None, None)


@pytest.mark.parametrize("hours", [92 * 24, 92 * 24 + 1])
def test_a_quarter_is_read_even_if_it_is_an_hour_longer(hours: int, memory: MemoryStore) -> None:
    new_tenant(memory)
    assert between(memory, NOON - hours * HOUR, NOON).usage.totals == {}


def test_a_longer_interval_is_refused_by_its_field(memory: MemoryStore) -> None:
    new_tenant(memory)
    with pytest.raises(InvalidInput, match="at most 92 days, not 93") as refusal:
        between(memory, NOON - 93 * DAY, NOON)
    assert [(each.field, each.code) for each in refusal.value.problems] == [("from", "range_too_long")]


@pytest.mark.parametrize(
    ("shards", "changes"),
    [
        (1, Changes(counter_ids=("20261120.0",), ask_every_s=None)),
        (4, Changes(counter_ids=tuple(f"20261120.{number}" for number in range(4)), ask_every_s=None)),
        (5, Changes(counter_ids=(), ask_every_s=5)),
    ],
)
def test_an_open_page_listens_to_todays_counters_or_polls_if_they_are_many(
    memory: MemoryStore, shards: int, changes: Changes
) -> None:
    new_tenant(memory, counters=writing(shards))
    assert current(memory).changes == changes
