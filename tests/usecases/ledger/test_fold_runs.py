"""How runs are counted: by the hour in which they began, once, whatever comes late."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import Period, month_of, period_at, start_of
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.ports import UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from tests.sample_events import NOON, TODAY, llm_call, mark
from tests.usecases.fault_injection import Fault, PassingOn, just_before_saving, with_fault
from tests.usecases.interleaving import Interleaving
from tests.usecases.plain_sums import current, new_tenant, plain_sums, stored_tenant, tick, within

NOVEMBER = period_at(None, NOON)
DECEMBER = period_at(None, NOVEMBER.end)
MIDNIGHT = start_of(TODAY)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Counted(PassingOn):
    """A store that notes which intervals runs are counted in."""

    def __init__(self, target: MemoryStore) -> None:
        super().__init__(target)
        self.intervals: list[tuple[datetime, datetime]] = []

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if name == "count_runs":
            self.intervals.append(args[1:])
        return method(*args, **named)


def begin(store: UsageStore, run: str, ts: datetime) -> None:
    """A run begins at `ts`, or turns out to have begun then."""
    event = mark(f"{run} {ts.isoformat()}", run, "started", ts=ts)
    store.record("acme", [event], stored_tenant(store).counters, NOON)


def intervals(store: MemoryStore, work: Callable[[UsageStore], object]) -> list[tuple[datetime, datetime]]:
    """The intervals that `work` counts runs in."""
    counting = Counted(store)
    work(cast(UsageStore, counting))
    return counting.intervals


def hours_of(store: UsageStore, day: date = TODAY) -> dict[int, int]:
    """The runs that the day's rollup counts, which its month counts too."""
    wanted = Wanted(days=(day,), months=(month_of(day),))
    found = store.read("acme", wanted).documents
    assert found.months[month_of(day)].days[day].runs == sum(found.days[day].runs.values())
    return found.days[day].runs


def runs_within(store: UsageStore, period: Period, now: datetime) -> int:
    return within(store, stored_tenant(store), period, now).runs


def live_runs(store: UsageStore, now: datetime) -> int:
    return current(store, stored_tenant(store), now).runs


def test_a_fold_counts_the_hours_that_events_came_for_and_the_day(memory: MemoryStore) -> None:
    new_tenant(memory)
    for hours in (3, 0):
        begin(memory, f"r{hours}", NOON - hours * HOUR)
    tick(memory, NOON)
    begin(memory, "new", NOON + MINUTE)
    counted = intervals(memory, lambda store: tick(store, NOON + 2 * MINUTE))
    assert counted == [(NOON, NOON + HOUR), (MIDNIGHT, MIDNIGHT + DAY)]
    assert hours_of(memory) == {9: 1, 12: 2}


def test_a_live_read_counts_only_the_runs_of_the_days_that_are_live(memory: MemoryStore) -> None:
    new_tenant(memory)
    begin(memory, "r1", NOON - 9 * DAY)
    tick(memory, NOON)
    begin(memory, "r2", NOON + MINUTE)
    counted = intervals(memory, lambda store: live_runs(store, NOON + MINUTE))
    assert counted == [(MIDNIGHT, MIDNIGHT + DAY)], "once for the reads in every detail"
    assert live_runs(memory, NOON + MINUTE) == 2


def test_a_read_of_what_is_folded_counts_nothing(memory: MemoryStore) -> None:
    new_tenant(memory, anchor=datetime(2026, 9, 3, 15, tzinfo=UTC))
    begin(memory, "r1", NOON)
    tick(memory, NOON)
    for now in (NOON + MINUTE, NOON + DAY, NOON + 9 * DAY):
        counting = Counted(memory)
        assert live_runs(cast(UsageStore, counting), now) == 1
        assert counting.intervals == []


def test_a_run_that_begins_in_a_counter_that_did_not_exist_is_counted_at_once(memory: MemoryStore) -> None:
    new_tenant(memory)
    begin(memory, "r1", NOON)
    tick(memory, NOON)
    begin(memory, "r2", NOON + DAY)
    assert live_runs(memory, NOON + DAY) == 2


def test_a_tenant_that_was_never_folded_has_its_runs_counted(memory: MemoryStore) -> None:
    new_tenant(memory)
    assert live_runs(memory, NOON) == 0
    begin(memory, "r1", NOON - 9 * DAY)
    assert live_runs(memory, NOON) == 1


# Late events


def test_a_run_that_turns_out_to_have_begun_on_an_earlier_day_is_counted_once(memory: MemoryStore) -> None:
    new_tenant(memory)
    begin(memory, "r1", NOON)
    begin(memory, "r2", NOON - DAY)
    tick(memory, NOON)
    begin(memory, "r1", NOON - 2 * DAY)
    tick(memory, NOON + MINUTE)
    assert [hours_of(memory, TODAY - age * DAY) for age in (2, 1, 0)] == [{12: 1}, {12: 1}, {}]
    begin(memory, "r3", NOON + 2 * MINUTE)
    assert live_runs(memory, NOON + 2 * MINUTE) == 3


def test_a_run_that_turns_out_to_have_begun_in_an_earlier_hour_is_counted_once(memory: MemoryStore) -> None:
    new_tenant(memory)
    begin(memory, "r1", NOON)
    tick(memory, NOON)
    begin(memory, "r1", NOON - 5 * HOUR)
    tick(memory, NOON + MINUTE)
    assert hours_of(memory) == {7: 1}


