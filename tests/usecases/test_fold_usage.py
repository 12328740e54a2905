"""What one fold does: which days and periods it sets, what it leaves alone, and how much it costs."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.counters import Cell, Series
from shared.domain.errors import Unavailable
from shared.domain.periods import Period, period_at
from shared.domain.rollups import start_of
from shared.ports import Snapshot, StaleRollup, UsageStore
from shared.usecases.fold_usage import fold_tenant, fold_tenants
from tests.sample_events import CALL, NOON, TODAY, llm_call, times
from tests.usecases.cut_off import CutOff, PassingOn, counted, cut
from tests.usecases.ledger import folded_sums, new_tenant, tick

NOVEMBER = period_at(None, NOON)
YESTERDAY = TODAY - timedelta(days=1)
SERIES = Series("openai", "gpt-4.1-mini")


def read(store: UsageStore, *days: date, period: Period = NOVEMBER) -> Snapshot:
    return store.read("acme", periods=[period], days=days or [TODAY])


def test_a_tick_sets_the_day_and_its_period_and_leaves_nothing_dirty(memory: MemoryStore) -> None:
    new_tenant(memory)
    memory.record("acme", [llm_call("e1"), llm_call("e2")], 1, NOON)
    tick(memory, NOON)
    found = read(memory)
    assert found.days[TODAY].cells == {Cell(12, SERIES): times(2)}
    assert (found.periods[NOVEMBER].days, found.periods[NOVEMBER].series) == (
        {TODAY: times(2)},
        {SERIES: times(2)},
    )
    assert (found.days[TODAY].folded_at, found.periods[NOVEMBER].folded_at) == (NOON, NOON)
    assert memory.dirty_shards("acme") == []


def test_a_tick_without_new_usage_writes_nothing(memory: MemoryStore) -> None:
    new_tenant(memory)
    memory.record("acme", [llm_call("e1")], 1, NOON)
    tick(memory, NOON)
    before = read(memory)
    tick(memory, NOON + timedelta(minutes=1))
    assert read(memory) == before


@pytest.mark.parametrize("calls_before_the_crash", range(10))
def test_a_fold_that_crashed_anywhere_and_runs_again_changes_no_amount(
    memory: MemoryStore, calls_before_the_crash: int
) -> None:
    new_tenant(memory)
    memory.record("acme", [llm_call("e1"), llm_call("e2", ts=NOON - timedelta(days=1))], 1, NOON)
    for took_effect in (False, True):
        with suppress(Unavailable):
            fold_tenant(cut(memory, CutOff(calls_before_the_crash, took_effect)), "acme", NOON)
    fold_tenant(memory, "acme", NOON)
    found = read(memory, YESTERDAY, TODAY)
    assert [found.days[day].cells for day in (YESTERDAY, TODAY)] == [{Cell(12, SERIES): CALL}] * 2
    assert found.periods[NOVEMBER].days == {YESTERDAY: CALL, TODAY: CALL}
    assert found.periods[NOVEMBER].totals == times(2) == found.periods[NOVEMBER].series[SERIES]


@pytest.mark.parametrize("history_days", [1, 30])
def test_a_fold_costs_the_same_calls_however_long_the_history_is(
    memory: MemoryStore, history_days: int
) -> None:
    tenant = new_tenant(memory)
    history = [llm_call(f"h{age}", ts=NOON - timedelta(days=age)) for age in range(history_days)]
    memory.record("acme", history, 1, NOON)
    tick(memory, NOON)
    memory.record("acme", [llm_call("new")], 1, NOON)
    store, calls = counted(memory)
    fold_tenant(store, "acme", NOON + timedelta(minutes=1))
    assert calls == {"dirty_shards": 1, "read": 2, "count_runs": 1, "save_rollups": 1, "clear_dirty": 1}
    assert folded_sums(memory, tenant, NOON).totals["calls"] == min(history_days, NOON.day) + 1


def test_usage_of_nobody_is_left_alone(memory: MemoryStore) -> None:
    memory.record("ghost", [llm_call("e1")], 1, NOON)
    tick(memory, NOON)
    assert memory.read("ghost", days=[TODAY]).days == {}


def test_a_tenant_whose_fold_fails_does_not_keep_the_others_from_theirs(memory: MemoryStore) -> None:
    for tenant_id in ("acme", "broken", "core"):
        new_tenant(memory, tenant_id)
        memory.record(tenant_id, [llm_call("e1")], 1, NOON)
    with pytest.raises(ExceptionGroup) as failure:
        fold_tenants(_BrokenFor(memory, "broken"), ["acme", "broken", "core"], NOON)
    assert [str(error) for error in failure.value.exceptions] == ["this document cannot be read"]
    assert [memory.dirty_shards(tenant_id) != [] for tenant_id in ("acme", "broken", "core")] == [
        False,
        True,
        False,
    ]


def test_a_rollup_that_keeps_changing_is_given_up_as_unavailable(memory: MemoryStore) -> None:
    new_tenant(memory)
    memory.record("acme", [llm_call("e1")], 1, NOON)
    with pytest.raises(Unavailable, match="2026-11-20 keeps changing under the fold"):
        fold_tenant(_AlwaysStale(memory), "acme", NOON)
    assert memory.dirty_shards("acme") != []


def test_the_rollup_says_it_is_complete_only_up_to_the_next_day_that_is_still_to_fold(
    memory: MemoryStore,
) -> None:
    new_tenant(memory)
    ages = (9, 4, 0)
    memory.record("acme", [llm_call(f"e{age}", ts=NOON - timedelta(days=age)) for age in ages], 1, NOON)
    seen: list[datetime] = []
    fold_tenant(_Watched(memory, seen), "acme", NOON)
    assert seen == [start_of(TODAY - timedelta(days=4)), start_of(TODAY), NOON]


def test_a_fold_whose_clock_is_behind_does_not_put_back_until_when_a_rollup_is_complete(
    memory: MemoryStore,
) -> None:
    new_tenant(memory)
    for event_id, now in (("e1", NOON), ("e2", NOON - timedelta(seconds=9))):
        memory.record("acme", [llm_call(event_id)], 1, now)
        tick(memory, now)
    assert read(memory).periods[NOVEMBER].folded_at == NOON
    assert read(memory).periods[NOVEMBER].totals == times(2)


def test_counters_beyond_the_tenants_number_are_folded_too(memory: MemoryStore) -> None:
    tenant = new_tenant(memory)
    memory.record("acme", [llm_call("e1")], 1, NOON)
    for number in range(20):
        memory.record("acme", [llm_call(f"f{number}")], 64, NOON)
    tick(memory, NOON)
    assert folded_sums(memory, tenant, NOON).totals == times(1 + 20)
    assert memory.dirty_shards("acme") == []


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
        if name == "save_rollups":
            raise StaleRollup
        return method(*args, **named)


class _Watched(PassingOn):
    """A store that notes until when each saved period says to be complete."""

    def __init__(self, target: MemoryStore, seen: list[datetime]) -> None:
        super().__init__(target)
        self._seen = seen

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if name == "save_rollups":
            self._seen += [rollup.folded_at for rollup in args[2]]
        return method(*args, **named)
