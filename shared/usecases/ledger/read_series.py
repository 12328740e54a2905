"""Reads usage over time: by hour, day, week or month of a time zone, in total or by provider and model."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Literal
from zoneinfo import ZoneInfo

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.ledger.counters import OTHER, Series, Totals, add
from shared.domain.ledger.periods import Period, start_of
from shared.domain.ledger.rollups import bounded_series
from shared.domain.ledger.steps import Granularity, Step, Steps, days_in_zone
from shared.domain.ledger.usage import Detail, Usage
from shared.domain.ledger.zones import UTC_NAME, is_utc, require_whole_hours
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger

GroupBy = Literal["provider", "model", "provider,model"]

MAX_DAYS: dict[Granularity, int] = {"hour": 31, "day": 366, "week": 366, "month": 366}
"""The longest range of a series whose days are read: each is a document."""
MAX_DAYS_IN_ALL = 3 * 366
"""The longest range by week or month in UTC that is not split: each month is a document read."""
MAX_FILLED_ROWS = 10_000
"""The most rows of a filled series, 5 MB of JSON: 13 names by hour for 31 days, 27 by day for a year."""
OTHER_LABEL = "other"
_DAYS_AT_ONCE = 32
"""Days whose hours are held in memory together by name, up to 1 MB each: a month of any time zone."""


def _utc() -> ZoneInfo:
    return ZoneInfo(UTC_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRequest:
    """The interval of a series, its step, and what it is split by; filled, it has rows for steps without usage."""

    within: Period
    granularity: Granularity
    group_by: GroupBy | None = None
    zone: ZoneInfo = field(default_factory=_utc)
    is_filled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Usage of one step; the names are those that it is split by."""

    step: Step
    provider: str | None = None
    model: str | None = None
    totals: Totals


_Sums = dict[tuple[Step, Series], Totals]


def read_series(ledger: Ledger, known: Tenant, request: SeriesRequest, now: datetime) -> list[Point]:
    """Return the points in order.

    Raise InvalidInput for too long an interval, and for a time zone whose days do not consist of whole hours of UTC.
    """
    # The length first: the other checks look at every hour.
    is_by_month = request.granularity in ("week", "month") and request.group_by is None
    _require_length(request, MAX_DAYS_IN_ALL if is_by_month else MAX_DAYS[request.granularity])
    require_whole_hours(request.zone, request.within, "tz")
    detail = _detail(request)
    if detail is not Detail.TOTALS:
        _require_length(request, MAX_DAYS[request.granularity])
    steps = Steps(request.within, request.granularity, request.zone)
    sums: _Sums = {}
    for part in _parts(request.within, detail):
        for instant, series, totals in _cells(ledger.within(known, part, detail, now).usage):
            add(sums.setdefault((steps.at(instant), _group(series, request.group_by)), {}), totals)
    rows = _filled(sums, steps, request.group_by) if request.is_filled else sums
    return _points(rows, request.group_by)


def _detail(request: SeriesRequest) -> Detail:
    if request.granularity == "hour" or not is_utc(request.zone, request.within):
        return Detail.HOURS if request.group_by else Detail.HOUR_TOTALS
    return Detail.SERIES if request.group_by else Detail.TOTALS


def _require_length(request: SeriesRequest, most: int) -> None:
    days = days_in_zone(request.within, request.zone)
    if days > most:
        message = f"a series by {request.granularity} covers at most {most} days, not {days}"
        raise InvalidInput(message, (FieldProblem(field="from", code="range_too_long", message=message),))


def _parts(within: Period, detail: Detail) -> Iterator[Period]:
    """Yield the interval in pieces of which each fits in memory."""
    first = within.first_day
    if detail is not Detail.HOURS:
        yield within
        return
    while first <= within.last_day:
        last = min(first + timedelta(days=_DAYS_AT_ONCE - 1), within.last_day)
        yield within.part_within(first, last)
        first = last + timedelta(days=1)


def _cells(usage: Usage) -> Iterator[tuple[datetime, Series, Totals]]:
    """Yield usage with its hour or, where it was not read by the hour, its day."""
    if usage.cells:
        for day, cells in usage.cells.items():
            for cell, totals in cells.items():
                yield max(start_of(day) + timedelta(hours=cell.hour), usage.within.start), cell.series, totals
    else:
        for day, totals in usage.days.items():
            yield max(start_of(day), usage.within.start), OTHER, totals


def _group(series: Series, group_by: GroupBy | None) -> Series:
    """Return the series with only those names that usage is split by; `other` is no name."""
    split_by = group_by.split(",") if group_by else ()
    names = {name: getattr(series, name) if name in split_by else "" for name in Series._fields}
    return Series(**{name: "" if value == OTHER_LABEL else value for name, value in names.items()})


def _filled(sums: _Sums, steps: Steps, group_by: GroupBy | None) -> _Sums:
    """Return a row for each step of each group. Beyond the most rows, the smallest groups become `other`."""
    by_group: dict[Series, Totals] = {} if group_by else {OTHER: {}}
    for (_, group), totals in sums.items():
        add(by_group.setdefault(group, {}), totals)
    kept = bounded_series(by_group, MAX_FILLED_ROWS // len(steps.all))
    rows: _Sums = {place: {} for place in product(steps.all, kept)}
    for (step, group), totals in sums.items():
        add(rows[step, group if group in kept else OTHER], totals)
    return rows


def _points(rows: _Sums, group_by: GroupBy | None) -> list[Point]:
    split_by = group_by.split(",") if group_by else ()
    points = [
        Point(
            step=step,
            provider=(group.provider or OTHER_LABEL) if "provider" in split_by else None,
            model=(group.model or OTHER_LABEL) if "model" in split_by else None,
            totals=totals,
        )
        for (step, group), totals in rows.items()
    ]
    return sorted(points, key=lambda point: (point.step.start, point.provider or "", point.model or ""))
