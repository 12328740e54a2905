"""Recomputes a tenant's usage and runs from its events, and reports every difference."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar

from shared.domain.errors import NotFound
from shared.domain.ledger.counters import Cells, Metric, Totals
from shared.domain.ledger.periods import MAX_AHEAD, Period, start_of
from shared.domain.ledger.usage import Detail, plan_reading, recounting
from shared.domain.metering.recording import RecordedEvent, deltas_by_day
from shared.domain.metering.runs import Run, runs_of
from shared.domain.people.tenants import Tenant
from shared.ports import Page, UsageStore
from shared.usecases.ledger.ledger import finish_reading, read_documents
from shared.usecases.ledger.read_corrections import corrected

T = TypeVar("T")

_PAGE_SIZE = 500
_ONE_DAY = timedelta(days=1)
_DAYS_PER_READ = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One amount that is not what the events add up to."""

    place: str
    metric: Metric
    counted: int
    expected: int


@dataclass(frozen=True, slots=True)
class Verification:
    """The days and events that were compared, and the differences."""

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
    events = list(_newer(partial(_page_of_events, store, tenant), _time, since))
    drifts = [
        *_compare_days(store, tenant, events, (since, now)),
        *_compare_runs(store, tenant_id, events, since),
    ]
    return Verification(since, len(events), drifts)


def _page_of_events(store: UsageStore, tenant: Tenant, cursor: str | None) -> Page[RecordedEvent]:
    """Return events with their corrections, so that they add up to what stands."""
    page = store.list_events(tenant.id, limit=_PAGE_SIZE, cursor=cursor)
    return Page(corrected(store, tenant, page.items), page.next_cursor)


def _compare_days(
    store: UsageStore, tenant: Tenant, events: list[RecordedEvent], days: tuple[date, datetime]
) -> Iterator[Drift]:
    """Compare the cells of each day; `days` are the first one and the instant of now."""
    day, now = days
    expected = {day: delta.cells for day, delta in deltas_by_day(events).items()}
    end = start_of((now + MAX_AHEAD).date() + _ONE_DAY)
    while start_of(day) < end:
        within = Period(start_of(day), min(start_of(day + timedelta(days=_DAYS_PER_READ)), end))
        counted = _counted(store, tenant, within, now)
        for each in within.days():
            yield from _compare_cells(each, counted.get(each, {}), expected.get(each, {}))
        day += timedelta(days=_DAYS_PER_READ)


def _counted(store: UsageStore, tenant: Tenant, within: Period, now: datetime) -> dict[date, Cells]:
    """Return the counted cells of each day, with late events that are not folded yet."""
    plan = plan_reading(tenant.counter_history, within, Detail.HOURS, now)
    plan = recounting(plan, [ref.day for ref in store.dirty_counters(tenant.id)])
    found = read_documents(store, tenant.id, plan.first_read)[1]
    return finish_reading(store, tenant.id, plan, found).cells


def _compare_cells(day: date, counted: Cells, expected: Cells) -> Iterator[Drift]:
    for cell in sorted({*counted, *expected}):
        place = f"{day} {cell.hour:02}h {cell.series.provider} {cell.series.model}"
        yield from _compare(place, counted.get(cell, {}), expected.get(cell, {}))


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
            yield Drift(
                place=place, metric=metric, counted=counted.get(metric, 0), expected=expected.get(metric, 0)
            )


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
