"""Reads the data of the usage page: the current period, the previous one, or any interval."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.ledger.periods import Period, period_at, previous
from shared.domain.ledger.usage import FEW_SHARDS, Detail, Usage
from shared.domain.limits.forecast import Forecast, PeriodSoFar, forecast
from shared.domain.limits.limits import LimitPolicy, LimitStatus
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import PeriodUsage
from shared.usecases.limits.check_limits import Limits
from shared.usecases.limits.look_at_holds import look_at_holds

MAX_DAYS = 92
"""The longest interval, a quarter: each of its days costs a document read."""
ASK_EVERY_SECONDS = 5
"""The polling interval of a page that would have to listen to too many documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The counters an open page listens to for new usage, or the interval at which it polls instead."""

    counter_ids: tuple[str, ...]
    ask_every_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePage:
    """A tenant's usage in a period or interval as of `read_at`.

    Status, forecast and changes are set only for the current period.
    """

    tenant: Tenant
    policy: LimitPolicy | None
    """None if the tenant's plan is unknown; then `status` is None too."""
    usage: Usage
    read_at: datetime
    status: LimitStatus | None = None
    forecast: Forecast | None = None
    changes: Changes | None = None


def read_current(limits: Limits, known: Tenant, now: datetime) -> UsagePage:
    """Return the page of the current period. `known` may be a minute old; raise NotFound for a deleted tenant."""
    used = limits.ledger.current(known, Detail.SERIES, now)
    tenant, usage, policy = used.tenant, used.usage, limits.thresholds.policy_of(used.tenant)
    held = look_at_holds(limits.ledger.store, tenant.id, used.holds, now)
    so_far = PeriodSoFar(period=usage.within, days=usage.days, runs=usage.runs, created_at=tenant.created_at)
    return UsagePage(
        tenant=tenant,
        policy=policy,
        usage=usage,
        read_at=now,
        status=limits.status_beside(held, used),
        forecast=forecast(so_far, policy, now),
        changes=_changes(tenant, now),
    )


def read_previous(limits: Limits, known: Tenant, now: datetime) -> UsagePage:
    """Return the page of the period before the current one; raise NotFound for a deleted tenant."""
    anchor = known.at(now).anchor
    used = limits.ledger.within(known, previous(anchor, period_at(anchor, now)), Detail.SERIES, now)
    return _plain_page(limits, used, now)


def read_interval(limits: Limits, known: Tenant, within: Period, now: datetime) -> UsagePage:
    """Return the page of any interval; raise InvalidInput if it is too long, NotFound for a deleted tenant."""
    require_days(within)
    return _plain_page(limits, limits.ledger.within(known, within, Detail.SERIES, now), now)


def require_days(within: Period) -> None:
    """Raise InvalidInput for an interval that is longer than a page shows."""
    # Compared in whole days, because a quarter in which the clocks go back is an hour longer.
    if (whole_days := (within.end - within.start) // timedelta(days=1)) > MAX_DAYS:
        message = f"from: an interval covers at most {MAX_DAYS} days, not {whole_days}"
        raise InvalidInput(message, (FieldProblem(field="from", code="range_too_long", message=message),))


def _plain_page(limits: Limits, used: PeriodUsage, now: datetime) -> UsagePage:
    policy = limits.thresholds.policy_of(used.tenant)
    return UsagePage(tenant=used.tenant, policy=policy, usage=used.usage, read_at=now)


def _changes(tenant: Tenant, now: datetime) -> Changes:
    today = now.date()
    refs = tenant.counters.refs_on(today)
    if len(refs) > FEW_SHARDS:
        return Changes(counter_ids=(), ask_every_s=ASK_EVERY_SECONDS)
    return Changes(counter_ids=tuple(ref.id for ref in refs), ask_every_s=None)
