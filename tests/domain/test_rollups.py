"""Folding: whatever is folded in whatever order, a rollup is the plain sum of the counters."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.counters import (
    OTHER,
    Cell,
    Cells,
    Series,
    Totals,
    add,
    merge_cells,
    sum_by_series,
    sum_totals,
)
from shared.domain.periods import Period
from shared.domain.rollups import (
    MAX_CELLS_BYTES,
    CounterShard,
    DayChange,
    DayRollup,
    PeriodRollup,
    cells_within,
    empty_rollup,
    fold_day,
    fold_period,
    kept_rollup,
    start_of,
)

FIRST_DAY = date(2026, 11, 19)
DAYS = [FIRST_DAY + timedelta(days=number) for number in range(3)]
CUT = datetime(2026, 11, 20, 13, tzinfo=UTC)
PERIODS = [
    Period(datetime(2026, 10, 20, 13, tzinfo=UTC), CUT),
    Period(CUT, datetime(2026, 12, 20, 13, tzinfo=UTC)),
]
"""Two that adjoin in the middle of the second of the three days."""
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SERIES = [Series("openai", "m"), Series("azure", "m"), Series("a.b", "c|d")]
# 100 + 250 characters of four bytes: about 200 fill a day's document, about 100 a period's.
WIDE = [Series("\U0001f600" * 100, "\U0001f601" * 246 + f"{number:04}") for number in range(450)]
ONE = {"calls": 1, "cost_nanousd": 7}

# Small, and in the order in which series are listed behind all the wide ones.
NARROW = [Series("\U0001f602", str(number)) for number in range(5)]

hours = st.integers(0, 23)
amounts = st.dictionaries(
    st.sampled_from(["calls", "total_tokens", "cost_nanousd"]), st.integers(1, 2**53), min_size=1
)


@dataclass
class Usage:
    """A tenant's counters and rollups, folded day by day as the fold does it."""

    shards: dict[tuple[date, int], Cells] = field(default_factory=dict)
    days: dict[date, DayRollup] = field(default_factory=dict)
    periods: dict[Period, PeriodRollup] = field(default_factory=dict)

    def count(self, day: date, number: int, cells: Cells) -> None:
        """Add to one counter document."""
        shard = self.shards.setdefault((day, number), {})
        for cell, delta in cells.items():
            add(shard.setdefault(cell, {}), delta)

    def counted(self, day: date) -> Cells:
        """All that was ever counted of a day."""
        return merge_cells(cells for (of_day, _), cells in self.shards.items() if of_day == day)

    def fold(self, day: date) -> None:
        """Fold one day into its rollup and into every period it lies in."""
        shards = [
            CounterShard(day, number, cells, 1, dirty=True)
            for (of_day, number), cells in self.shards.items()
            if of_day == day
        ]
        change = DayChange(self.days.get(day), fold_day(day, shards, self.days.get(day), NOW))
        for period in PERIODS:
            if period.start < start_of(day) + timedelta(days=1) and start_of(day) < period.end:
                former = self.periods.get(period, empty_rollup(period, NOW))
                self.periods[period] = fold_period(former, [change], 0, NOW)
        self.days[day] = change.new

    def rollup(self, period: Period) -> PeriodRollup:
        """The period as it was last folded."""
        return self.periods.get(period, empty_rollup(period, NOW))


@st.composite
def small_counts(draw: st.DrawFn) -> tuple[date, int, Cells]:
    """Some amounts of some series, in one counter document."""
    cells = st.dictionaries(st.builds(Cell, hours, st.sampled_from(SERIES)), amounts, max_size=4)
    return draw(st.sampled_from(DAYS)), draw(st.integers(0, 2)), draw(cells)


@st.composite
def wide_counts(draw: st.DrawFn) -> tuple[date, int, Cells]:
    """A stretch of the wide series, in one counter document: a few of these outgrow a rollup's document."""
    first, count, hour = draw(st.integers(0, 300)), draw(st.integers(1, 150)), draw(hours)
    narrow = draw(st.lists(st.sampled_from(NARROW), max_size=3, unique=True))
    cells = {Cell(hour, series): dict(ONE) for series in [*WIDE[first : first + count], *narrow]}
    return draw(st.sampled_from(DAYS)), draw(st.integers(0, 1)), cells


def _steps(counts: st.SearchStrategy[tuple[date, int, Cells]]) -> st.SearchStrategy[list[object]]:
    return st.lists(counts | st.sampled_from(DAYS), max_size=14)


def _play(steps: Iterable[object]) -> Usage:
    """Count and fold in the order of `steps`; check after each that no rollup contradicts itself."""
    usage = Usage()
    for step in steps:
        if isinstance(step, date):
            usage.fold(step)
        else:
            usage.count(*step)  # type: ignore[misc]
        for rollup in usage.periods.values():
            assert sum_totals(rollup.series.values()) == rollup.totals
            assert all(amount > 0 for totals in rollup.series.values() for amount in totals.values())
    return usage


