"""Recomputes a tenant's usage and runs from its events, and reports every difference."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shared.domain.errors import NotFound
from shared.domain.ledger.counters import Cell, Cells, Metric, Totals, add
from shared.domain.ledger.periods import MAX_AHEAD, Period, start_of
from shared.domain.ledger.usage import Detail, plan_reading, recounting
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import Run, runs_of
from shared.domain.people.tenants import Tenant
from shared.ports import UsageStore
from shared.usecases.ledger.ledger import finish_reading, read_documents
from shared.usecases.ledger.read_corrections import all_corrected

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
    expected = _Expected()
    for event in all_corrected(store, tenant):
        if event.ts >= start_of(since):
            expected.add(event)
    drifts = [
        *_compare_days(store, tenant, expected, (since, now)),
        *_compare_runs(store, tenant_id, expected, since),
    ]
    return Verification(since, expected.events, drifts)


@dataclass(slots=True)
class _Expected:
    """The sums of events that are seen once, one after the other."""

    events: int = 0
    days: dict[date, Cells] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    def add(self, event: RecordedEvent) -> None:
        """Add an event to its day and its run."""
        self.events += 1
        if event.amounts:
            cells = self.days.setdefault(event.ts.date(), {})
            add(cells.setdefault(Cell(event.ts.hour, event.series), {}), event.amounts)
        for run_id, part in runs_of([event]).items():
            if (run := self.runs.setdefault(run_id, part)) is not part:
                run.merge(part)


def _compare_days(
    store: UsageStore, tenant: Tenant, expected: _Expected, days: tuple[date, datetime]
) -> Iterator[Drift]:
    """Compare the cells of each day; `days` are the first one and the instant of now."""
    day, now = days
    end = start_of((now + MAX_AHEAD).date() + _ONE_DAY)
    while start_of(day) < end:
        within = Period(start_of(day), min(start_of(day + timedelta(days=_DAYS_PER_READ)), end))
        counted = _counted(store, tenant, within, now)
        for each in within.days():
            yield from _compare_cells(each, counted.get(each, {}), expected.days.get(each, {}))
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


def _compare_runs(store: UsageStore, tenant_id: str, expected: _Expected, since: date) -> Iterator[Drift]:
    missing = dict(expected.runs)
    for run in _runs(store, tenant_id, since):
        wanted = missing.pop(run.id, None)
        yield from _compare(f"run {run.id}", run.totals, wanted.totals if wanted else {})
    for run in missing.values():
        if run.began_at >= start_of(since) and store.find_run(tenant_id, run.id) is None:
            yield from _compare(f"run {run.id}", {}, run.totals)


def _compare(place: str, counted: Totals, expected: Totals) -> Iterator[Drift]:
    for metric in sorted({*counted, *expected}):
        if counted.get(metric, 0) != expected.get(metric, 0):
            yield Drift(
                place=place, metric=metric, counted=counted.get(metric, 0), expected=expected.get(metric, 0)
            )


def _runs(store: UsageStore, tenant_id: str, since: date) -> Iterator[Run]:
    """Yield the runs that began on the day `since` or later, newest first."""
    cursor: str | None = None
    while True:
        page = store.list_runs(tenant_id, limit=_PAGE_SIZE, cursor=cursor)
        for run in page.items:
            if run.began_at < start_of(since):
                return
            yield run
        if (cursor := page.next_cursor) is None:
            return
