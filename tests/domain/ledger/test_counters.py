"""Exact arithmetic on what is counted: nothing is lost, invented, or kept as a zero."""

from collections import Counter
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.counters import (
    METRICS,
    OTHER,
    Cell,
    Cells,
    Metric,
    Series,
    Totals,
    add,
    merge_cells,
    sum_by_series,
    sum_totals,
)

amounts = st.integers(1, 2**60)
totals = st.dictionaries(st.sampled_from(METRICS), amounts)
series = st.sampled_from([Series("openai", "m"), Series("azure", "m"), Series("a.b", "c|d"), OTHER])
cells = st.dictionaries(st.builds(Cell, st.integers(0, 23), series), totals, max_size=8)


def _plain_sum(parts: list[Totals]) -> Totals:
    return dict(sum((Counter(part) for part in parts), Counter[Metric]()))


def test_amounts_are_added_metric_by_metric() -> None:
    into: Totals = {"calls": 1, "cost_nanousd": 10}
    add(into, {"calls": 2, "errors": 1})
    assert into == {"calls": 1 + 2, "cost_nanousd": 10, "errors": 1}


@given(st.lists(totals))
def test_a_sum_of_totals_is_the_plain_sum_and_changes_no_part(parts: list[Totals]) -> None:
    before = [dict(part) for part in parts]
    assert sum_totals(parts) == _plain_sum(parts)
    assert parts == before


@given(st.lists(cells, max_size=5))
def test_merged_cells_add_up_to_all_their_parts(parts: list[Cells]) -> None:
    before = [{cell: dict(amounts) for cell, amounts in part.items()} for part in parts]
    merged = merge_cells(parts)
    assert sum_totals(merged.values()) == sum_totals(chain.from_iterable(part.values() for part in parts))
    assert set(merged) <= set(chain.from_iterable(parts))
    assert parts == before


def test_what_corrections_take_back_leaves_neither_a_zero_nor_an_empty_cell() -> None:
    one, other = Cell(1, Series("openai", "m")), Cell(2, Series("openai", "m"))
    back: Cells = {one: {"calls": -2}, other: {"calls": -1}}
    merged = merge_cells([{one: {"calls": 2}}, {other: {"calls": 1, "errors": 3}}, back])
    assert merged == {other: {"errors": 3}}


@given(cells)
def test_the_sum_over_series_is_the_sum_over_cells(by_cell: Cells) -> None:
    by_series = sum_by_series(by_cell)
    assert sum_totals(by_series.values()) == sum_totals(by_cell.values())
    assert set(by_series) == {cell.series for cell in by_cell}


def test_hours_of_one_series_are_summed_and_other_series_are_not() -> None:
    openai, azure = Series("openai", "m"), Series("azure", "m")
    by_cell: Cells = {
        Cell(1, openai): {"calls": 1},
        Cell(2, openai): {"calls": 4},
        Cell(1, azure): {"calls": 16},
    }
    assert sum_by_series(by_cell) == {openai: {"calls": 1 + 4}, azure: {"calls": 16}}


def test_the_merged_series_cannot_be_named_by_a_caller() -> None:
    assert not OTHER.provider.strip()
    assert not OTHER.model.strip()
