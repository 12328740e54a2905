"""What a period will come to if its pace so far goes on, and when that reaches the limits. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from shared.domain.ledger.counters import Totals, sum_totals
from shared.domain.ledger.periods import Period, start_of
from shared.domain.limits.limits import LimitPolicy

MIN_ELAPSED: Final = timedelta(hours=24)
"""Agents follow people's days: before one whole day has passed, the hour of asking would decide the pace."""
MIN_DAYS_WITH_USAGE: Final = 2
"""One busy day among quiet ones may as well have been a trial: two are the least that make a habit."""
_ONE_SECOND: Final = timedelta(seconds=1)

Silence = Literal["too_little_data", "period_over"]


@dataclass(frozen=True, slots=True)
class MetricForecast:
    """What will be used at the reset, and when the caps that warn and that block are reached.

    An instant is None if the cap is reached already, or not before the reset.
    """

    at_end: int
    soft_reached_at: datetime | None
    reached_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The forecast of a period from `basis_days` days with usage; all None where a `reason` says why not."""

    tokens: MetricForecast | None
    runs: MetricForecast | None
    cost_nanousd_at_end: int | None
    basis_days: int
    reason: Silence | None


@dataclass(frozen=True, slots=True)
class _Pace:
    """Whole seconds from when the pace is counted: to now, and to the period's end."""

    begin: datetime
    elapsed_seconds: int
    total_seconds: int

    def at_end(self, used: int) -> int:
        """The mean of the elapsed time, kept up until the end; what is no whole one is not used."""
        return used * self.total_seconds // self.elapsed_seconds

    def forecast(self, used: int, caps: tuple[int, int] | None) -> MetricForecast:
        """What `used` comes to, and when it reaches each of `caps`."""
        soft_at, hard_at = [self._instant_of(cap, used) for cap in caps] if caps else (None, None)
        return MetricForecast(self.at_end(used), soft_at, hard_at)

    def _instant_of(self, cap: int, used: int) -> datetime | None:
        """The first whole second by which `cap` is used."""
        if used == 0 or used >= cap:
            return None
        seconds = -(-cap * self.elapsed_seconds // used)
        return self.begin + seconds * _ONE_SECOND if seconds < self.total_seconds else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSoFar:
    """What was used of a period until now, and since when the tenant exists."""

    period: Period
    days: Mapping[date, Totals]
    runs: int
    created_at: datetime


def forecast(so_far: PeriodSoFar, policy: LimitPolicy | None, now: datetime) -> Forecast:
    """Return what the period comes to at its mean pace so far, and when that reaches the caps of `policy`.

    The pace is the mean from the period's start to `now`; for a tenant created later than that, from its
    creation, or from its first day with usage if events came in for days before it. Sums are rounded down,
    instants up to the whole second. Without a policy there are sums and no instants.
    """
    period = so_far.period
    used_days = {day for day, totals in so_far.days.items() if totals}
    begin = _begin(period, used_days, so_far.created_at)
    reason = _silence(period, now - begin, len(used_days), now)
    if reason is not None:
        return Forecast(
            tokens=None, runs=None, cost_nanousd_at_end=None, basis_days=len(used_days), reason=reason
        )
    pace = _Pace(begin, (now - begin) // _ONE_SECOND, (period.end - begin) // _ONE_SECOND)
    totals = sum_totals(so_far.days.values())
    token_caps = (policy.soft_token_cap, policy.hard_token_cap) if policy else None
    run_caps = (policy.soft_run_cap, policy.hard_run_cap) if policy else None
    return Forecast(
        tokens=pace.forecast(totals.get("total_tokens", 0), token_caps),
        runs=pace.forecast(so_far.runs, run_caps),
        cost_nanousd_at_end=pace.at_end(totals.get("cost_nanousd", 0)),
        basis_days=len(used_days),
        reason=None,
    )


def _silence(period: Period, elapsed: timedelta, days_with_usage: int, now: datetime) -> Silence | None:
    if now >= period.end:
        return "period_over"
    is_enough = elapsed >= MIN_ELAPSED and days_with_usage >= MIN_DAYS_WITH_USAGE
    return None if is_enough else "too_little_data"


def _begin(period: Period, used_days: set[date], created_at: datetime) -> datetime:
    """From when the pace is counted, on a whole second."""
    first_day = min(used_days, default=created_at.date())
    began_at = start_of(first_day) if first_day < created_at.date() else created_at
    return max(period.start, began_at.replace(microsecond=0))