def test_a_run_that_moves_while_another_begins_in_its_hour_leaves_no_trace(memory: MemoryStore) -> None:
    # The day counts as many runs as before: one has left it, another has come.
    new_tenant(memory)
    begin(memory, "r1", NOON)
    tick(memory, NOON)
    begin(memory, "r1", NOON - 2 * DAY)
    begin(memory, "r2", NOON + HOUR)
    tick(memory, NOON + 2 * HOUR)
    assert [hours_of(memory, TODAY - age * DAY) for age in (2, 0)] == [{12: 1}, {13: 1}]


def test_a_run_that_turns_out_to_have_begun_in_the_month_before_leaves_its_month(memory: MemoryStore) -> None:
    new_tenant(memory)
    second = DECEMBER.start + DAY
    for run, ts in (("r1", DECEMBER.start + MINUTE), ("r2", second)):
        begin(memory, run, ts)
    tick(memory, second + MINUTE)
    assert runs_within(memory, DECEMBER, second + MINUTE) == 2
    begin(memory, "r1", DECEMBER.start - MINUTE)
    tick(memory, second + 2 * MINUTE)
    now = second + 3 * MINUTE
    assert [runs_within(memory, period, now) for period in (NOVEMBER, DECEMBER)] == [1, 1]


def test_a_period_that_ends_within_a_day_keeps_all_its_runs_once_it_has_ended(memory: MemoryStore) -> None:
    anchor = datetime(2026, 9, 20, 12, 40, tzinfo=UTC)
    new_tenant(memory, anchor=anchor)
    ending, beginning = period_at(anchor, NOON - MINUTE), period_at(anchor, NOON)
    for run, ts in (("r1", NOON - MINUTE), ("r2", NOON), ("r3", NOON + DAY)):
        begin(memory, run, ts)
        tick(memory, ts + MINUTE)
    begin(memory, "r4", NOON - 2 * MINUTE)
    begin(memory, "r2", NOON - 3 * MINUTE)
    tick(memory, NOON + DAY + 2 * MINUTE)
    now = NOON + DAY + 3 * MINUTE
    assert [runs_within(memory, period, now) for period in (ending, beginning)] == [3, 1]


@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("calls_before_the_crash", range(20))
def test_a_late_fold_that_crashed_anywhere_and_runs_again_counts_every_run_once(
    memory: MemoryStore, calls_before_the_crash: int, took_effect: bool
) -> None:
    new_tenant(memory)
    begin(memory, "r1", DECEMBER.start + DAY)
    now = DECEMBER.start + DAY + MINUTE
    tick(memory, now)
    begin(memory, "r1", DECEMBER.start - MINUTE)
    broken = with_fault(memory, Fault(calls_before_the_crash, took_effect))
    with suppress(ExceptionGroup):
        fold_tenants(TenantFolder(broken), ["acme"], now)
    begin(memory, "r2", DECEMBER.start)
    tick(memory, now)
    assert [runs_within(memory, period, now) for period in (NOVEMBER, DECEMBER)] == [1, 1]
    assert live_runs(memory, now + MINUTE) == 1


# Races


def test_a_fold_that_counted_before_a_late_event_came_and_saves_after_that_was_folded_counts_again(
    memory: MemoryStore,
) -> None:
    new_tenant(memory)
    now = DECEMBER.start + DAY
    begin(memory, "r1", now)

    def fold_a_late_event() -> None:
        begin(memory, "r1", DECEMBER.start - MINUTE)
        tick(memory, now)

    fold_tenants(TenantFolder(just_before_saving(memory, fold_a_late_event)), ["acme"], now)
    tick(memory, now)
    assert memory.dirty_counters("acme") == []
    assert [runs_within(memory, period, now) for period in (NOVEMBER, DECEMBER)] == [1, 0]


INSTANTS = [DECEMBER.start + timedelta(hours=hours) for hours in (-30, -1, 1, 25, 26)]
NOW = DECEMBER.start + timedelta(hours=27)
steps = st.tuples(st.sampled_from(["r1", "r2"]), st.sampled_from(INSTANTS))


@given(st.lists(steps, max_size=4), st.lists(steps, max_size=5), st.lists(st.integers(0, 3), max_size=90))
def test_every_interleaving_of_folds_and_late_events_ends_in_the_plain_count(
    before: list[tuple[str, datetime]], meanwhile: list[tuple[str, datetime]], schedule: list[int]
) -> None:
    store = MemoryStore()
    tenant: Tenant = new_tenant(store)

    def fold(at: UsageStore) -> None:
        with suppress(ExceptionGroup):
            fold_tenants(TenantFolder(at), ["acme"], NOW)

    def write(at: UsageStore) -> None:
        for run, ts in meanwhile:
            event = mark(f"{run} {ts.isoformat()}", run, "started", ts=ts)
            at.record("acme", [event], tenant.counters, NOON)

    for run, ts in before:
        begin(store, run, ts)
    Interleaving().run(schedule, store, [fold, fold, fold, write])
    tick(store, NOW)
    events: list[RecordedEvent] = store.list_events("acme", limit=99).items
    hours = [Period(each, each + HOUR) for each in (at.replace(minute=0) for at in INSTANTS)]
    for period in (NOVEMBER, DECEMBER, *hours):
        assert within(store, tenant, period, NOW) == plain_sums(events, period)
    for _ in range(2):
        assert live_runs(store, NOW) == plain_sums(events, DECEMBER).runs
        events.append(llm_call("new", ts=NOW, run_id="new"))
        store.record("acme", events[-1:], stored_tenant(store).counters, NOW)
