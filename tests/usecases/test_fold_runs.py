"""How runs are counted: each day's once, again when an event comes late, and not at all while nothing is new."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.periods import Period, period_at
from shared.domain.recording import RecordedEvent
from shared.domain.rollups import PeriodRollup, start_of
from shared.ports import UsageStore
from shared.usecases.fold_usage import fold_tenant
from shared.usecases.live_usage import LiveUsageReader
from tests.sample_events import NOON, TODAY, llm_call, mark
from tests.usecases.cut_off import CutOff, PassingOn, cut, just_before_saving
from tests.usecases.ledger import new_tenant, plain_sums, sums_of, tick
from tests.usecases.turns import Turns

NOVEMBER = period_at(None, NOON)
DECEMBER = period_at(None, NOVEMBER.end)
MIDNIGHT = start_of(TODAY)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


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
    store.record("acme", [mark(f"{run} {ts.isoformat()}", run, "started", ts=ts)], 1, NOON)


def intervals(store: MemoryStore, work: Callable[[UsageStore], object]) -> list[tuple[datetime, datetime]]:
    """The intervals that `work` counts runs in."""
    counting = Counted(store)
    work(cast(UsageStore, counting))
    return counting.intervals


def rollup_of(store: UsageStore, period: Period = NOVEMBER) -> PeriodRollup:
    return store.read("acme", periods=[period]).periods[period]


def live_runs(store: UsageStore, now: datetime) -> int:
    """The runs by both ways of reading, which must agree."""
    reader = LiveUsageReader(store)
    runs = reader.standing("acme", now).runs
    assert reader.usage("acme", now).rollup.runs == runs
    return runs


def test_a_fold_counts_only_the_runs_of_the_days_that_are_read_live(memory: MemoryStore) -> None:
    new_tenant(memory)
    for age in (9, 1, 0):
        begin(memory, f"r{age}", NOON - age * DAY)
    tick(memory, NOON)
    begin(memory, "new", NOON + MINUTE)
    counted = intervals(memory, lambda store: tick(store, NOON + 2 * MINUTE))
    assert counted == [(MIDNIGHT, NOVEMBER.end)]
    assert (rollup_of(memory).runs_before, rollup_of(memory).runs) == (2, 4)


def test_a_live_read_counts_only_the_runs_of_the_days_that_are_read_live(memory: MemoryStore) -> None:
    new_tenant(memory)
    begin(memory, "r1", NOON - 9 * DAY)
    tick(memory, NOON)
    begin(memory, "r2", NOON + MINUTE)
    counted = intervals(memory, lambda store: live_runs(store, NOON + MINUTE))
    assert counted == [(MIDNIGHT, NOVEMBER.end)] * 2
    assert live_runs(memory, NOON + MINUTE) == 2


def test_with_a_new_day_the_runs_of_the_day_before_are_counted_once_more(memory: MemoryStore) -> None:
    new_tenant(memory)
    begin(memory, "r1", NOON)
    tick(memory, NOON)
    begin(memory, "r2", NOON + DAY)
    counted = intervals(memory, lambda store: tick(store, NOON + DAY))
    assert counted == [(MIDNIGHT, MIDNIGHT + DAY), (MIDNIGHT + DAY, NOVEMBER.end)]
    assert (rollup_of(memory).runs_before, rollup_of(memory).runs) == (1, 2)


def test_a_read_of_what_is_folded_counts_nothing(memory: MemoryStore) -> None:
    new_tenant(memory)
    begin(memory, "r1", NOON)
    tick(memory, NOON)
    for now in (NOON + MINUTE, NOON + DAY, NOVEMBER.end - MINUTE):
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


def test_a_rollup_of_an_older_version_has_its_runs_counted_whole_once(memory: MemoryStore) -> None:
    new_tenant(memory)
    begin(memory, "r1", NOON - 9 * DAY)
    tick(memory, NOON)
    found = memory.read("acme", periods=[NOVEMBER], days=[TODAY - 9 * DAY])
    older = replace(found.periods[NOVEMBER], runs=0, runs_before=None)
    memory.save_rollups("acme", found.days[TODAY - 9 * DAY], [older])
    assert intervals(memory, lambda store: live_runs(store, NOON)) == [(NOVEMBER.start, NOVEMBER.end)] * 2
    assert live_runs(memory, NOON) == 1
    begin(memory, "r2", NOON)
    counted = intervals(memory, lambda store: tick(store, NOON))
    assert counted == [(NOVEMBER.start, MIDNIGHT), (MIDNIGHT, NOVEMBER.end)]
    assert (rollup_of(memory).runs_before, rollup_of(memory).runs) == (1, 2)


# Late events


def test_a_run_that_turns_out_to_have_begun_on_an_earlier_day_is_counted_once(memory: MemoryStore) -> None:
    new_tenant(memory)
    begin(memory, "r1", NOON)
    begin(memory, "r2", NOON - DAY)
    tick(memory, NOON)
    begin(memory, "r1", NOON - 2 * DAY)
    tick(memory, NOON + MINUTE)
    assert (rollup_of(memory).runs_before, rollup_of(memory).runs) == (2, 2)
    begin(memory, "r3", NOON + 2 * MINUTE)
    assert live_runs(memory, NOON + 2 * MINUTE) == 3


def test_a_run_that_began_before_midnight_and_is_told_of_after_it_is_counted(memory: MemoryStore) -> None:
    new_tenant(memory)
    begin(memory, "today", MIDNIGHT + MINUTE)
    tick(memory, MIDNIGHT + MINUTE)
    begin(memory, "yesterday", MIDNIGHT - 5 * MINUTE)
    begin(memory, "today", MIDNIGHT - MINUTE)
    tick(memory, MIDNIGHT + 2 * MINUTE)
    assert (rollup_of(memory).runs_before, rollup_of(memory).runs) == (2, 2)
    assert live_runs(memory, MIDNIGHT + 3 * MINUTE) == 2


def test_a_run_that_turns_out_to_have_begun_in_the_period_before_leaves_its_period(
    memory: MemoryStore,
) -> None:
    new_tenant(memory)
    second = DECEMBER.start + DAY
    for run, ts in (("r1", DECEMBER.start + MINUTE), ("r2", second)):
        begin(memory, run, ts)
    tick(memory, second + MINUTE)
    assert (rollup_of(memory, DECEMBER).runs_before, rollup_of(memory, DECEMBER).runs) == (1, 2)
    begin(memory, "r1", DECEMBER.start - MINUTE)
    tick(memory, second + 2 * MINUTE)
    assert (rollup_of(memory, DECEMBER).runs_before, rollup_of(memory, DECEMBER).runs) == (0, 1)
    assert rollup_of(memory).runs == 1
    assert live_runs(memory, second + 3 * MINUTE) == 1


def test_a_run_of_the_next_period_that_moves_into_this_one_before_it_ends_leaves_it(
    memory: MemoryStore,
) -> None:
    # Folded on the last day of November, December's rollup holds a run that an event then moves, and no fold
    # comes after midnight: the counters of December are clean, but its rollup was made before.
    new_tenant(memory)
    begin(memory, "r1", DECEMBER.start + 3 * MINUTE)
    tick(memory, DECEMBER.start - 4 * MINUTE)
    begin(memory, "r1", DECEMBER.start - 2 * MINUTE)
    assert live_runs(memory, DECEMBER.start + MINUTE) == 0
    tick(memory, DECEMBER.start + MINUTE)
    assert (rollup_of(memory).runs, rollup_of(memory, DECEMBER).runs) == (1, 0)


@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("calls_before_the_crash", range(8))
def test_a_late_fold_that_crashed_anywhere_and_runs_again_counts_every_run_once(
    memory: MemoryStore, calls_before_the_crash: int, took_effect: bool
) -> None:
    new_tenant(memory)
    begin(memory, "r1", DECEMBER.start + DAY)
    now = DECEMBER.start + DAY + MINUTE
    tick(memory, now)
    begin(memory, "r1", DECEMBER.start - MINUTE)
    with suppress(Unavailable):
        fold_tenant(cut(memory, CutOff(calls_before_the_crash, took_effect)), "acme", now)
    begin(memory, "r2", DECEMBER.start)
    tick(memory, now)
    assert [rollup_of(memory, period).runs for period in (NOVEMBER, DECEMBER)] == [1, 1]
    assert live_runs(memory, now + MINUTE) == 1


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
    assert [rollup_of(memory, period).runs for period in (ending, beginning)] == [3, 1]


def test_a_period_with_no_usage_of_its_own_is_no_obstacle_to_its_first_fold(memory: MemoryStore) -> None:
    new_tenant(memory)
    now = DECEMBER.start + DAY
    begin(memory, "r1", NOVEMBER.end - MINUTE)
    tick(memory, now)
    assert (rollup_of(memory, DECEMBER).runs, rollup_of(memory, DECEMBER).days) == (0, {})
    begin(memory, "r2", now)
    assert live_runs(memory, now) == 1
    tick(memory, now)
    assert (rollup_of(memory, DECEMBER).runs, set(rollup_of(memory, DECEMBER).days)) == (1, {now.date()})


# Races


def test_a_fold_that_counted_before_a_late_event_came_and_saves_after_that_was_folded_counts_again(
    memory: MemoryStore,
) -> None:
    new_tenant(memory)
    now = DECEMBER.start + DAY
    begin(memory, "r1", now)

    def fold_a_late_event_and_break_off() -> None:
        begin(memory, "r1", DECEMBER.start - MINUTE)
        until_november_is_cleared = [
            *("dirty_shards", "read", "read", "read"),
            *("count_runs", "count_runs", "save_rollups", "clear_dirty"),
        ]
        with suppress(Unavailable):
            fold_tenant(cut(memory, CutOff(len(until_november_is_cleared), False)), "acme", now)
        assert [ref.day for ref in memory.dirty_shards("acme")] == [now.date()]

    fold_tenant(just_before_saving(memory, fold_a_late_event_and_break_off), "acme", now)
    assert memory.dirty_shards("acme") == []
    assert [rollup_of(memory, period).runs for period in (NOVEMBER, DECEMBER)] == [1, 0]


INSTANTS = [DECEMBER.start + timedelta(hours=hours) for hours in (-30, -1, 1, 25, 26)]
NOW = DECEMBER.start + timedelta(hours=27)
steps = st.tuples(st.sampled_from(["r1", "r2"]), st.sampled_from(INSTANTS))


@given(st.lists(steps, max_size=4), st.lists(steps, max_size=5), st.lists(st.integers(0, 3), max_size=70))
def test_every_interleaving_of_folds_and_late_events_ends_in_the_plain_count(
    before: list[tuple[str, datetime]], meanwhile: list[tuple[str, datetime]], schedule: list[int]
) -> None:
    store = MemoryStore()
    new_tenant(store)

    def fold(at: UsageStore) -> None:
        with suppress(Unavailable):
            fold_tenant(at, "acme", NOW)

    def write(at: UsageStore) -> None:
        for run, ts in meanwhile:
            begin(at, run, ts)

    for run, ts in before:
        begin(store, run, ts)
    Turns().run(schedule, store, [fold, fold, fold, write])
    tick(store, NOW)
    events: list[RecordedEvent] = store.list_events("acme", limit=99).items
    for period in (NOVEMBER, DECEMBER):
        found = store.read("acme", periods=[period]).periods.get(period)
        assert sums_of(found).runs == plain_sums(events, period).runs
    for _ in range(2):
        assert live_runs(store, NOW) == plain_sums(events, DECEMBER).runs
        events.append(llm_call("new", ts=NOW, run_id="new"))
        store.record("acme", events[-1:], 1, NOW)
