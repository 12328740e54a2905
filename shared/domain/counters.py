"""What is counted: metrics, the cells they are counted in, and exact arithmetic on them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

METRICS = (
    "calls",
    "errors",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "latency_ms",
    "cost_nanousd",
    "unpriced_calls",
    "tool_calls",
)

MAX_COUNTER_SHARDS = 64
SUSTAINED_COMMITS_PER_SECOND = 1.0
"""What Firestore advises for one document; bursts above it are absorbed."""

Totals = dict[str, int]
"""Metric name to its sum; a metric that is zero is absent."""


class Series(NamedTuple):
    """Who answered: the same model at two providers is two series."""

    provider: str
    model: str


OTHER = Series("", "")
"""Where series are merged that a document has no room for. Blank, so no caller's series can be it."""


class Cell(NamedTuple):
    """One hour of one UTC day (0-23) of one series: the finest thing that is counted."""

    hour: int
    series: Series


Cells = dict[Cell, Totals]


def add(into: Totals, delta: Mapping[str, int]) -> None:
    """Add `delta` to `into` in place."""
    for metric, amount in delta.items():
        into[metric] = into.get(metric, 0) + amount


def subtract(into: Totals, delta: Mapping[str, int]) -> None:
    """Take `delta` from `into` in place; a metric that reaches zero disappears."""
    for metric, amount in delta.items():
        left = into.get(metric, 0) - amount
        if left:
            into[metric] = left
        else:
            into.pop(metric, None)


def sum_totals(parts: Iterable[Mapping[str, int]]) -> Totals:
    """The sum of many totals."""
    result: Totals = {}
    for part in parts:
        add(result, part)
    return result


def merge_cells(parts: Iterable[Cells]) -> Cells:
    """The sum of many sets of cells, cell by cell."""
    result: Cells = {}
    for part in parts:
        for cell, totals in part.items():
            add(result.setdefault(cell, {}), totals)
    return result


def sum_by_series(cells: Mapping[Cell, Mapping[str, int]]) -> dict[Series, Totals]:
    """The sum of cells over their hours."""
    result: dict[Series, Totals] = {}
    for cell, totals in cells.items():
        add(result.setdefault(cell.series, {}), totals)
    return result
