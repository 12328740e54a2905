"""Documents with usage by name: those to read together with the totals, and the names in them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from shared.domain.ledger.attribution import AttributionRef, Dimension, Names, merge, merge_names
from shared.domain.ledger.documents import Documents, Wanted
from shared.domain.ledger.usage import ReadingPlan

MAX_LIVE_DOCUMENTS: Final = 4
"""Documents of a day that is not complete that are read themselves. Of more, the last fold's rollup is."""
_KEY: Final[Dimension] = "key"

NamesByDay = Mapping[date, Names]


def with_names(plan: ReadingPlan, dimensions: frozenset[Dimension]) -> Wanted:
    """Return the documents to read at once, so that the names are never more than the totals.

    API keys are counted beside the totals, so they are asked for alone.
    """
    first = plan.first_read
    if dimensions == {_KEY}:
        return replace(first, days=plan.complete, fields=first.fields | {"keys"})
    days = (*plan.complete, *plan.live)
    rollups = [AttributionRef(day, None) for day in days]
    parts = [
        AttributionRef(day, number)
        for day in days
        if plan.is_counted(day)
        for number in range(MAX_LIVE_DOCUMENTS)
    ]
    return replace(first, attribution=(*rollups, *parts), dimensions=dimensions)


def names_in(plan: ReadingPlan, dimension: Dimension, found: Documents) -> NamesByDay:
    """Return the names of a dimension, by day."""
    if dimension == _KEY:
        days = {day: found.days[day].keys for day in plan.complete if day in found.days}
        counted: dict[date, Names] = {}
        for ref, shard in found.shards.items():
            merge_names(counted.setdefault(ref.day, {}), shard.keys)
        return days | counted
    return {day: _names_of(plan, day, found).get(dimension, {}) for day in (*plan.complete, *plan.live)}


def _names_of(plan: ReadingPlan, day: date, found: Documents) -> Mapping[Dimension, Names]:
    documents = max((shard.attributed for ref, shard in found.shards.items() if ref.day == day), default=0)
    if not plan.is_counted(day) or documents > MAX_LIVE_DOCUMENTS:
        return found.attribution.get(AttributionRef(day, None), {})
    refs: Sequence[AttributionRef] = [AttributionRef(day, number) for number in range(documents)]
    names: dict[Dimension, Names] = {}
    for part in (found.attribution[ref] for ref in refs if ref in found.attribution):
        merge(names, part)
    return names
