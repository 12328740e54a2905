"""Reading usage: around midnight, at period ends, with moved anchors, and without a fold."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.memory import MemoryStore
from shared.domain.errors import NotFound
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.counters import Series
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import Period, period_at, start_of
from shared.domain.ledger.usage import Detail
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.ports import Snapshot
from shared.ports.ledger import NOTHING
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.ledger import Ledger
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, llm_call, times, writing
from tests.usecases.conftest import RETENTION
from tests.usecases.fault_injection import counted
from tests.usecases.plain_sums import (
    MovingStore,
    current,
    new_tenant,
    plain_sums,
    stored_tenant,
    tick,
    within,
)

MIDNIGHT = start_of(TODAY)
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
ANCHOR = datetime(2026, 1, 31, 17, tzinfo=UTC)


class AskedStore(MemoryStore):
    """A store that tells how many documents it was asked for."""

    documents = 0

    def read(self, tenant_id: str, wanted: Wanted = NOTHING) -> Snapshot:
        """See UsageStore.read."""
        self.documents += len({tenant_id, *wanted.months, *wanted.shards}) + len(wanted.days)
        return super().read(tenant_id, wanted)


def record(store: MemoryStore, *instants: datetime) -> list[RecordedEvent]:
    events = [llm_call(f"{ts.isoformat()}", ts=ts) for ts in instants]
    store.record("acme", events, stored_tenant(store).counters, instants[-1])
    return events


def calls(store: MemoryStore, tenant: Tenant, now: datetime) -> int:
    """Calls of the current period, as somebody tells who knows `tenant`."""
    return Ledger(store).current(tenant, Detail.TOTALS, now).usage.totals.get("calls", 0)


def test_an_unknown_tenant_is_not_found(memory: MemoryStore) -> None:
    ghost = Tenant(id="ghost", name="Ghost", plan="free", created_at=NOON)
    with pytest.raises(NotFound, match="'ghost'"):
        Ledger(memory).current(ghost, Detail.TOTALS, NOON)


def test_a_tenant_without_usage_has_used_nothing(memory: MemoryStore) -> None:
    assert current(memory, new_tenant(memory), NOON) == plain_sums([], period_at(None, NOON))


def test_an_event_counts_from_the_moment_it_is_recorded(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    for expected in range(1, 4):
        record(memory, NOON + expected * SECOND)
        assert calls(memory, tenant, NOON + expected * SECOND) == expected


def test_just_after_midnight_yesterdays_last_events_are_not_forgotten(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    record(memory, MIDNIGHT - 60 * SECOND)
    tick(memory, MIDNIGHT - 30 * SECOND)
    record(memory, MIDNIGHT - SECOND, MIDNIGHT + SECOND)
    assert calls(memory, tenant, MIDNIGHT + 2 * SECOND) == 3
    tick(memory, MIDNIGHT + 30 * SECOND)
    assert calls(memory, tenant, MIDNIGHT + 31 * SECOND) == 3


def test_an_event_of_tomorrow_counts_today(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    record(memory, MIDNIGHT + 4 * MINUTE)
    now = MIDNIGHT - 5 * MINUTE
    assert calls(memory, tenant, now) == 1
    tick(memory, now)
    assert [calls(memory, tenant, at) for at in (now, MIDNIGHT + 5 * MINUTE)] == [1, 1]


def test_a_period_that_ends_in_the_middle_of_a_day_ends_on_the_hour(memory: MemoryStore) -> None:
    tenant = new_tenant(memory, anchor=datetime(2026, 9, 20, 12, 45, tzinfo=UTC))
    record(memory, NOON - DAY, NOON - timedelta(microseconds=1), NOON, NOON + SECOND)
    assert [calls(memory, tenant, at) for at in (NOON - SECOND, NOON)] == [2, 2]
    tick(memory, NOON + SECOND)
    assert [calls(memory, tenant, at) for at in (NOON - SECOND, NOON + SECOND)] == [2, 2]
    record(memory, NOON + 2 * SECOND)
    assert [calls(memory, tenant, at) for at in (NOON - SECOND, NOON + 2 * SECOND)] == [2, 3]


def test_a_new_period_begins_at_nothing_without_anybody_doing_anything(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    record(memory, NOON)
    tick(memory, NOON)
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert [calls(memory, tenant, at) for at in (december - SECOND, december)] == [1, 0]


def test_a_moved_anchor_takes_effect_at_once_and_moves_no_usage() -> None:
    store = MovingStore()
    tenant = new_tenant(store)
    record(store, *(NOON - age * DAY for age in (10, 5, 1, 0)))
    tick(store, NOON)
    assert calls(store, tenant, NOON) == 4
    store.move("acme", anchor=start_of(TODAY - 5 * DAY))
    assert calls(store, tenant, NOON + SECOND) == 3
    store.move("acme", anchor=None)
    assert calls(store, tenant, NOON + SECOND) == 4


def test_while_the_fold_is_away_for_days_nothing_is_missing(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    record(memory, NOON)
    tick(memory, NOON)
    for age in range(1, 6):
        record(memory, NOON + age * DAY)
        assert calls(memory, tenant, NOON + age * DAY) == 1 + age
    tick(memory, NOON + 5 * DAY)
    assert calls(memory, tenant, NOON + 5 * DAY) == 6


def test_what_comes_late_for_a_complete_day_shows_after_the_next_fold(memory: MemoryStore) -> None:
    new_tenant(memory)
    record(memory, NOON)
    tick(memory, NOON)
    tenant = stored_tenant(memory)
    record(memory, NOON - 3 * DAY)
    assert calls(memory, tenant, NOON) == 1
    tick(memory, NOON + MINUTE)
    assert calls(memory, tenant, NOON + MINUTE) == 2


# Any interval


starts = st.integers(-24 * 60, 24 * 30).map(lambda hours: NOON + hours * HOUR)
lengths = st.integers(1, 24 * 92)
anchors = st.sampled_from([None, ANCHOR, datetime(2026, 9, 1, tzinfo=UTC), NOON])
moments = st.integers(0, 35 * 24 * 60).map(lambda minutes: NOON - timedelta(minutes=minutes))


@given(
    recorded=st.lists(st.tuples(moments, st.sampled_from("abc"), st.sampled_from(["r1", "r2", None]))),
    late=st.lists(
        st.tuples(moments, st.sampled_from("abc"), st.sampled_from(["r1", "r2", None])), max_size=5
    ),
    shards=st.sampled_from([1, 3, 6]),
    intervals=st.lists(st.tuples(starts, lengths), min_size=1, max_size=4),
)
def test_any_history_and_any_interval_equal_the_plain_sum_after_folds(
    recorded: list[tuple[datetime, str, str | None]],
    late: list[tuple[datetime, str, str | None]],
    shards: int,
    intervals: list[tuple[datetime, int]],
) -> None:
    store, events = MemoryStore(), list[RecordedEvent]()
    tenant = new_tenant(store, counters=writing(shards))
    periods = [Period(start, start + hours * HOUR) for start, hours in intervals]
    for batch in (recorded, late):
        for ts, model, run_id in batch:
            events.append(llm_call(f"e{len(events)}", ts=ts, model=model, run_id=run_id))
            store.record("acme", events[-1:], stored_tenant(store).counters, NOON)
        if batch is recorded:  # nothing is folded yet, so nothing can be late
            for period in periods:
                assert within(store, tenant, period, NOON) == plain_sums(events, period)
        tick(store, NOON)
        for known in (tenant, stored_tenant(store)):
            for period in periods:
                assert within(store, known, period, NOON) == plain_sums(events, period)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(1926, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC)),
        (datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC)),
        (NOON + 9 * DAY, NOON + 10 * DAY),
        (NOON, NOON + HOUR),
    ],
    ids=["a hundred years", "a hundred years ahead", "before the first event", "in the future", "an hour"],
)
def test_an_interval_costs_no_more_documents_than_there_are_days(start: datetime, end: datetime) -> None:
    store = AskedStore()
    tenant = new_tenant(store)
    events = record(store, NOON - 20 * DAY, NOON - DAY, NOON)
    tick(store, NOON)
    period = Period(start, end)
    for detail in Detail:
        store.documents = 0
        usage = Ledger(store).within(tenant, period, detail, NOON).usage
        assert usage.totals == plain_sums(events, period).totals
        assert store.documents <= 3 * 36 + 9


def test_an_interval_has_a_length_and_goes_forwards() -> None:
    for end in (NOON, NOON - HOUR):
        with pytest.raises(ValueError, match="is not before end"):
            Period(NOON, end)


# What is read


def folded_tenant(store: MemoryStore, anchor: datetime | None, *, idle_days: int = 0) -> Tenant:
    """A tenant with usage on each of 40 days, folded `idle_days` ago, and looked after by the daily job since."""
    new_tenant(store, anchor=anchor)
    record(store, *(NOON - age * DAY for age in range(35)))
    tick(store, NOON)
    if idle_days > 2:
        TenantFolder(store).fold("acme", {}, NOON + (idle_days - 2) * DAY)
    return stored_tenant(store)


@pytest.mark.parametrize("anchor", [None, ANCHOR])
@pytest.mark.parametrize(("idle_days", "most"), [(0, 5), (25, 8)])
def test_a_check_reads_few_documents_beside_todays_counters(
    anchor: datetime | None, idle_days: int, most: int
) -> None:
    store = AskedStore()
    tenant, now = folded_tenant(store, anchor, idle_days=idle_days), NOON + idle_days * DAY
    store.documents = 0
    Ledger(store).current(tenant, Detail.TOTALS, now)
    assert store.documents - 1 <= most


@pytest.mark.parametrize("anchor", [None, ANCHOR, datetime(2026, 1, 21, 5, tzinfo=UTC)])
def test_a_page_reads_at_most_forty_documents(anchor: datetime | None) -> None:
    store = AskedStore()
    tenant = folded_tenant(store, anchor)
    for days in range(31):
        now = NOON + days * DAY
        if days:
            record(store, now)
            tick(store, now)
        tenant, store.documents = stored_tenant(store), 0
        Ledger(store).current(tenant, Detail.SERIES, now)
        assert store.documents <= 40


@pytest.mark.parametrize("shards", [1, 4])
@pytest.mark.parametrize("anchor", [None, ANCHOR])
def test_a_check_and_a_page_take_one_rpc_while_nothing_is_new_and_two_when_something_is(
    firestore_rpc: FirestoreRpc, anchor: datetime | None, shards: int
) -> None:
    new_tenant(FirestoreDirectory(firestore_rpc), anchor=anchor, counters=writing(shards))
    counting_rpc, rpcs = counted(firestore_rpc)
    store = FirestoreUsageStore(counting_rpc, RETENTION)
    store.record("acme", [llm_call("e1", run_id="r1")], writing(shards), NOON)
    tick(store, NOON)
    known = stored_tenant(store)
    for number, expected in enumerate(({"batch_get": 1}, {"batch_get": 1, "count": 1})):
        for now in (NOON + SECOND, NOON + DAY, NOON + 2 * DAY):
            for detail in (Detail.TOTALS, Detail.SERIES):
                rpcs.clear()
                Ledger(store).current(known, detail, now)
                assert rpcs == expected
        store.record("acme", [llm_call(f"new{number}")], known.counters, NOON)


def test_a_page_of_an_old_interval_that_cuts_days_takes_two_rpcs(firestore_rpc: FirestoreRpc) -> None:
    new_tenant(FirestoreDirectory(firestore_rpc))
    counting_rpc, rpcs = counted(firestore_rpc)
    store = FirestoreUsageStore(counting_rpc, RETENTION)
    events = [llm_call(f"e{age}", ts=NOON - age * DAY) for age in (0, 20, 30)]
    store.record("acme", events, ONE_SHARD, NOON)
    tick(store, NOON)
    later = NOON + 60 * DAY
    TenantFolder(store).fold("acme", {}, later)
    period, known = Period(NOON - 30 * DAY, NOON - HOUR), stored_tenant(store)
    rpcs.clear()
    usage = Ledger(store).within(known, period, Detail.SERIES, later).usage
    assert usage.totals == plain_sums(events, period).totals
    assert rpcs == {"batch_get": 2}


# Two seconds of memory


def many_counters(store: MemoryStore) -> tuple[Ledger, Tenant]:
    tenant = new_tenant(store, counters=CounterSettings(shards=64, complete_until=MIDNIGHT))
    record(store, NOON)
    ledger = Ledger(store)
    ledger.current(tenant, Detail.TOTALS, NOON)
    return ledger, tenant


def test_the_usage_of_a_tenant_with_many_counters_is_remembered_for_two_seconds(memory: MemoryStore) -> None:
    ledger, tenant = many_counters(memory)
    recent = ledger.recent(tenant, NOON + timedelta(seconds=1.9))
    assert recent is not None
    assert recent.usage.totals == CALL
    assert ledger.recent(tenant, NOON + 2 * SECOND) is None
    assert ledger.recent(tenant, NOON - SECOND) is None


def test_a_recording_in_the_same_instance_is_seen_by_the_next_check(memory: MemoryStore) -> None:
    ledger, tenant = many_counters(memory)
    ledger.record(tenant, [llm_call("e2")], NOON)
    assert ledger.recent(tenant, NOON) is None
    assert ledger.current(tenant, Detail.TOTALS, NOON).usage.totals == times(2)


def test_what_was_read_before_a_recording_and_comes_back_after_it_is_not_remembered() -> None:
    store = MeanwhileStore()
    tenant = new_tenant(store, counters=CounterSettings(shards=64, complete_until=MIDNIGHT))
    ledger = Ledger(store)
    store.ledger = ledger
    ledger.current(tenant, Detail.TOTALS, NOON)
    assert ledger.recent(tenant, NOON) is None


def test_few_counters_are_read_each_time(memory: MemoryStore) -> None:
    tenant, ledger = new_tenant(memory, counters=writing(4)), Ledger(memory)
    ledger.current(tenant, Detail.TOTALS, NOON)
    assert ledger.recent(tenant, NOON) is None


def test_usage_of_a_period_that_has_ended_is_not_remembered() -> None:
    store = MemoryStore()
    tenant = new_tenant(store, counters=CounterSettings(shards=64))
    ledger, end = Ledger(store), datetime(2026, 12, 1, tzinfo=UTC)
    ledger.current(tenant, Detail.TOTALS, end - SECOND)
    assert ledger.recent(tenant, end) is None


class MeanwhileStore(MemoryStore):
    """A store in which something is recorded while somebody reads."""

    ledger: Ledger | None = None

    def read(self, tenant_id: str, wanted: Wanted = NOTHING) -> Snapshot:
        """See UsageStore.read."""
        snapshot = super().read(tenant_id, wanted)
        ledger, self.ledger = self.ledger, None
        if ledger and snapshot.tenant:
            ledger.record(snapshot.tenant, [llm_call("meanwhile")], NOON)
        return snapshot


def test_series_are_read_live_as_well(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    memory.record("acme", [llm_call("e1"), llm_call("e2", provider="a.b")], ONE_SHARD, NOON)
    tick(memory, NOON)
    memory.record("acme", [llm_call("e3", provider="a.b")], ONE_SHARD, NOON)
    assert current(memory, tenant, NOON).series == {
        Series("openai", "gpt-4.1-mini"): CALL,
        Series("a.b", "gpt-4.1-mini"): times(2),
    }
