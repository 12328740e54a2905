"""UsageStore: what is dirty, since when, and rollups that are set only as they were read."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from shared.domain.counters import OTHER, Cell, Series
from shared.domain.periods import Period
from shared.domain.rollups import CounterShard, DayRollup, PeriodRollup, empty_rollup
from shared.ports import Directory, ShardRef, Snapshot, StaleRollup, UsageStore
from tests.contracts.test_counting import ODD_NAMES
from tests.contracts.test_reading import NOVEMBER, REF, create_tenant
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, counted, llm_call, times

YESTERDAY = TODAY - timedelta(days=1)
SERIES = Series("openai", "gpt-4.1-mini")
DAY = DayRollup(TODAY, {Cell(12, SERIES): CALL}, 1, NOON)
PERIOD = PeriodRollup(NOVEMBER, {TODAY: CALL}, {SERIES: CALL}, 3, NOON, runs_before=2)


def _read(store: UsageStore) -> Snapshot:
    return store.read("acme", periods=[NOVEMBER], days=[TODAY])


def _shards(store: UsageStore, *refs: ShardRef) -> list[CounterShard]:
    return list(store.read("acme", shards=refs or [REF]).shards.values())


# What is dirty


def test_nothing_is_dirty_at_first(store: UsageStore) -> None:
    assert store.dirty_counters("acme") == []
    assert list(store.dirty_tenants()) == []
    assert store.most_overdue() is None


def test_recording_makes_its_counters_dirty_oldest_day_first(store: UsageStore) -> None:
    ages = [0, 20, 3]
    store.record("acme", [llm_call(str(age), ts=NOON - timedelta(days=age)) for age in ages], ONE_SHARD, NOON)
    assert store.dirty_counters("acme") == [ShardRef(TODAY - timedelta(days=age), 0) for age in (20, 3, 0)]


def test_a_known_event_makes_nothing_dirty(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    store.clear_dirty("acme", _shards(store))
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    assert store.dirty_counters("acme") == []


def test_a_cleared_counter_is_clean_and_keeps_its_counts(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    store.clear_dirty("acme", _shards(store))
    assert store.dirty_counters("acme") == []
    assert list(store.dirty_tenants()) == []
    assert store.most_overdue() is None
    assert counted(store, "acme") == CALL
    assert [shard.dirty for shard in _shards(store)] == [False]


def test_a_counter_that_moved_since_it_was_read_stays_dirty(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    read_before = _shards(store)
    store.record("acme", [llm_call("e2")], ONE_SHARD, NOON)
    store.clear_dirty("acme", read_before)
    assert store.dirty_counters("acme") == [REF]


def test_a_moved_counter_does_not_keep_the_others_dirty(store: UsageStore) -> None:
    other = ShardRef(YESTERDAY, 0)
    store.record("acme", [llm_call("e1"), llm_call("e2", ts=NOON - timedelta(days=1))], ONE_SHARD, NOON)
    read_before = _shards(store, other, REF)
    store.record("acme", [llm_call("e3")], ONE_SHARD, NOON)
    store.clear_dirty("acme", read_before)
    assert store.dirty_counters("acme") == [REF]


def test_clearing_twice_or_nothing_changes_nothing(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    shards = _shards(store)
    for cleared in (shards, shards, []):
        store.clear_dirty("acme", cleared)
    assert store.dirty_counters("acme") == []


def test_a_cleared_counter_becomes_dirty_again(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    store.clear_dirty("acme", _shards(store))
    store.record("acme", [llm_call("e2")], ONE_SHARD, NOON + timedelta(minutes=5))
    assert store.dirty_counters("acme") == [REF]
    assert store.most_overdue() == NOON + timedelta(minutes=5)


def test_each_dirty_tenant_is_named_once(store: UsageStore) -> None:
    for tenant_id in ("bolt", "acme", "acme-2"):
        events = [llm_call(str(age), ts=NOON - timedelta(days=age)) for age in range(5)]
        store.record(tenant_id, events, ONE_SHARD, NOON)
    assert sorted(store.dirty_tenants()) == ["acme", "acme-2", "bolt"]


def test_dirty_tenants_are_found_however_many_counters_are_dirty(store: UsageStore) -> None:
    # More than one page of the query, with a tenant on both sides of the seam.
    for tenant_id in ("acme", "bolt", "core"):
        events = [llm_call(str(age), ts=NOON - timedelta(days=age)) for age in range(200)]
        store.record(tenant_id, events, ONE_SHARD, NOON)
    assert sorted(store.dirty_tenants()) == ["acme", "bolt", "core"]


def test_the_oldest_dirty_counter_waits_since_its_first_change(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON + timedelta(seconds=1))
    store.record("acme", [llm_call("e2")], ONE_SHARD, NOON + timedelta(seconds=9))
    store.record("bolt", [llm_call("e1")], ONE_SHARD, NOON + timedelta(seconds=5))
    assert store.most_overdue() == NOON + timedelta(seconds=1)
    store.clear_dirty("acme", _shards(store))
    assert store.most_overdue() == NOON + timedelta(seconds=5)


def test_an_instance_whose_clock_is_behind_makes_a_counter_wait_longer(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    store.record("acme", [llm_call("e2")], ONE_SHARD, NOON - timedelta(seconds=2))
    assert store.most_overdue() == NOON - timedelta(seconds=2)


# Rollups


def test_rollups_are_read_back_as_they_were_saved(store: UsageStore) -> None:
    store.save_rollups("acme", DAY, [PERIOD])
    found = _read(store)
    assert replace(found.days[TODAY], version=None) == DAY
    assert replace(found.periods[NOVEMBER], version=None) == PERIOD


def test_a_rollup_that_does_not_say_how_many_runs_began_before_is_read_back_as_that(
    store: UsageStore,
) -> None:
    store.save_rollups("acme", DAY, [replace(PERIOD, runs_before=None)])
    assert replace(_read(store).periods[NOVEMBER], version=None) == replace(PERIOD, runs_before=None)


def test_rollups_with_odd_names_and_squeezed_series_are_read_back(store: UsageStore) -> None:
    series = [OTHER, *(Series(odd, "m") for odd in ODD_NAMES), *(Series("p", odd) for odd in ODD_NAMES)]
    cells = {Cell(number % 24, each): CALL for number, each in enumerate(series)}
    day = DayRollup(TODAY, cells, 1, NOON)
    count = len(series)
    period = PeriodRollup(NOVEMBER, {TODAY: times(count)}, dict.fromkeys(series, CALL), 0, NOON)
    store.save_rollups("acme", day, [period])
    assert _read(store).days[TODAY].cells == cells
    assert _read(store).periods[NOVEMBER].series == dict.fromkeys(series, CALL)


def test_empty_rollups_are_read_back(store: UsageStore) -> None:
    store.save_rollups("acme", DayRollup(TODAY, {}, 0, NOON), [empty_rollup(NOVEMBER, NOON)])
    found = _read(store)
    assert (found.days[TODAY].cells, found.periods[NOVEMBER].days, found.periods[NOVEMBER].series) == (
        {},
        {},
        {},
    )


def test_a_day_is_saved_with_all_the_periods_it_lies_in(store: UsageStore) -> None:
    cut = datetime(2026, 11, 20, 13, tzinfo=UTC)
    former, latter = Period(NOVEMBER.start, cut), Period(cut, datetime(2026, 12, 20, 13, tzinfo=UTC))
    store.save_rollups("acme", DAY, [replace(PERIOD, period=former), empty_rollup(latter, NOON)])
    found = store.read("acme", periods=[former, latter]).periods
    assert (found[former].totals, found[latter].totals) == (CALL, {})


def test_a_period_of_another_end_counts_nothing_yet_but_can_be_saved(store: UsageStore) -> None:
    shorter = Period(NOVEMBER.start, datetime(2026, 11, 25, tzinfo=UTC))
    store.save_rollups("acme", DAY, [PERIOD])
    found = store.read("acme", days=[TODAY], periods=[shorter])
    rollup = found.periods.get(shorter, empty_rollup(shorter, NOON))
    assert rollup.totals == {}
    store.save_rollups(
        "acme", found.days[TODAY], [replace(rollup, days={TODAY: CALL}, series={SERIES: CALL})]
    )
    assert store.read("acme", periods=[shorter]).periods[shorter].totals == CALL


def test_rollups_are_replaced_by_who_read_them_last(store: UsageStore) -> None:
    store.save_rollups("acme", DAY, [PERIOD])
    read = _read(store)
    later = NOON + timedelta(hours=1)
    day = replace(read.days[TODAY], cells={Cell(12, SERIES): times(2)}, folded_at=later)
    store.save_rollups(
        "acme", day, [replace(read.periods[NOVEMBER], days={TODAY: times(2)}, folded_at=later)]
    )
    assert _read(store).days[TODAY].cells == {Cell(12, SERIES): times(2)}
    assert _read(store).periods[NOVEMBER].folded_at == later


def test_a_day_that_has_appeared_since_is_stale(store: UsageStore) -> None:
    store.save_rollups("acme", DAY, [])
    with pytest.raises(StaleRollup):
        store.save_rollups("acme", DAY, [PERIOD])
    assert _read(store).periods == {}


def test_a_period_that_has_changed_since_is_stale_and_its_day_is_not_written(store: UsageStore) -> None:
    store.save_rollups("acme", DAY, [PERIOD])
    read = _read(store)
    moved = replace(read.periods[NOVEMBER], folded_at=NOON + timedelta(minutes=1))
    store.save_rollups("acme", DayRollup(YESTERDAY, {}, 0, NOON), [moved])
    changed = replace(read.days[TODAY], cells={})
    with pytest.raises(StaleRollup):
        store.save_rollups("acme", changed, [read.periods[NOVEMBER]])
    assert _read(store).days[TODAY].cells == DAY.cells


def test_a_held_day_keeps_its_usage_and_is_stale_for_whoever_read_it_before(store: UsageStore) -> None:
    store.save_rollups("acme", DAY, [PERIOD])
    read = _read(store)
    held = replace(read.days[TODAY], held_at=NOON + timedelta(minutes=1))
    store.save_rollups("acme", DayRollup(YESTERDAY, {}, 0, NOON), [], [held])
    assert replace(_read(store).days[TODAY], version=None) == replace(held, version=None)
    with pytest.raises(StaleRollup):
        store.save_rollups("acme", read.days[TODAY], [read.periods[NOVEMBER]])
    store.save_rollups("acme", _read(store).days[TODAY], [read.periods[NOVEMBER]])
    assert _read(store).days[TODAY].held_at == held.held_at


def test_a_held_day_that_does_not_exist_is_made_and_stale_for_whoever_did_not_find_it(
    store: UsageStore,
) -> None:
    held = DayRollup(TODAY, {}, 0, NOON, held_at=NOON)
    store.save_rollups("acme", DayRollup(YESTERDAY, {}, 0, NOON), [], [held])
    assert replace(_read(store).days[TODAY], version=None) == held
    with pytest.raises(StaleRollup):
        store.save_rollups("acme", DAY, [PERIOD])


@pytest.mark.parametrize("was_there", [True, False])
def test_nothing_is_saved_if_a_held_day_has_changed_since(store: UsageStore, was_there: bool) -> None:
    if was_there:
        store.save_rollups("acme", DAY, [])
    read = _read(store).days.get(TODAY, DayRollup(TODAY, {}, 0, NOON))
    store.save_rollups("acme", replace(DAY, commits=2, version=read.version), [])
    with pytest.raises(StaleRollup):
        store.save_rollups("acme", DayRollup(YESTERDAY, {}, 0, NOON), [PERIOD], [replace(read, held_at=NOON)])
    found = store.read("acme", days=[TODAY, YESTERDAY], periods=[NOVEMBER])
    assert (set(found.days), found.days[TODAY].commits, found.periods) == ({TODAY}, 2, {})


def test_of_two_folds_of_the_same_rollups_the_slower_is_stale(
    store: UsageStore, other_store: UsageStore
) -> None:
    store.save_rollups("acme", DAY, [PERIOD])
    read, barrier = _read(store), Barrier(2)

    def save(at: UsageStore, minutes: int) -> bool:
        folded_at = NOON + timedelta(minutes=minutes)
        barrier.wait()
        try:
            at.save_rollups("acme", replace(read.days[TODAY], folded_at=folded_at), [])
        except StaleRollup:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, (store, other_store), (1, 2))) == [False, True]


# Counter shards


def test_counter_shards_are_raised_and_never_lowered(store: UsageStore, directory: Directory) -> None:
    tenant = create_tenant(directory, "acme")
    for asked in (4, 2, 1):
        store.raise_counter_shards("acme", asked)
        assert store.read("acme").tenant == replace(tenant, counter_shards=4)
