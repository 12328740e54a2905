"""UsageStore: what is due, what is dirty, and days and months that are set only as they were read."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest

from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.counters import (
    OTHER,
    Cell,
    Cells,
    CounterShard,
    Series,
    ShardRef,
    sum_by_series,
    sum_totals,
)
from shared.domain.ledger.documents import Documents, Wanted
from shared.domain.ledger.periods import month_of, start_of
from shared.domain.ledger.rollups import DayEntry, DayRollup, MonthRollup
from shared.ports import Directory, DueCounter, StaleRollup, UsageStore
from tests.contracts.test_counting import ODD_NAMES
from tests.contracts.test_reading import REF, create_tenant
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, counted, llm_call, read_shards, times, writing

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
YESTERDAY = TODAY - DAY
MONTH = month_of(TODAY)
SERIES = Series("openai", "gpt-4.1-mini")
LATER = NOON + 15 * MINUTE


def day_of(cells: Cells, *, day: date = TODAY, version: object = None) -> DayRollup:
    """A day's rollup with all that is set of it."""
    return DayRollup(
        day=day,
        cells=cells,
        series=sum_by_series(cells),
        hour_totals={
            hour: sum_totals(totals for cell, totals in cells.items() if cell.hour == hour)
            for hour in sorted({cell.hour for cell in cells})
        },
        runs={7: 2, 12: 1},
        shards=3,
        commits=9,
        folded_at=NOON,
        version=version,
    )


ROLLUP = day_of({Cell(12, SERIES): CALL, Cell(3, SERIES): times(2)})


def read(
    store: UsageStore, *days: date, fields: tuple[str, ...] = ("hours", "series", "hour_totals")
) -> Documents:
    days = days or (TODAY,)
    months = tuple(sorted({month_of(day) for day in days}))
    return store.read("acme", Wanted(months=months, days=days, fields=frozenset(fields))).documents  # type: ignore[arg-type]  # names of fields


def shards_of(store: UsageStore, *refs: ShardRef) -> list[CounterShard]:
    return read_shards(store, "acme", *(refs or (REF,)))


def with_month(store: UsageStore, *months: date) -> UsageStore:
    for month in months or (MONTH,):
        store.create_month("acme", MonthRollup(month=month, days={}))
    return store


# What is due, and what is dirty


def test_nothing_is_dirty_at_first(store: UsageStore) -> None:
    assert store.dirty_counters("acme") == []
    assert list(store.due_counters(NOON)) == []
    assert store.most_overdue() is None


def test_recording_makes_its_counters_dirty_oldest_day_first(store: UsageStore) -> None:
    ages = [0, 20, 3]
    store.record("acme", [llm_call(str(age), ts=NOON - timedelta(days=age)) for age in ages], ONE_SHARD, NOON)
    assert store.dirty_counters("acme") == [ShardRef(TODAY - timedelta(days=age), 0) for age in (20, 3, 0)]


