"""Reads usage over time: by hour, day, week or month, in total or by provider and model."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.ledger.counters import Series, Totals, add
from shared.domain.ledger.periods import Period, start_of
from shared.domain.ledger.usage import Detail, Usage
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger

Granularity = Literal["hour", "day", "week", "month"]
GroupBy = Literal["provider", "model", "provider,model"]

MAX_DAYS: dict[Granularity, int] = {"hour": 31, "day": 366, "week": 366, "month": 366}
"""The longest range of a series that is split: each day is a document read."""
MAX_DAYS_IN_ALL = 3 * 366
"""The longest range by week or month that is not split: each month is a document read."""
OTHER_LABEL = "other"


@dataclass(frozen=True, slots=True)
class SeriesRequest:
    """The interval of a series, its step, and what it is split by."""

    within: Period
    granularity: Granularity
    group_by: GroupBy | None


@dataclass(frozen=True, slots=True)
class Point:
    """Usage from `start` on, for one step; the names are those that it is split by."""

    start: datetime
    provider: str | None
    model: str | None
    totals: Totals


def read_series(ledger: Ledger, known: Tenant, request: SeriesRequest, now: datetime) -> list[Point]:
    """Return the points that have usage, in order. InvalidInput for too long an interval."""
    days, most = len(list(request.within.days())), _most_days(request)
    if days > most:
        message = f"a series by {request.granularity} covers at most {most} days, not {days}"
        raise InvalidInput(message, (FieldProblem(field="from", code="range_too_long", message=message),))
    return _points(ledger.within(known, request.within, _detail(request), now).usage, request)


def _most_days(request: SeriesRequest) -> int:
    is_by_month = _detail(request) is Detail.TOTALS and request.granularity in ("week", "month")
    return MAX_DAYS_IN_ALL if is_by_month else MAX_DAYS[request.granularity]


def _detail(request: SeriesRequest) -> Detail:
    if request.granularity == "hour":
        return Detail.HOURS
    return Detail.SERIES if request.group_by else Detail.TOTALS


def _points(usage: Usage, request: SeriesRequest) -> list[Point]:
    sums: dict[tuple[datetime, str | None, str | None], Totals] = {}
    if _detail(request) is Detail.TOTALS:
        for day, totals in usage.days.items():
            add(sums.setdefault((_start(day, 0, request.granularity), None, None), {}), totals)
    for day, cells in usage.cells.items():
        for cell, totals in cells.items():
            start = _start(day, cell.hour, request.granularity)
            add(sums.setdefault((start, *_names(cell.series, request.group_by)), {}), totals)
    points = [Point(*key, totals) for key, totals in sums.items()]
    return sorted(points, key=lambda point: (point.start, point.provider or "", point.model or ""))


def _start(day: date, hour: int, granularity: Granularity) -> datetime:
    """Return when the step begins that an hour of a day is in; weeks begin on Monday."""
    if granularity == "hour":
        return start_of(day) + timedelta(hours=hour)
    if granularity == "week":
        return start_of(day - timedelta(days=day.weekday()))
    return start_of(day.replace(day=1) if granularity == "month" else day)


def _names(series: Series, group_by: GroupBy | None) -> tuple[str | None, str | None]:
    """Return the provider's and the model's name, as far as usage is split by them."""
    split_by = group_by.split(",") if group_by else ()
    provider = series.provider or OTHER_LABEL if "provider" in split_by else None
    return provider, series.model or OTHER_LABEL if "model" in split_by else None
