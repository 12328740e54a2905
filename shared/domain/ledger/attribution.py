"""Usage by the names that events carry: users, workflows, API keys and the values of tags. Pure; for reports only."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from shared.domain.ledger.counters import Metric, Totals, add, sum_totals
from shared.domain.ledger.periods import day_key

ATTRIBUTED_METRICS: Final[tuple[Metric, ...]] = (
    "calls",
    "errors",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cost_nanousd",
    "unpriced_calls",
    "incomplete_calls",
)
"""Few, so that one document takes 62 names of a commit: Firestore allows 500 increments."""
MAX_TAG_NAMES: Final = 5
MAX_KEYS_OF_DAY: Final = 100
MAX_DIMENSION_BYTES: Final = 130_000
"""The size of a dimension in a day's rollup, about 480 names. With five tags, seven of them fit into a document."""
_MAX_BYTES_PER_METRIC: Final = 30
_MAX_ESCAPED_BYTES_PER_BYTE: Final = 3
_TAG: Final = "tag:"

Dimension = str
"""What names are of: `user`, `workflow`, `key`, or `tag:NAME`."""
Names = dict[str, Totals]
Attribution = dict[Dimension, Names]


class AttributionRef(NamedTuple):
    """The name of an attribution document: a UTC day, and one of the documents that writers add to.

    None is the day's rollup, which a fold sets from those.
    """

    day: date
    number: int | None

    @property
    def id(self) -> str:
        """The document's id, `yyyymmdd.n`, or `yyyymmdd` for the rollup."""
        return day_key(self.day) if self.number is None else f"{day_key(self.day)}.{self.number}"


def tag_dimension(name: str) -> Dimension:
    """Return the dimension of a tag."""
    return f"{_TAG}{name}"


def tag_of(dimension: Dimension) -> str | None:
    """Return the name of the tag that a dimension is of; None for other dimensions."""
    return dimension.removeprefix(_TAG) if dimension.startswith(_TAG) else None


def attributed(amounts: Mapping[Metric, int]) -> Totals:
    """Return the metrics that are summed by name."""
    return {metric: amount for metric in ATTRIBUTED_METRICS if (amount := amounts.get(metric))}


def merge(into: Attribution, more: Mapping[Dimension, Mapping[str, Totals]]) -> None:
    """Add the names of `more` to `into` in place."""
    for dimension, names in more.items():
        merge_names(into.setdefault(dimension, {}), names)


def merge_names(into: Names, more: Mapping[str, Totals]) -> None:
    """Add the totals of each name to `into` in place."""
    for name, totals in more.items():
        add(into.setdefault(name, {}), totals)


def largest(names: Names, most: int) -> Names:
    """Return at most `most` names: those with the highest cost, then the most tokens and calls."""
    if len(names) <= most:
        return names
    return {name: names[name] for name in by_size(names)[:most]}


def by_size(names: Mapping[str, Totals]) -> list[str]:
    """Return the names, the one with the highest cost first."""
    return sorted(names, key=lambda name: (_negative_size(names[name]), name))


def chosen_tags(known: tuple[str, ...], found: Attribution) -> tuple[str, ...]:
    """Return the tag names of a tenant: those known, and up to five in all the most used of those found."""
    calls = {
        name: sum_totals(names.values()).get("calls", 0)
        for dimension, names in found.items()
        if (name := tag_of(dimension)) is not None and name not in known
    }
    new = sorted(calls, key=lambda name: (-calls[name], name))
    return (*known, *new[: MAX_TAG_NAMES - len(known)])


def rollup_of(found: Attribution, tag_names: Iterable[str]) -> Attribution:
    """Return what a day's rollup keeps: the largest names of each dimension, of these tags only.

    All that is left out is part of `other`, which is computed when the rollup is read.
    """
    kept = {"user", "workflow", *map(tag_dimension, tag_names)}
    return {dimension: _bounded(names) for dimension, names in found.items() if dimension in kept}


def other_of(totals: Mapping[Metric, int], names: Mapping[str, Totals]) -> Totals:
    """Return the rest of a day: usage without a name, and of names that are not listed."""
    rest = attributed(totals)
    for each in names.values():
        add(rest, {metric: -amount for metric, amount in each.items()})
    return {metric: amount for metric, amount in rest.items() if amount}


def _negative_size(totals: Totals) -> tuple[int, int, int]:
    return -totals.get("cost_nanousd", 0), -totals.get("total_tokens", 0), -totals.get("calls", 0)


def _bounded(names: Names) -> Names:
    size = 0
    result: Names = {}
    for name in by_size(names):
        size += len(name.encode()) * _MAX_ESCAPED_BYTES_PER_BYTE
        size += len(ATTRIBUTED_METRICS) * _MAX_BYTES_PER_METRIC
        if size > MAX_DIMENSION_BYTES:
            break
        result[name] = names[name]
    return result
