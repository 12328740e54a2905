"""One fold: the days it writes, the days it leaves alone, and its cost."""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.ledger.counters import Cell, CounterShard, Series, ShardRef
from shared.domain.ledger.documents import Documents, Wanted
from shared.domain.ledger.periods import Period, month_of, period_at, start_of
from shared.domain.ledger.rollups import DayEntry
from shared.domain.people.tenant_rows import RowUsage
from shared.ports import StaleRollup, UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, llm_call, read_shards, times, writing
from tests.usecases.fault_injection import Fault, PassingOn, counted, just_before_saving, with_fault
from tests.usecases.plain_sums import current, folded, new_tenant, plain_sums, stored_tenant, tick, within

YESTERDAY = TODAY - timedelta(days=1)
SERIES = Series("openai", "gpt-4.1-mini")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def read(store: UsageStore, *days: date) -> Documents:
    days = days or (TODAY,)
    months = tuple({month_of(day) for day in days})
    return store.read("acme", Wanted(months=months, days=days, fields=frozenset({"hours"}))).documents


def calendar_month(instant: datetime) -> Period:
    return period_at(None, instant)


def fold(store: UsageStore, now: datetime = NOON) -> None:
    fold_tenants(TenantFolder(store), ["acme"], now)


def test_a_fold_sets_the_day_and_its_month_and_leaves_nothing_dirty(memory: MemoryStore) -> None:
    new_tenant(memory)
    memory.record("acme", [llm_call("e1", run_id="r1"), llm_call("e2")], ONE_SHARD, NOON)
    fold(memory)
    found = read(memory)
    assert found.days[TODAY].cells == {Cell(12, SERIES): times(2)}
    assert (found.days[TODAY].runs, found.days[TODAY].folded_at) == ({12: 1}, NOON)
    assert found.months[month_of(TODAY)].days == {TODAY: DayEntry(times(2), 1)}
    assert memory.dirty_counters("acme") == []


def test_a_fold_without_new_usage_changes_nothing(memory: MemoryStore) -> None:
    new_tenant(memory)
    memory.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    fold(memory)
    before = read(memory)
    fold(memory, NOON + MINUTE)
    assert read(memory) == before


@pytest.mark.parametrize("calls_before_the_crash", range(16))
def test_a_fold_that_crashed_anywhere_and_runs_again_changes_no_amount(
    memory: MemoryStore, calls_before_the_crash: int
) -> None:
    tenant = new_tenant(memory)
    events = [llm_call("e1", run_id="r1"), llm_call("e2", ts=NOON - DAY, run_id="r2")]
    memory.record("acme", events, ONE_SHARD, NOON)
    for took_effect in (False, True):
        with suppress(ExceptionGroup):
            fold(with_fault(memory, Fault(calls_before_the_crash, took_effect)))
        assert current(memory, tenant, NOON).totals == times(2)
    fold(memory)
    found = read(memory, YESTERDAY, TODAY)
    assert [found.days[day].cells for day in (YESTERDAY, TODAY)] == [{Cell(12, SERIES): CALL}] * 2
    assert found.months[month_of(TODAY)].days == dict.fromkeys([YESTERDAY, TODAY], DayEntry(CALL, 1))
    assert memory.dirty_counters("acme") == []


@pytest.mark.parametrize("history_days", [1, 30])
def test_a_fold_costs_the_same_calls_however_long_the_history_is(
    memory: MemoryStore, history_days: int
) -> None:
    tenant = new_tenant(memory)
    history = [llm_call(f"h{age}", ts=NOON - timedelta(days=age)) for age in range(history_days)]
    memory.record("acme", history, ONE_SHARD, NOON)
    fold(memory)
    memory.record("acme", [llm_call("new")], ONE_SHARD, NOON)
    store, calls = counted(memory)
    fold(store, NOON + MINUTE)
    reads = len({"tenant", "day", "counters", "period"})
    assert calls == {
        "dirty_counters": 1,
        "read": reads,
        "count_runs": 1,
        "save_day": 1,
        "clear_counters": 1,
    }
    assert folded(memory, tenant, NOON).totals["calls"] == min(history_days, NOON.day) + 1


