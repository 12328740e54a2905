"""Reads usage by user, workflow, API key or tag: whole UTC days, in one round trip, for reports only."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import Final, NamedTuple

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.ledger.attribution import (
    MAX_TAG_NAMES,
    Dimension,
    Names,
    attributed,
    by_size,
    merge_names,
    other_of,
    tag_of,
)
from shared.domain.ledger.counters import Totals, add, sum_totals
from shared.domain.ledger.documents import Documents
from shared.domain.ledger.periods import Period, start_of
from shared.domain.ledger.steps import Step, Steps
from shared.domain.ledger.usage import Detail, ReadingPlan, Usage, plan_reading
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger, read_documents
from shared.usecases.ledger.reading_names import NamesByDay, names_in, with_names
from shared.usecases.ledger.reading_plans import MAX_READ_BYTES

MAX_DAYS: Final = 92
"""The longest interval: each of its days costs a document read."""
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributedDay:
    """The usage of each name on a day, and the rest: usage without a name, and of names that are not listed."""

    names: Names
    other: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributedUsage:
    """Usage by name within whole UTC days. A day is listed if it has any usage."""

    tenant: Tenant
    within: Period
    days: Mapping[date, AttributedDay]

    @property
    def totals(self) -> Totals:
        """The usage of all names and of the rest: that of the ledger."""
        return sum_totals(part for day in self.days.values() for part in (*day.names.values(), day.other))


class NamedTotals(NamedTuple):
    """The usage of a name; None is the rest."""

    name: str | None
    totals: Totals


class NamedPoint(NamedTuple):
    """The usage of a name in one step; None is the rest."""

    step: Step
    name: str | None
    totals: Totals


def whole_days(within: Period) -> Period:
    """Return the UTC days that share an instant with an interval; raise InvalidInput if they are too many."""
    days = (within.last_day - within.first_day).days + 1
    if days > MAX_DAYS:
        message = f"from: usage by name covers at most {MAX_DAYS} days, not {days}"
        raise InvalidInput(message, (FieldProblem(field="from", code="range_too_long", message=message),))
    return Period(start_of(within.first_day), start_of(within.last_day) + _ONE_DAY)


def read_attribution(
    ledger: Ledger, known: Tenant, by: tuple[Dimension, Period], now: datetime
) -> AttributedUsage:
    """Return the usage by the names of a dimension within whole UTC days. `known` may be a minute old."""
    dimension, within = by
    asked = frozenset({dimension})
    plan = plan_reading(known.counter_history, within, Detail.TOTALS, now)
    while True:
        wanted = with_names(plan, asked)
        tenant, found = read_documents(ledger.store, known.id, replace(wanted, most_bytes=MAX_READ_BYTES))
        plan = plan_reading(tenant.counter_history, within, Detail.TOTALS, now)
        if wanted.covers(with_names(plan, asked)):
            break
    totals = _totals(ledger, tenant, plan, found)
    names = {} if _is_beyond(dimension, tenant) else names_in(plan, dimension, found)
    return AttributedUsage(tenant=tenant, within=within, days=attributed_days(totals, names))


def attributed_days(usage: Usage, names: NamesByDay) -> dict[date, AttributedDay]:
    """Return each day's usage by name, with the rest of the day."""
    return {
        day: AttributedDay(names=names.get(day, {}), other=other_of(totals, names.get(day, {})))
        for day, totals in usage.days.items()
    }


def top_names(usage: AttributedUsage, most: int) -> list[NamedTotals]:
    """Return the names that cost most, and last the rest."""
    names: Names = {}
    for day in usage.days.values():
        merge_names(names, day.names)
    top = by_size(names)[:most]
    rest = other_of(usage.totals, {name: names[name] for name in top})
    return [*(NamedTotals(name, names[name]) for name in top), NamedTotals(None, rest)]


def points_of(usage: AttributedUsage, steps: Steps, most_rows: int | None) -> list[NamedPoint]:
    """Return the usage of each name in each step, in order, the rest last.

    With `most_rows`, every name has a row in every step; beyond as many rows, the smallest names are in the rest.
    """
    sums: dict[tuple[Step, str | None], Totals] = {}
    if most_rows is not None:
        kept: list[str | None] = [row.name for row in top_names(usage, most_rows // len(steps.all) - 1)]
        sums = {place: {} for place in product(steps.all, kept)}
    for day, found in usage.days.items():
        step = steps.at(start_of(day))
        for name, totals in (*found.names.items(), (None, found.other)):
            is_kept = most_rows is None or (step, name) in sums
            if totals:
                add(sums.setdefault((step, name if is_kept else None), {}), totals)
    rows = [NamedPoint(step, name, attributed(totals)) for (step, name), totals in sums.items()]
    return sorted(rows, key=lambda row: (row.step.start, row.name is None, row.name or ""))


def _totals(ledger: Ledger, tenant: Tenant, plan: ReadingPlan, found: Documents) -> Usage:
    second = plan.second_read(found)
    days = ledger.store.read(tenant.id, second).documents.days if second else {}
    return plan.usage(replace(found, days={**found.days, **days}), None)


def _is_beyond(dimension: Dimension, tenant: Tenant) -> bool:
    """Return whether the dimension is a tag beyond those that the tenant's usage is summed by."""
    tag, names = tag_of(dimension), tenant.counters.tag_names
    return tag is not None and len(names) == MAX_TAG_NAMES and tag not in names