def _plain(usage: Usage, period: Period) -> dict[date, Totals]:
    sums = {day: sum_totals(cells_within(day, usage.counted(day), period).values()) for day in DAYS}
    return {day: totals for day, totals in sums.items() if totals}


@given(_steps(small_counts()))
def test_any_partial_folds_end_in_the_plain_sum(steps: list[object]) -> None:
    usage = _play([*steps, *DAYS])
    for day in DAYS:
        assert usage.days[day].cells == usage.counted(day)
    for period in PERIODS:
        rollup = usage.rollup(period)
        assert {day: totals for day, totals in rollup.days.items() if totals} == _plain(usage, period)
        parts = merge_cells(cells_within(day, usage.counted(day), period) for day in DAYS)
        assert rollup.series == sum_by_series(parts)


@given(_steps(small_counts()), st.permutations(DAYS))
def test_the_order_and_repetition_of_folds_does_not_matter(steps: list[object], order: list[date]) -> None:
    once, again = _play([*steps, *DAYS]), _play([*steps, *order, *DAYS])
    assert once.days == again.days
    assert once.periods == again.periods


@settings(max_examples=25)
@given(_steps(wide_counts()))
def test_what_has_no_room_is_merged_and_still_counted_exactly(steps: list[object]) -> None:
    usage = _play([*steps, *DAYS])
    for day in DAYS:
        folded, counted = usage.days[day].cells, usage.counted(day)
        assert sum_totals(folded.values()) == sum_totals(counted.values())
        assert all(folded[cell] == counted[cell] for cell in folded if cell.series != OTHER)
    for period in PERIODS:
        rollup = usage.rollup(period)
        assert {day: totals for day, totals in rollup.days.items() if totals} == _plain(usage, period)
        assert sum_totals(rollup.series.values()) == sum_totals(_plain(usage, period).values())


@settings(max_examples=25)
@given(_steps(wide_counts()))
def test_every_hour_of_a_squeezed_day_keeps_its_totals(steps: list[object]) -> None:
    usage = _play([*steps, *DAYS])
    for day in DAYS:
        for hour in range(24):
            folded = (totals for cell, totals in usage.days[day].cells.items() if cell.hour == hour)
            counted = (totals for cell, totals in usage.counted(day).items() if cell.hour == hour)
            assert sum_totals(folded) == sum_totals(counted)


def _day_of(series: Iterable[Series]) -> list[CounterShard]:
    return [CounterShard(FIRST_DAY, 0, {Cell(12, each): dict(ONE) for each in series}, 1, dirty=True)]


def test_a_day_that_fits_is_not_squeezed() -> None:
    cells = fold_day(FIRST_DAY, _day_of(WIDE[:190]), None, NOW).cells
    assert {cell.series for cell in cells} == set(WIDE[:190])


def test_a_day_that_does_not_fit_keeps_what_it_held_and_merges_the_rest() -> None:
    held = fold_day(FIRST_DAY, _day_of(WIDE[200:390]), None, NOW)
    squeezed = fold_day(FIRST_DAY, _day_of(WIDE), held, NOW).cells
    assert set(held.cells) < set(squeezed)
    assert squeezed[Cell(12, OTHER)] == {
        metric: amount * (len(WIDE) - (len(squeezed) - 1)) for metric, amount in ONE.items()
    }


def test_a_squeezed_day_is_squeezed_alike_when_it_is_folded_again() -> None:
    first = fold_day(FIRST_DAY, _day_of(WIDE), None, NOW)
    assert fold_day(FIRST_DAY, _day_of(WIDE), first, NOW).cells == first.cells
    assert len(first.cells) < MAX_CELLS_BYTES // (4 * (100 + 246))


def test_a_squeezed_series_of_a_period_stays_merged_when_its_day_grows() -> None:
    period, day = PERIODS[0], FIRST_DAY
    first = fold_day(day, _day_of(WIDE[:180]), None, NOW)
    rollup = fold_period(empty_rollup(period, NOW), [DayChange(None, first)], 0, NOW)
    assert OTHER in rollup.series
    second = fold_day(day, [*_day_of(WIDE[:180]), *_day_of(WIDE[:180])], first, NOW)
    again = fold_period(rollup, [DayChange(first, second)], 0, NOW)
    doubled = {
        name: {m: 2 * amount for m, amount in totals.items()} for name, totals in rollup.series.items()
    }
    assert again.series == doubled


