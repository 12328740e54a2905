"""Reads usage over time: by hour or day, in total or by provider or model."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from shared.domain.counters import Cell, Totals, add
from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.periods import Period
from shared.domain.rollups import DayRollup, cells_within, start_of
from shared.ports import UsageStore
from shared.usecases.live_usage import LiveUsage, LiveUsageReader

Granularity = Literal["hour", "day"]
GroupBy = Literal["provider", "model"]

MAX_DAYS: dict[Granularity, int] = {"hour": 31, "day": 366}
"""The longest range of a series: each day is a document read."""
OTHER_LABEL = "other"


@dataclass(frozen=True, slots=True)
class Point:
    """Usage from `start` on, for an hour or a day; `group` is a provider's or model's name, None for all."""

    start: datetime
    group: str | None
    totals: Totals


def read_series(
    store: UsageStore,
    reader: LiveUsageReader,
    tenant_id: str,
    within: Period,
    granularity: Granularity,
    group_by: GroupBy | None,
    now: datetime,
) -> list[Point]:
    """The points of `within` that have usage, in order; days that are not folded yet are read live."""
    days = list(within.days())
    if len(days) > MAX_DAYS[granularity]:
        message = f"a series by {granularity} covers at most {MAX_DAYS[granularity]} days, not {len(days)}"
        raise InvalidInput(message, (FieldProblem("from", "range_too_long", message),))
    rollups = read_days(store, reader.usage(tenant_id, now), days)
    return _points(rollups, within, granularity, group_by)


def read_days(store: UsageStore, live: LiveUsage, days: Collection[date]) -> dict[date, DayRollup]:
    """Those of `days` that have a rollup, in order; for the days that are live, as a fold would write it now."""
    folded = store.read(live.tenant.id, days=[day for day in days if day not in live.days]).days
    found = {**folded, **live.days}
    return {day: found[day] for day in sorted(days) if day in found}


def _points(
    rollups: dict[date, DayRollup], within: Period, granularity: Granularity, group_by: GroupBy | None
) -> list[Point]:
    sums: dict[tuple[datetime, str | None], Totals] = {}
    for day, rollup in rollups.items():
        for cell, totals in cells_within(day, rollup.cells, within).items():
            hour = cell.hour if granularity == "hour" else 0
            start = start_of(day) + timedelta(hours=hour)
            add(sums.setdefault((start, _group(cell, group_by)), {}), totals)
    points = [Point(start, group, totals) for (start, group), totals in sums.items()]
    return sorted(points, key=lambda point: (point.start, point.group or ""))


def _group(cell: Cell, group_by: GroupBy | None) -> str | None:
    if group_by is None:
        return None
    name = cell.series.provider if group_by == "provider" else cell.series.model
    return name or OTHER_LABEL
