"""Folding a day: its rollup is the plain sum of its counters, whatever was folded before."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.ledger.counters import (
    OTHER,
    Cell,
    Cells,
    CounterShard,
    Metric,
    Series,
    ShardRef,
    Totals,
    merge_cells,
    sum_by_series,
    sum_totals,
)
from shared.domain.ledger.periods import Period, start_of
from shared.domain.ledger.rollups import (
    DayEntry,
    bounded_series,
    cells_within,
    fold_day,
    hours_within,
    runs_within,
)

DAY = date(2026, 11, 19)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)
SERIES = [Series("openai", "m"), Series("azure", "m"), Series("a.b", "c|d")]
# 100 + 250 characters of four bytes: about 100 of one hour each fill a day's document.
WIDE = [Series("\U0001f600" * 100, "\U0001f601" * 246 + f"{number:04}") for number in range(450)]
ONE: Totals = {"calls": 1, "cost_nanousd": 7}

hours = st.integers(0, 23)
metrics: st.SearchStrategy[Metric] = st.sampled_from(["calls", "total_tokens", "cost_nanousd"])
amounts = st.dictionaries(metrics, st.integers(1, 2**53), min_size=1)
small_cells = st.dictionaries(st.builds(Cell, hours, st.sampled_from(SERIES)), amounts, max_size=4)


def shard(cells: Cells, number: int = 0, commits: int = 1) -> CounterShard:
    return CounterShard(
        ref=ShardRef(DAY, number),
        totals=sum_totals(cells.values()),
        cells=cells,
        commits=commits,
        events=1,
        run_hours=frozenset(),
        dirty=True,
    )


def shards_of(parts: Iterable[Cells]) -> list[CounterShard]:
    return [shard(cells, number) for number, cells in enumerate(parts)]


@st.composite
def wide_cells(draw: st.DrawFn) -> Cells:
    """A stretch of the wide series: a few of these outgrow a rollup's document."""
    first, count, hour = draw(st.integers(0, 300)), draw(st.integers(1, 150)), draw(hours)
    return {Cell(hour, series): dict(ONE) for series in WIDE[first : first + count]}


@given(st.lists(small_cells, max_size=5))
def test_a_day_is_the_plain_sum_of_its_counters_by_hour_and_by_series(parts: list[Cells]) -> None:
    cells = merge_cells(parts)
    rollup = fold_day(DAY, shards_of(parts), None, NOW)
    assert rollup.cells == cells
    assert rollup.series == sum_by_series(cells)
    assert rollup.entry == DayEntry(sum_totals(cells.values()), 0)
    for hour in range(24):
        expected = sum_totals(totals for cell, totals in cells.items() if cell.hour == hour)
        assert rollup.hour_totals.get(hour, {}) == expected


@given(st.lists(small_cells, max_size=5), st.lists(small_cells, max_size=3))
def test_a_fold_sets_and_never_adds(previous: list[Cells], parts: list[Cells]) -> None:
    before = fold_day(DAY, shards_of(previous), None, NOW)
    again = fold_day(DAY, shards_of(parts), before, NOW)
    plain = fold_day(DAY, shards_of(parts), None, NOW)
    assert replace(again, shards=plain.shards) == plain


@settings(max_examples=25)
@given(st.lists(wide_cells(), min_size=1, max_size=4))
def test_what_has_no_room_is_merged_and_still_counted_exactly(parts: list[Cells]) -> None:
    counted, rollup = merge_cells(parts), fold_day(DAY, shards_of(parts), None, NOW)
    assert rollup.entry.totals == sum_totals(counted.values())
    assert sum_totals(rollup.series.values()) == sum_totals(counted.values())
    assert all(rollup.cells[cell] == counted[cell] for cell in rollup.cells if cell.series != OTHER)
    for hour in range(24):
        folded = (totals for cell, totals in rollup.cells.items() if cell.hour == hour)
        expected = (totals for cell, totals in counted.items() if cell.hour == hour)
        assert sum_totals(folded) == sum_totals(expected)


