"""Recomputes a tenant's counters and runs from its events, and reports every difference."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from shared.domain.counters import Totals, merge_cells
from shared.domain.errors import NotFound
from shared.domain.recording import MAX_AHEAD, RecordedEvent, cells_by_day
from shared.domain.rollups import start_of
from shared.domain.runs import Run, runs_of
from shared.domain.tenants import Tenant
from shared.ports import Page, ShardRef, UsageStore

T = TypeVar("T")

_PAGE_SIZE = 500
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Drift:
    """One amount that is not what the events add up to."""

    place: str
    metric: str
    counted: int
    expected: int


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared since which day, and where it differs."""

    since: date
    events: int
    drifts: list[Drift]


def verify_counters(store: UsageStore, tenant_id: str, retention: timedelta, now: datetime) -> Verification:
    """Compare all days whose events are surely kept; NotFound if there is no such tenant.

    Anything recorded while it runs may show as a difference: repeat it when nothing is.
    """
    tenant = store.read(tenant_id).tenant
    if tenant is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    since = max(now - retention, tenant.created_at - retention).date() + _ONE_DAY
    events = list(
        _newer(lambda cursor: store.list_events(tenant_id, limit=_PAGE_SIZE, cursor=cursor), _time, since)
    )
    drifts = [
        *_compare_days(store, tenant, events, since, now),
        *_compare_runs(store, tenant_id, events, since),
    ]
    return Verification(since, len(events), drifts)


def _compare_days(
    store: UsageStore, tenant: Tenant, events: list[RecordedEvent], since: date, now: datetime
) -> Iterator[Drift]:
    expected = cells_by_day(events)
    day, last = since, (now + MAX_AHEAD).date()
    while day <= last:
        refs = [ShardRef(day, index) for index in range(tenant.counter_shards)]
        shards = store.read(tenant.id, shards=refs).shards.values()
        counted = merge_cells(shard.cells for shard in shards)
        wanted = expected.get(day, {})
        for cell in sorted({*counted, *wanted}):
            place = f"{day} {cell.hour:02}h {cell.series.provider} {cell.series.model}"
            yield from _compare(place, counted.get(cell, {}), wanted.get(cell, {}))
        day += _ONE_DAY


def _compare_runs(
    store: UsageStore, tenant_id: str, events: list[RecordedEvent], since: date
) -> Iterator[Drift]:
    expected = runs_of(events)
    for run in _newer(
        lambda cursor: store.list_runs(tenant_id, limit=_PAGE_SIZE, cursor=cursor), _begin, since
    ):
        wanted = expected.pop(run.id, None)
        yield from _compare(f"run {run.id}", run.totals, wanted.totals if wanted else {})
    for run in expected.values():
        if run.began_at >= start_of(since) and store.find_run(tenant_id, run.id) is None:
            yield from _compare(f"run {run.id}", {}, run.totals)


def _compare(place: str, counted: Totals, expected: Totals) -> Iterator[Drift]:
    for metric in sorted({*counted, *expected}):
        if counted.get(metric, 0) != expected.get(metric, 0):
            yield Drift(place, metric, counted.get(metric, 0), expected.get(metric, 0))


def _newer(
    list_page: Callable[[str | None], Page[T]], at: Callable[[T], datetime], since: date
) -> Iterator[T]:
    """Items of a list that is newest first, down to the day `since`."""
    cursor: str | None = None
    while True:
        page = list_page(cursor)
        for item in page.items:
            if at(item) < start_of(since):
                return
            yield item
        if (cursor := page.next_cursor) is None:
            return


def _time(event: RecordedEvent) -> datetime:
    return event.ts


def _begin(run: Run) -> datetime:
    return run.began_at