def test_a_known_event_makes_nothing_dirty(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    store.clear_counters("acme", shards_of(store), LATER)
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    assert store.dirty_counters("acme") == []


def test_a_counter_is_due_as_its_settings_say(store: UsageStore) -> None:
    settings = CounterSettings(complete_until=start_of(TODAY), fold_minutes=4)
    store.record("acme", [llm_call("e1")], settings, NOON)
    store.record("acme", [llm_call("e2", ts=NOON - DAY)], settings, NOON)
    for now, due in ((NOON - MINUTE, []), (NOON, [YESTERDAY]), (NOON + 4 * MINUTE, [YESTERDAY, TODAY])):
        assert [each.ref.day for each in store.due_counters(now)] == due


def test_the_first_change_decides_when_a_counter_is_due_whatever_the_clocks_say(store: UsageStore) -> None:
    for event_id, now in (("e1", NOON + MINUTE), ("e2", NOON), ("e3", NOON + 9 * MINUTE)):
        store.record("acme", [llm_call(event_id)], ONE_SHARD, now)
    assert store.most_overdue() == NOON
    store.record("bolt", [llm_call("e1")], ONE_SHARD, NOON + 5 * MINUTE)
    store.clear_counters("acme", shards_of(store), LATER)
    assert store.most_overdue() == NOON + 5 * MINUTE


def test_a_cleared_counter_is_clean_and_keeps_its_counts(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1", run_id="r1")], ONE_SHARD, NOON)
    (shard,) = shards_of(store)
    assert (shard.dirty, shard.run_hours) == (True, frozenset({12}))
    store.clear_counters("acme", [shard], LATER)
    assert store.dirty_counters("acme") == []
    assert list(store.due_counters(LATER)) == []
    assert store.most_overdue() is None
    assert counted(store, "acme") == CALL
    assert [(each.dirty, each.run_hours) for each in shards_of(store)] == [(False, frozenset())]


def test_a_counter_that_moved_since_it_was_read_stays_dirty_and_is_due_later(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1", run_id="r1")], ONE_SHARD, NOON)
    read_before = shards_of(store)
    store.record("acme", [llm_call("e2", run_id="r2", ts=NOON + timedelta(hours=1))], ONE_SHARD, NOON)
    store.clear_counters("acme", read_before, LATER)
    assert store.dirty_counters("acme") == [REF]
    assert store.most_overdue() == LATER
    assert [each.run_hours for each in shards_of(store)] == [frozenset({12, 13})]


def test_a_moved_counter_does_not_keep_the_others_dirty(store: UsageStore) -> None:
    other = ShardRef(YESTERDAY, 0)
    store.record("acme", [llm_call("e1"), llm_call("e2", ts=NOON - DAY)], ONE_SHARD, NOON)
    read_before = shards_of(store, other, REF)
    store.record("acme", [llm_call("e3")], ONE_SHARD, NOON)
    store.clear_counters("acme", read_before, LATER)
    assert store.dirty_counters("acme") == [REF]


def test_a_counter_that_two_folds_clear_is_clean_after_the_next_fold(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    read_by_both = shards_of(store)
    store.clear_counters("acme", read_by_both, NOON)
    store.clear_counters("acme", read_by_both, NOON)
    # The second fold cannot know that the first one counted the same. A due counter is a dirty one.
    due = [each.ref for each in store.due_counters(NOON)]
    assert due == store.dirty_counters("acme") == [each.ref for each in shards_of(store) if each.dirty]
    store.clear_counters("acme", shards_of(store), LATER)
    assert (store.most_overdue(), store.dirty_counters("acme")) == (None, [])


def test_clearing_nothing_changes_nothing(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    store.clear_counters("acme", [], LATER)
    assert store.dirty_counters("acme") == [REF]


def test_a_cleared_counter_becomes_dirty_again(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    store.clear_counters("acme", shards_of(store), LATER)
    store.record("acme", [llm_call("e2")], ONE_SHARD, NOON + 5 * MINUTE)
    assert store.dirty_counters("acme") == [REF]
    assert store.most_overdue() == NOON + 5 * MINUTE


def test_due_counters_of_every_tenant_are_found_however_many_there_are(store: UsageStore) -> None:
    # More than one page of the query, with equal instants on both sides of the seam.
    expected = []
    for tenant_id in ("acme", "bolt", "core"):
        days = [NOON - timedelta(days=age) for age in range(200)]
        store.record(tenant_id, [llm_call(str(ts), ts=ts) for ts in days], ONE_SHARD, NOON)
        expected += [DueCounter(tenant_id, ShardRef(ts.date(), 0)) for ts in days]
    assert sorted(store.due_counters(NOON)) == sorted(expected)


def test_who_has_been_due_longest_comes_first(store: UsageStore) -> None:
    for number, tenant_id in enumerate(("bolt", "acme", "core")):
        store.record(tenant_id, [llm_call("e1")], ONE_SHARD, NOON + number * MINUTE)
    assert [each.tenant_id for each in store.due_counters(LATER)] == ["bolt", "acme", "core"]


# Days and months


def test_a_day_is_read_back_as_it_was_saved_with_its_entry_in_its_month(store: UsageStore) -> None:
    with_month(store).save_day("acme", ROLLUP)
    found = read(store)
    assert replace(found.days[TODAY], version=None) == ROLLUP
    assert found.months[MONTH].days == {TODAY: DayEntry(times(3), 3)}


@pytest.mark.parametrize("field", ["hours", "series", "hour_totals"])
def test_of_a_day_only_the_fields_that_are_wanted_are_read(store: UsageStore, field: str) -> None:
    with_month(store).save_day("acme", ROLLUP)
    found = read(store, fields=(field,)).days[TODAY]
    assert (found.cells != {}, found.series != {}, found.hour_totals != {}) == (
        field == "hours",
        field == "series",
        field == "hour_totals",
    )
    assert (found.runs, found.shards, found.commits, found.folded_at) == ({7: 2, 12: 1}, 3, 9, NOON)
    assert found.entry == DayEntry(times(3), 3)


def test_a_day_with_odd_names_and_merged_series_is_read_back(store: UsageStore) -> None:
    series = [OTHER, *(Series(odd, "m") for odd in ODD_NAMES), *(Series("p", odd) for odd in ODD_NAMES)]
    rollup = day_of({Cell(number % 24, each): CALL for number, each in enumerate(series)})
    with_month(store).save_day("acme", rollup)
    assert replace(read(store).days[TODAY], version=None) == rollup


def test_an_empty_day_is_read_back(store: UsageStore) -> None:
    with_month(store).save_day("acme", DayRollup(day=TODAY, folded_at=NOON))
    found = read(store)
    assert replace(found.days[TODAY], version=None) == DayRollup(day=TODAY, folded_at=NOON)
    assert found.months[MONTH].days == {TODAY: DayEntry({}, 0)}


def test_each_day_has_its_own_entry_in_its_own_month(store: UsageStore) -> None:
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 20)]
    with_month(store, date(2026, 10, 1), date(2026, 11, 1))
    for number, day in enumerate(days, 1):
        store.save_day("acme", day_of({Cell(5, SERIES): times(number)}, day=day))
    found = read(store, *days)
    assert found.months[date(2026, 10, 1)].days == {days[0]: DayEntry(times(1), 3)}
    assert found.months[date(2026, 11, 1)].days == {
        days[1]: DayEntry(times(2), 3),
        days[2]: DayEntry(times(3), 3),
    }


def test_an_entry_is_replaced_whole(store: UsageStore) -> None:
    with_month(store).save_day("acme", ROLLUP)
    smaller = DayRollup(day=TODAY, folded_at=NOON, version=read(store).days[TODAY].version)
    store.save_day("acme", smaller)
    assert read(store).months[MONTH].days == {TODAY: DayEntry({}, 0)}


def test_a_day_that_has_appeared_since_is_stale(store: UsageStore) -> None:
    with_month(store).save_day("acme", ROLLUP)
    with pytest.raises(StaleRollup):
        store.save_day("acme", replace(ROLLUP, cells={}, series={}, hour_totals={}))
    assert read(store).months[MONTH].days[TODAY].totals == times(3)


def test_a_day_that_has_changed_since_is_stale(store: UsageStore) -> None:
    with_month(store).save_day("acme", ROLLUP)
    version = read(store).days[TODAY].version
    store.save_day("acme", replace(ROLLUP, commits=10, version=version))
    with pytest.raises(StaleRollup):
        store.save_day("acme", replace(ROLLUP, commits=11, version=version))
    assert read(store).days[TODAY].commits == 10


def test_a_day_without_its_month_is_not_saved(store: UsageStore) -> None:
    with pytest.raises(StaleRollup):
        store.save_day("acme", ROLLUP)
    assert read(store) == Documents()


def test_a_month_is_created_once_and_read_back(store: UsageStore) -> None:
    entries = {TODAY: DayEntry(CALL, 2), date(2026, 11, 1): DayEntry({}, 1)}
    store.create_month("acme", MonthRollup(month=MONTH, days=entries))
    store.create_month("acme", MonthRollup(month=MONTH, days={}))
    assert read(store).months[MONTH] == MonthRollup(month=MONTH, days=entries)


def test_of_two_folds_of_the_same_day_the_slower_is_stale(store: UsageStore, other_store: UsageStore) -> None:
    with_month(store).save_day("acme", ROLLUP)
    version, barrier = read(store).days[TODAY].version, Barrier(2)

    def save(at: UsageStore, commits: int) -> bool:
        barrier.wait()
        try:
            at.save_day("acme", replace(ROLLUP, commits=commits, version=version))
        except StaleRollup:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, (store, other_store), (1, 2))) == [False, True]


# Counter settings


SETTINGS = CounterSettings(
    shards=4, most_shards=9, lowered_at=NOON, complete_until=start_of(TODAY), fold_minutes=2
)


def test_counter_settings_are_read_back_as_they_were_saved(store: UsageStore, directory: Directory) -> None:
    tenant = create_tenant(directory, "acme")
    store.save_counter_settings("acme", SETTINGS, store.read("acme").version)
    assert store.read("acme").tenant == replace(tenant, counters=SETTINGS)


def test_counter_settings_of_a_tenant_that_has_changed_since_are_left_alone(
    store: UsageStore, directory: Directory
) -> None:
    create_tenant(directory, "acme")
    version = store.read("acme").version
    for settings in (SETTINGS, writing(64)):
        store.save_counter_settings("acme", settings, version)
    tenant = store.read("acme").tenant
    assert tenant is not None
    assert tenant.counters == SETTINGS