def test_a_series_merged_for_one_day_is_not_listed_for_another() -> None:
    # The narrow one would fit alone, but taking out the first day must find it where that day put it.
    first = fold_day(DAYS[0], _day_of([*WIDE[:120], NARROW[0]]), None, NOW)
    second = replace(fold_day(DAYS[0], _day_of([NARROW[0]]), None, NOW), day=DAYS[2])
    period = Period(start_of(DAYS[0]), start_of(DAYS[2]) + timedelta(days=1))
    rollup = fold_period(empty_rollup(period, NOW), [DayChange(None, first), DayChange(None, second)], 0, NOW)
    assert NARROW[0] not in rollup.series
    assert rollup.series[OTHER]["calls"] == len(WIDE[:120]) + 2 - (len(rollup.series) - 1)
    again = fold_period(rollup, [DayChange(first, first)], 0, NOW)
    assert again.series == rollup.series


@given(st.dictionaries(st.builds(Cell, hours, st.sampled_from(SERIES)), amounts), hours.filter(bool))
def test_two_periods_that_adjoin_in_a_day_share_it_without_gap_or_overlap(cells: Cells, hour: int) -> None:
    cut = start_of(FIRST_DAY) + timedelta(hours=hour)
    before = cells_within(FIRST_DAY, cells, Period(cut - timedelta(days=30), cut))
    after = cells_within(FIRST_DAY, cells, Period(cut, cut + timedelta(days=30)))
    assert before | after == cells
    assert not set(before) & set(after)


def test_a_period_that_touches_a_day_only_at_its_edge_takes_nothing_of_it() -> None:
    midnight = start_of(FIRST_DAY)
    cells = {Cell(hour, SERIES[0]): ONE for hour in range(24)}
    before = Period(midnight - timedelta(days=1), midnight)
    after = Period(midnight + timedelta(days=1), midnight + timedelta(days=2))
    assert cells_within(FIRST_DAY, cells, before) == cells_within(FIRST_DAY, cells, after) == {}
    assert cells_within(FIRST_DAY, cells, Period(midnight, midnight + timedelta(days=1))) == cells


def test_a_fold_keeps_the_versions_it_read_and_changes_no_former_rollup() -> None:
    former_day = DayRollup(FIRST_DAY, {Cell(12, SERIES[0]): dict(ONE)}, 1, NOW, "day-7")
    former = PeriodRollup(PERIODS[0], {FIRST_DAY: dict(ONE)}, {SERIES[0]: dict(ONE)}, 2, NOW, "period-3")
    new = fold_day(FIRST_DAY, _day_of(SERIES), former_day, NOW + timedelta(hours=1))
    rollup = fold_period(former, [DayChange(former_day, new)], 5, NOW + timedelta(hours=1))
    assert (new.version, rollup.version, rollup.runs) == ("day-7", "period-3", 5)
    assert rollup.folded_at == new.folded_at == NOW + timedelta(hours=1)
    assert (former.days, former.series) == ({FIRST_DAY: ONE}, {SERIES[0]: ONE})


def test_commits_of_a_day_are_those_of_all_its_shards() -> None:
    shards = [CounterShard(FIRST_DAY, number, {}, 10 + number, dirty=True) for number in range(3)]
    assert fold_day(FIRST_DAY, shards, None, NOW).commits == 10 + 11 + 12


@pytest.mark.parametrize("count", [1, 3])
def test_a_period_without_rollup_takes_all_days_folded_before_at_once(count: int) -> None:
    usage = _play([(day, 0, {Cell(14, SERIES[0]): dict(ONE)}) for day in DAYS[:count]] + DAYS)  # type: ignore[operator]
    changes = [DayChange(None, usage.days[day]) for day in DAYS]
    together = fold_period(empty_rollup(PERIODS[1], NOW), changes, 0, NOW)
    assert together.totals == usage.rollup(PERIODS[1]).totals
    assert together.series == usage.rollup(PERIODS[1]).series


def test_a_period_that_was_never_folded_goes_on_from_nothing() -> None:
    assert kept_rollup(None, PERIODS[0], None) == empty_rollup(PERIODS[0], PERIODS[0].start)


def test_a_period_that_another_anchor_left_behind_is_folded_anew_over_its_own_document() -> None:
    found = PeriodRollup(PERIODS[0], {FIRST_DAY: ONE}, {SERIES[0]: ONE}, 2, NOW, "period-3")
    anew = empty_rollup(PERIODS[0], PERIODS[0].start, "period-3")
    assert kept_rollup(found, PERIODS[0], NOW) == anew
    assert kept_rollup(found, PERIODS[0], NOW + timedelta(hours=1)) == anew
    assert (
        kept_rollup(found, PERIODS[0], NOW - timedelta(hours=1))
        == kept_rollup(found, PERIODS[0], None)
        == found
    )
