"""Reads usage over time: by hour or day, in total or by provider or model."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.ledger.counters import Cell, Totals, add
from shared.domain.ledger.periods import Period, start_of
from shared.domain.ledger.usage import Detail, Usage
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger

Granularity = Literal["hour", "day"]
GroupBy = Literal["provider", "model"]

MAX_DAYS: dict[Granularity, int] = {"hour": 31, "day": 366}
"""The longest range of a series: each day is a document read."""
OTHER_LABEL = "other"


@dataclass(frozen=True, slots=True)
class SeriesRequest:
    """The interval of a series, its step, and what it is split by."""

    within: Period
    granularity: Granularity
    group_by: GroupBy | None


@dataclass(frozen=True, slots=True)
class Point:
    """Usage from `start` on, for an hour or a day; `group` is a provider's or model's name, None for all."""

    start: datetime
    group: str | None
    totals: Totals


def read_series(ledger: Ledger, known: Tenant, request: SeriesRequest, now: datetime) -> list[Point]:
    """Return the points that have usage, in order. InvalidInput for too long an interval."""
    days, most = len(list(request.within.days())), MAX_DAYS[request.granularity]
    if days > most:
        message = f"a series by {request.granularity} covers at most {most} days, not {days}"
        raise InvalidInput(message, (FieldProblem(field="from", code="range_too_long", message=message),))
    return _points(ledger.within(known, request.within, _detail(request), now).usage, request)


def _detail(request: SeriesRequest) -> Detail:
    if request.granularity == "hour":
        return Detail.HOURS
    return Detail.SERIES if request.group_by else Detail.TOTALS


def _points(usage: Usage, request: SeriesRequest) -> list[Point]:
    sums: dict[tuple[datetime, str | None], Totals] = {}
    if _detail(request) is Detail.TOTALS:
        sums = {(start_of(day), None): totals for day, totals in usage.days.items()}
    for day, cells in usage.cells.items():
        for cell, totals in cells.items():
            add(sums.setdefault((_start(day, cell, request), _group(cell, request)), {}), totals)
    points = [Point(start, group, totals) for (start, group), totals in sums.items()]
    return sorted(points, key=lambda point: (point.start, point.group or ""))


def _start(day: date, cell: Cell, request: SeriesRequest) -> datetime:
    return start_of(day) + timedelta(hours=cell.hour if request.granularity == "hour" else 0)


def _group(cell: Cell, request: SeriesRequest) -> str | None:
    if request.group_by is None:
        return None
    name = cell.series.provider if request.group_by == "provider" else cell.series.model
    return name or OTHER_LABEL