def test_a_fold_clears_only_counters_that_have_changed() -> None:
    store, spread = _Clearing(), writing(64)
    new_tenant(store, counters=spread)
    for number in range(64):
        store.record("acme", [llm_call(f"e{number}")], spread, NOON)
    fold(store)
    assert len(store.cleared) > 1
    store.cleared.clear()
    store.record("acme", [llm_call("new")], spread, NOON)
    (changed,) = store.dirty_counters("acme")
    fold(store, NOON + MINUTE)
    assert store.cleared == [changed]


class _Clearing(MemoryStore):
    """A store that notes which counters a fold clears: each is a write."""

    def __init__(self) -> None:
        super().__init__()
        self.cleared: list[ShardRef] = []

    def clear_counters(
        self,
        tenant_id: str,
        shards: Collection[CounterShard],
        next_fold_at: datetime,
        usage: RowUsage | None = None,
    ) -> None:
        self.cleared += [shard.ref for shard in shards]
        super().clear_counters(tenant_id, shards, next_fold_at, usage)


def test_a_tenant_whose_fold_fails_does_not_keep_the_others_from_theirs(memory: MemoryStore) -> None:
    for tenant_id in ("acme", "broken", "core"):
        new_tenant(memory, tenant_id)
        memory.record(tenant_id, [llm_call("e1")], ONE_SHARD, NOON)
    broken = cast(UsageStore, _BrokenFor(memory, "broken"))
    with pytest.raises(ExceptionGroup) as failure:
        fold_tenants(TenantFolder(broken), ["acme", "broken", "core"], NOON)
    assert [str(error) for error in failure.value.exceptions] == ["this document cannot be read"]
    assert [memory.dirty_counters(tenant_id) != [] for tenant_id in ("acme", "broken", "core")] == [
        False,
        True,
        False,
    ]


def test_a_day_that_keeps_changing_is_given_up_as_unavailable(memory: MemoryStore) -> None:
    new_tenant(memory)
    memory.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    with pytest.raises(ExceptionGroup) as failure:
        fold(cast(UsageStore, _AlwaysStale(memory)))
    (error,) = failure.value.exceptions
    assert isinstance(error, Unavailable)
    assert str(error) == "the rollup of 2026-11-20 keeps changing under the fold"
    assert memory.dirty_counters("acme") != []


def test_a_fold_whose_clock_is_behind_does_not_make_a_day_older(memory: MemoryStore) -> None:
    new_tenant(memory)
    for event_id, now in (("e1", NOON), ("e2", NOON - timedelta(seconds=9))):
        memory.record("acme", [llm_call(event_id)], ONE_SHARD, now)
        fold(memory, now)
    assert read(memory).days[TODAY].folded_at == NOON
    assert read(memory).months[month_of(TODAY)].days[TODAY].totals == times(2)


