"""The row of a tenant in the platform's list: what the tenant is, and what it had used as of the last fold."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from shared.domain.ledger.counters import Totals
from shared.domain.ledger.periods import Period, period_at
from shared.domain.limits.limits import LimitPolicy, percent_hundredths
from shared.domain.limits.metrics import Consumption, LimitedMetric
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.tenants import Tenant, TenantStatus

OVER_PERCENT: Final = 80
"""A tenant is listed as nearly used up from here on, whatever thresholds of its own it has."""
ALL_USED_HUNDREDTHS: Final = 100 * 100
RATE_HOLDS_FOR: Final = timedelta(minutes=20)
"""A tenant with new events is folded every 15 minutes at the least."""

MAX_KEY_CHARS: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

RowSort = Literal["usage", "cost", "last_event", "name", "created"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTenant:
    """The part of a row that the tenant's document decides; it is written with every change of that."""

    name: str
    name_key: str
    """The name as it is sorted and searched: without case and presentation forms."""
    plan: str
    plan_version: int
    status: TenantStatus
    subscription_status: str
    past_due: bool
    created_at: datetime
    mrr_nanousd: int = 0
    """The monthly price of what it pays now, before discounts and taxes; 0 in a row that is older than this."""
    has_second_subscription: bool = False


@dataclass(frozen=True, slots=True)
class EventRate:
    """How many events an hour came before a fold of its day at `rated_at`."""

    events_per_hour: int
    rated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RowUsage:
    """The part of a row that a fold writes: the usage of the metering period that ends at `period_end`."""

    tokens: int
    runs: int
    cost_nanousd: int
    percent_hundredths: int
    """Of the limit of which the most is used, in hundredths of a percent."""
    over_80: bool
    last_event_at: datetime | None
    """The hour of the last usage or begun run; None before the first."""
    period_end: datetime
    folded_at: datetime
    rate: EventRate | None = None
    """As of the last fold of a current day; in a write, None keeps the one that is stored."""

    def at(self, now: datetime) -> "RowUsage":
        """Return the usage at `now`: none, once the period has ended."""
        if now < self.period_end:
            return self
        return replace(self, tokens=0, runs=0, cost_nanousd=0, percent_hundredths=0, over_80=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRow:
    """A tenant in the platform's list."""

    id: str
    tenant: RowTenant
    usage: RowUsage | None
    """None for a tenant older than the list, until the daily job completes its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """How many rows there are of each kind, and their sums."""

    active: int
    suspended: int
    ended: int
    paying: int
    past_due: int
    over_80: int
    over_limit: int
    """Tenants that have used all of a limit, or more."""
    second_subscriptions: int
    mrr_nanousd: int
    events_per_hour: int

    @property
    def total(self) -> int:
        return self.active + self.suspended + self.ended


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsWanted:
    """The rows to list: None filters nothing. `q` is the beginning of an id or, in any case, of a name."""

    q: str | None = None
    plan: str | None = None
    status: TenantStatus | None = None
    over_80: bool | None = None
    past_due: bool | None = None
    sort: RowSort = "created"

    @property
    def order(self) -> RowSort:
        """How the rows are sorted: a search always by name."""
        return self.sort if self.q is None else "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """The usage of a metering period, as it was read."""

    period: Period
    consumption: Consumption
    last_event_at: datetime | None

    @classmethod
    def of(cls, period: Period, totals: Totals, runs: int, last_event_at: datetime | None) -> "Used":
        return cls(
            period=period,
            consumption=Consumption.of(totals, runs),
            last_event_at=last_event_at,
        )


def row_tenant(tenant: Tenant, now: datetime) -> RowTenant:
    """Return the part of a row that the tenant decides."""
    current = tenant.at(now)
    return RowTenant(
        name=tenant.name,
        name_key=name_key(tenant.name),
        plan=current.plan,
        plan_version=current.plan_version,
        status=tenant.status,
        subscription_status=tenant.billing.status,
        past_due=tenant.billing.past_due_since is not None,
        created_at=tenant.created_at,
        mrr_nanousd=tenant.billing.mrr_nanousd,
        has_second_subscription=tenant.billing.has_second_subscription,
    )


def row_usage(policy: LimitPolicy | None, used: Used, now: datetime) -> RowUsage:
    """Return the part of a row that usage decides; without a policy, any usage is all that is allowed."""
    consumption = used.consumption
    nothing: dict[LimitedMetric, int] = {"tokens": 0, "runs": 0}
    limits = {metric: caps.limit for metric, caps in policy.caps.items()} if policy else nothing
    percents = (percent_hundredths(consumption.used(metric), limit) for metric, limit in limits.items())
    percent = max(percents, default=0)
    return RowUsage(
        tokens=consumption.tokens,
        runs=consumption.runs,
        cost_nanousd=consumption.cost_nanousd,
        # The stores keep 64 bits.
        percent_hundredths=min(percent, MAX_LIMIT),
        over_80=percent >= OVER_PERCENT * 100,
        last_event_at=used.last_event_at,
        period_end=used.period.end,
        folded_at=now,
    )


def new_row(tenant: Tenant) -> TenantRow:
    """Return the row of a tenant that has just been created."""
    now = tenant.created_at
    nothing = Used.of(period_at(tenant.at(now).anchor, now), {}, 0, None)
    return TenantRow(id=tenant.id, tenant=row_tenant(tenant, now), usage=row_usage(None, nothing, now))


def sort_value(row: TenantRow, order: RowSort) -> int | str | None:
    """Return the value by which a row is sorted; instants as microseconds since 1970."""
    usage = row.usage
    if order == "name":
        return row.tenant.name_key
    if order == "created":
        return _microseconds(row.tenant.created_at)
    if usage is None:
        return None
    if order == "usage":
        return usage.percent_hundredths
    if order == "cost":
        return usage.cost_nanousd
    return None if usage.last_event_at is None else _microseconds(usage.last_event_at)


def name_key(name: str) -> str:
    """Return a name as it is sorted and searched, cut so that it fits into a cursor."""
    return unicodedata.normalize("NFKC", name).casefold()[:MAX_KEY_CHARS]


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