def test_a_series_that_was_listed_stays_listed() -> None:
    first = fold_day(DAY, [shard({Cell(9, each): ONE for each in WIDE[200:]})], None, NOW)
    listed = {cell.series for cell in first.cells}
    assert OTHER in listed
    second = fold_day(DAY, [shard({Cell(9, each): ONE for each in WIDE})], first, NOW)
    assert {cell.series for cell in second.cells} == listed
    fresh = fold_day(DAY, [shard({Cell(9, each): ONE for each in WIDE})], None, NOW)
    assert {cell.series for cell in fresh.cells} != listed


def test_a_day_counts_its_commits_and_the_most_documents_it_was_ever_folded_from() -> None:
    three = fold_day(DAY, [shard({}, number, 10 + number) for number in range(3)], None, NOW)
    assert (three.commits, three.shards) == (10 + 11 + 12, 3)
    assert fold_day(DAY, [shard({})], three, NOW).shards == 3


def test_a_day_never_becomes_older_and_keeps_its_version_and_runs() -> None:
    previous = replace(fold_day(DAY, [], None, NOW), version="v7", runs={3: 1})
    again = fold_day(DAY, [], previous, NOW - HOUR)
    assert (again.folded_at, again.version, again.runs) == (NOW, "v7", {3: 1})


# Parts of a day


@given(small_cells, st.integers(1, 23))
def test_two_periods_that_adjoin_in_a_day_share_it_without_gap_or_overlap(cells: Cells, hour: int) -> None:
    cut = start_of(DAY) + hour * HOUR
    before, after = Period(cut - timedelta(days=30), cut), Period(cut, cut + timedelta(days=30))
    parts = cells_within(DAY, cells, before), cells_within(DAY, cells, after)
    assert parts[0] | parts[1] == cells
    assert not set(parts[0]) & set(parts[1])
    rollup = fold_day(DAY, [shard(cells)], None, NOW)
    for period, part in zip((before, after), parts, strict=True):
        assert hours_within(DAY, rollup.hour_totals, period) == sum_totals(part.values())


def test_a_period_that_touches_a_day_only_at_its_edge_takes_nothing_of_it() -> None:
    midnight = start_of(DAY)
    cells = {Cell(hour, SERIES[0]): ONE for hour in range(24)}
    day = timedelta(days=1)
    assert cells_within(DAY, cells, Period(midnight - day, midnight)) == {}
    assert cells_within(DAY, cells, Period(midnight + day, midnight + 2 * day)) == {}
    assert cells_within(DAY, cells, Period(midnight, midnight + day)) == cells


def test_runs_are_counted_by_the_hours_of_the_period() -> None:
    midnight = start_of(DAY)
    assert runs_within(DAY, {0: 1, 5: 10, 6: 100, 23: 1_000}, Period(midnight, midnight + 6 * HOUR)) == 11


# Rows of an answer


@given(
    st.dictionaries(st.builds(Series, st.sampled_from("abcdefgh"), st.just("m")), amounts), st.integers(1, 9)
)
def test_the_largest_series_are_kept_and_the_rest_is_merged(series: dict[Series, Totals], most: int) -> None:
    kept = bounded_series(series, most)
    assert len(kept) <= max(most, len(series) and 1)
    assert sum_totals(kept.values()) == sum_totals(series.values())
    listed = [name for name in kept if name != OTHER]
    assert all(kept[name] == series[name] for name in listed)
    tokens = {name: series[name].get("total_tokens", 0) for name in series}
    assert all(tokens[left] <= tokens[name] for name in listed for left in set(series) - set(listed))


@pytest.mark.parametrize("most", [2, 3])
def test_what_was_merged_before_is_merged_again(most: int) -> None:
    series: dict[Series, Totals] = {
        OTHER: {"total_tokens": 99},
        SERIES[0]: {"total_tokens": 5},
        SERIES[1]: {"total_tokens": 1},
        SERIES[2]: {"total_tokens": 3},
    }
    left = {2: 99 + 1 + 3, 3: 99 + 1}
    assert bounded_series(series, most)[OTHER] == {"total_tokens": left[most]}