def test_counters_beyond_the_tenants_number_are_folded_too(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    memory.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    for number in range(20):
        memory.record("acme", [llm_call(f"f{number}")], writing(64), NOON)
    fold(memory)
    assert folded(memory, tenant, NOON).totals == times(1 + 20)
    assert memory.dirty_counters("acme") == []


def test_a_fold_does_not_lose_a_shard_that_another_fold_has_seen_first(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    memory.record("acme", [llm_call("a")], ONE_SHARD, NOON)

    def another_fold() -> None:
        for number in range(20):
            memory.record("acme", [llm_call(f"b{number}")], writing(64), NOON)
        fold(memory)

    fold(just_before_saving(memory, another_fold))
    assert folded(memory, tenant, NOON).totals == times(1 + 20)


# Tenants that are gone


def test_counters_of_nobody_are_cleared_and_set_no_rollup(memory: MemoryStore) -> None:
    for number in range(9):
        memory.record("ghost", [llm_call(f"e{number}", ts=NOON - DAY * (number % 2))], writing(4), NOON)
    tick(memory, NOON)
    assert memory.read("ghost", Wanted(days=(TODAY,))).documents.days == {}
    assert list(memory.due_counters(NOON + DAY)) == []
    shards = read_shards(memory, "ghost", *(ShardRef(TODAY, number) for number in range(4)))
    assert shards
    assert not any(shard.dirty for shard in shards)


# Days that end


def test_a_fold_completes_the_days_that_ended_a_quarter_of_an_hour_ago(memory: MemoryStore) -> None:
    new_tenant(memory)
    memory.record("acme", [llm_call("e1", ts=NOON - DAY)], ONE_SHARD, NOON)
    for now, complete_until in (
        (NOON, start_of(TODAY)),
        (start_of(TODAY) + DAY + 14 * MINUTE, start_of(TODAY)),
        (start_of(TODAY) + DAY + 15 * MINUTE, start_of(TODAY) + DAY),
    ):
        fold(memory, now)
        assert stored_tenant(memory).counters.complete_until == complete_until


def test_a_fold_of_one_day_folds_the_others_that_have_ended_before_it_calls_them_complete(
    memory: MemoryStore,
) -> None:
    tenant = new_tenant(memory)
    events = [llm_call(f"e{age}", ts=NOON - age * DAY) for age in (0, 1, 5)]
    memory.record("acme", events, ONE_SHARD, NOON)
    TenantFolder(memory).fold("acme", {TODAY: 1}, NOON)
    assert memory.dirty_counters("acme") == []
    assert current(memory, tenant, NOON).totals == times(3)


def test_a_complete_day_of_an_idle_tenant_needs_no_counters_any_more(memory: MemoryStore) -> None:
    new_tenant(memory)
    memory.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    fold(memory)
    fold(memory, NOON + 25 * DAY)
    assert stored_tenant(memory).counters.complete_until == start_of(TODAY) + 25 * DAY


def test_a_clock_that_is_ahead_at_midnight_loses_nothing(memory: MemoryStore) -> None:
    tenant, midnight = new_tenant(memory), start_of(TODAY) + DAY
    ahead = midnight + timedelta(seconds=1)
    events = [llm_call("ahead", ts=ahead), llm_call("behind", ts=midnight - timedelta(seconds=1))]
    memory.record("acme", events[:1], ONE_SHARD, ahead)
    fold(memory, ahead)
    memory.record("acme", events[1:], stored_tenant(memory).counters, midnight - timedelta(seconds=1))
    for now in (midnight, midnight + 20 * MINUTE):
        assert current(memory, tenant, now) == plain_sums(events, calendar_month(now))
        fold(memory, now)
    assert current(memory, tenant, midnight + 20 * MINUTE) == plain_sums(events, calendar_month(midnight))


def test_a_late_event_of_five_weeks_ago_reaches_its_month(memory: MemoryStore) -> None:
    now = datetime(2027, 3, 7, 1, tzinfo=UTC)
    tenant = new_tenant(memory)
    events = [llm_call(f"e{age}", ts=now - age * DAY, run_id="r1") for age in (0, 20)]
    memory.record("acme", events, ONE_SHARD, now)
    fold(memory, now)
    late = llm_call("late", ts=now - 35 * DAY, run_id="r1")
    memory.record("acme", [late], stored_tenant(memory).counters, now)
    assert [each.ref.day for each in memory.due_counters(now)] == [late.ts.date()]
    fold(memory, now)
    for start in (datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC), now):
        period = calendar_month(start)
        assert within(memory, tenant, period, now) == plain_sums([*events, late], period)


# A month that is lost


@pytest.mark.parametrize("is_recorded_after", [False, True])
def test_a_month_that_is_lost_is_built_again_from_its_days(
    memory: MemoryStore, is_recorded_after: bool
) -> None:
    new_tenant(memory)
    events = [llm_call(f"e{age}", ts=NOON - age * DAY, run_id=f"r{age}") for age in range(40)]
    memory.record("acme", events[:35], ONE_SHARD, NOON)
    fold(memory)
    tenant = stored_tenant(memory)
    memory._usage["acme"].months.clear()  # no port deletes a month
    if is_recorded_after:
        events.append(llm_call("after", run_id="after"))
        memory.record("acme", events[-1:], ONE_SHARD, NOON)
    known = events[:35] + events[40:]
    for now in (NOON, NOON + MINUTE):
        assert current(memory, tenant, now) == plain_sums(known, calendar_month(now))
        fold(memory, now)
    if is_recorded_after:
        assert folded(memory, tenant, NOON) == plain_sums(known, calendar_month(NOON))


class _BrokenFor(PassingOn):
    """A store that holds something of one tenant that it cannot read."""

    def __init__(self, target: MemoryStore, tenant_id: str) -> None:
        super().__init__(target)
        self._tenant_id = tenant_id

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if name == "read" and args[0] == self._tenant_id:
            raise ValueError("this document cannot be read")
        return method(*args, **named)


class _AlwaysStale(PassingOn):
    """A store in which somebody else is always faster."""

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if name == "save_day":
            raise StaleRollup
        return method(*args, **named)
