"""Reads what the usage page shows: the current period as it is now, the one before it, or any interval."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.domain.counters import OTHER, Series, Totals, add, sum_by_series
from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.forecast import Forecast, forecast
from shared.domain.limits import LimitPolicy, LimitStatus
from shared.domain.periods import Period, previous
from shared.domain.recording import MAX_AHEAD
from shared.domain.rollups import (
    DayChange,
    DayRollup,
    PeriodRollup,
    cells_within,
    empty_rollup,
    fold_period,
    kept_rollup,
)
from shared.domain.tenants import Tenant
from shared.ports import ShardRef, UsageStore
from shared.usecases.check_limits import Thresholds, policy_of, status_of
from shared.usecases.live_usage import LiveUsage, LiveUsageReader, Standing
from shared.usecases.read_series import read_days

MAX_DAYS = 92
"""The longest interval, a quarter: each day is a document read."""


@dataclass(frozen=True, slots=True)
class LivePart:
    """The counters that change while the page is open, and what its sums hold of them.

    The sums less `counted`, plus the cells of `counters` within the period as they are by then, are the sums
    of that moment. A series in a counter that has no row among the sums counts into their `other`, if there is one.
    """

    days: tuple[date, ...]
    counters: tuple[ShardRef, ...]
    counted: dict[Series, Totals]
    folded_at: datetime
    """Which fold the sums go on from: a rollup of a later one knows more."""


@dataclass(frozen=True, slots=True)
class UsagePage:
    """A tenant's usage in a period or interval; status, forecast and live part are those of the current period."""

    tenant: Tenant
    policy: LimitPolicy | None
    """None if the tenant's plan is unknown; then there is no status either."""
    rollup: PeriodRollup
    status: LimitStatus | None = None
    forecast: Forecast | None = None
    live: LivePart | None = None


def read_current(reader: LiveUsageReader, thresholds: Thresholds, known: Tenant, now: datetime) -> UsagePage:
    """The page of the current period; NotFound if there is no such tenant any more. `known` may be a minute old."""
    usage = reader.usage(known.id, now, known)
    tenant, rollup, policy = usage.tenant, usage.rollup, policy_of(usage.tenant, thresholds)
    standing = Standing(tenant, rollup.period, rollup.totals, rollup.runs)
    return UsagePage(
        tenant,
        policy,
        rollup,
        status_of(standing, thresholds),
        forecast(rollup.period, rollup.days, rollup.runs, policy, tenant.created_at, now),
        _live_part(usage, now),
    )


def read_previous(
    store: UsageStore, reader: LiveUsageReader, thresholds: Thresholds, tenant_id: str, now: datetime
) -> UsagePage:
    """The page of the period before the current one, by the anchor of now; NotFound if there is no such tenant."""
    usage = reader.usage(tenant_id, now)
    tenant, period = usage.tenant, previous(usage.tenant.anchor, usage.rollup.period)
    found = store.read(tenant.id, periods=[period]).periods.get(period)
    rollup = kept_rollup(found, period, tenant.anchored_at)
    if not rollup.days:  # nothing was used, or under another anchor: then the days know it
        rollup = _summed(store, usage, period, now)
    return UsagePage(tenant, policy_of(tenant, thresholds), rollup)


def read_interval(
    store: UsageStore,
    reader: LiveUsageReader,
    thresholds: Thresholds,
    tenant_id: str,
    within: Period,
    now: datetime,
) -> UsagePage:
    """The page of any interval, days that are not folded yet as they are now; InvalidInput for too long a one."""
    # Whole days, because a quarter in which the clocks go back is an hour longer.
    if (whole_days := (within.end - within.start) // timedelta(days=1)) > MAX_DAYS:
        message = f"from: the interval covers at most {MAX_DAYS} days, not {whole_days}"
        raise InvalidInput(message, (FieldProblem("from", "range_too_long", message),))
    usage = reader.usage(tenant_id, now)
    return UsagePage(usage.tenant, policy_of(usage.tenant, thresholds), _summed(store, usage, within, now))


def _summed(store: UsageStore, usage: LiveUsage, within: Period, now: datetime) -> PeriodRollup:
    """The sum of the days of `within`; as of its last fold, or of `now` where there is nothing to fold."""
    days = read_days(store, usage, list(within.days())).values()
    changes = [DayChange(None, day) for day in days]
    runs = store.count_runs(usage.tenant.id, within.start, within.end)
    folded_at = max((day.folded_at for day in days), default=now)
    return fold_period(empty_rollup(within, folded_at), changes, runs, folded_at)


def _live_part(usage: LiveUsage, now: datetime) -> LivePart:
    """The days that events of about now belong to. What comes for earlier ones is late: the next fold shows it.

    A reader that knows nothing yet, or whose fold is away, reads many days live. To listen to all of them would
    cost a read for each of their counters, whenever the page is opened.
    """
    days = sorted(day for day in usage.days if day >= (now - MAX_AHEAD).date())
    counters = [ShardRef(day, number) for day in days for number in range(usage.tenant.counter_shards)]
    counted = _counted(usage.rollup, [usage.days[day] for day in days])
    return LivePart(tuple(days), tuple(counters), counted, usage.folded_at)


def _counted(rollup: PeriodRollup, days: Iterable[DayRollup]) -> dict[Series, Totals]:
    """What the series of `rollup` hold of `days`, each under the name it has there."""
    result: dict[Series, Totals] = {}
    for day in days:
        for series, totals in sum_by_series(cells_within(day.day, day.cells, rollup.period)).items():
            # A series without a row of its own was added to `other` whole: see fold_period.
            add(result.setdefault(series if series in rollup.series else OTHER, {}), totals)
    return {series: totals for series, totals in result.items() if totals}
