"""Metrics, the cells they are counted in, and exact arithmetic on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, NamedTuple, get_args

from shared.domain.ledger.budget_counts import BudgetHours
from shared.domain.ledger.periods import day_key

Metric = Literal[
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
    "incomplete_calls",
    "tool_calls",
]
"""The one table of metrics. Stored fields, API models, CSV columns and the size of a commit follow from it."""

METRICS: Final[tuple[Metric, ...]] = get_args(Metric)

Totals = dict[Metric, int]
"""Each metric's sum; a metric that is zero is absent."""


class Series(NamedTuple):
    """A model at a provider: the same model at two providers is two series."""

    provider: str
    model: str


OTHER: Final = Series("", "")
"""The series that holds what a document has no room for. No caller can name it: names are never blank."""


class Cell(NamedTuple):
    """One hour of one UTC day (0-23) of one series: the finest thing that is counted."""

    hour: int
    series: Series


Cells = dict[Cell, Totals]


class ShardRef(NamedTuple):
    """The name of one counter document: a UTC day, and one of the documents that its usage is spread over."""

    day: date
    number: int

    @property
    def id(self) -> str:
        """The document's id, `yyyymmdd.n`."""
        return f"{day_key(self.day)}.{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterShard:
    """A counter document as it was read. `cells` is empty if they were not asked for."""

    ref: ShardRef
    totals: Totals
    cells: Cells
    commits: int
    """The number of commits so far. Two readings give the write rate."""
    events: int
    run_hours: frozenset[int]
    """The hours (0-23) in which a run may have begun since the last fold."""
    dirty: bool
    """True if something was recorded since the last fold."""
    keys: "dict[str, Totals]" = field(default_factory=dict)
    """By the id of the API key. Empty if they were not asked for."""
    attributed: int = 0
    """The number of attribution documents that may exist of the day; 0 if no event had a name."""
    budgets: BudgetHours = field(default_factory=dict)
    """Those that were asked for."""
    late_days: frozenset[date] = frozenset()
    """Earlier days to which something was added on this one, perhaps after they were complete."""
    version: object = None


def add(into: Totals, delta: Mapping[Metric, int]) -> None:
    """Add `delta` to `into` in place."""
    for metric, amount in delta.items():
        into[metric] = into.get(metric, 0) + amount


def sum_totals(parts: Iterable[Mapping[Metric, int]]) -> Totals:
    """Add many totals up."""
    result: Totals = {}
    for part in parts:
        add(result, part)
    return nonzero(result)


def nonzero(totals: Mapping[Metric, int]) -> Totals:
    """Return totals without zeros, which corrections leave."""
    return {metric: amount for metric, amount in totals.items() if amount}


def merge_cells(parts: Iterable[Cells]) -> Cells:
    """Add many sets of cells up, cell by cell."""
    result: Cells = {}
    for part in parts:
        for cell, totals in part.items():
            add(result.setdefault(cell, {}), totals)
    summed = {cell: nonzero(totals) for cell, totals in result.items()}
    return {cell: totals for cell, totals in summed.items() if totals}


def sum_by_series(cells: Mapping[Cell, Mapping[Metric, int]]) -> dict[Series, Totals]:
    """Add cells up over their hours."""
    result: dict[Series, Totals] = {}
    for cell, totals in cells.items():
        add(result.setdefault(cell.series, {}), totals)
    return result
