"""The forecast of a period at its pace so far: its totals at the end, and when they reach the limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from shared.domain.ledger.counters import Totals, sum_totals
from shared.domain.ledger.periods import Period, start_of
from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.metrics import LIMITED_METRICS, Caps, Consumption

MIN_ELAPSED: Final = timedelta(hours=24)
"""Usage varies with the time of day, so only a whole day has a meaningful pace."""
MIN_DAYS_WITH_USAGE: Final = 2
"""A single day with usage may have been a trial."""
_ONE_SECOND: Final = timedelta(seconds=1)

NoForecastReason = Literal["too_little_data", "period_over"]


@dataclass(frozen=True, slots=True)
class MetricForecast:
    """The usage expected at the reset, and when it reaches the soft cap and the hard cap.

    A time is None if the cap is already reached, or not reached before the reset.
    """

    at_end: int
    soft_reached_at: datetime | None
    reached_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The forecast of a period, based on `basis_days` days with usage; None throughout if there is a `reason`."""

    tokens: MetricForecast | None
    runs: MetricForecast | None
    cost: MetricForecast | None
    """In nano-USD."""
    basis_days: int
    reason: NoForecastReason | None


@dataclass(frozen=True, slots=True)
class _Pace:
    """The instant the pace is measured from, and the whole seconds from there to now and to the period's end."""

    begin: datetime
    elapsed_seconds: int
    total_seconds: int

    def at_end(self, used: int) -> int:
        """Return the usage at the period's end at the mean pace so far, rounded down."""
        return used * self.total_seconds // self.elapsed_seconds

    def forecast(self, used: int, caps: Caps | None) -> MetricForecast:
        """Return the forecast of a metric from its usage so far, and from its caps if it has any."""
        if caps is None:
            return MetricForecast(self.at_end(used), None, None)
        soft_at, hard_at = self._instant_of(caps.soft, used), self._instant_of(caps.hard, used)
        return MetricForecast(self.at_end(used), soft_at, hard_at)

    def _instant_of(self, cap: int, used: int) -> datetime | None:
        """Return the first whole second at which `cap` is reached, if that is before the period's end."""
        if used == 0 or used >= cap:
            return None
        seconds = -(-cap * self.elapsed_seconds // used)
        return self.begin + seconds * _ONE_SECOND if seconds < self.total_seconds else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSoFar:
    """The usage of a period until now, and the tenant's creation."""

    period: Period
    days: Mapping[date, Totals]
    runs: int
    created_at: datetime


def forecast(so_far: PeriodSoFar, policy: LimitPolicy | None, now: datetime) -> Forecast:
    """Return the totals of the period at its mean pace so far, and when they reach the caps of `policy`.

    The pace is measured from the period's start. For a tenant created later, it is measured from its creation, or
    from its first day with usage if that is earlier. Totals are rounded down, times up to the whole second.
    Without a policy, only totals are forecast.
    """
    period = so_far.period
    used_days = {day for day, totals in so_far.days.items() if totals}
    begin = _begin(period, used_days, so_far.created_at)
    reason = _no_forecast_reason(period, now - begin, len(used_days), now)
    if reason is not None:
        return Forecast(tokens=None, runs=None, cost=None, basis_days=len(used_days), reason=reason)
    pace = _Pace(begin, (now - begin) // _ONE_SECOND, (period.end - begin) // _ONE_SECOND)
    used = Consumption.of(sum_totals(so_far.days.values()), so_far.runs)
    caps = policy.caps if policy else {}
    found = {metric: pace.forecast(used.used(metric), caps.get(metric)) for metric in LIMITED_METRICS}
    return Forecast(**found, basis_days=len(used_days), reason=None)


def _no_forecast_reason(
    period: Period, elapsed: timedelta, days_with_usage: int, now: datetime
) -> NoForecastReason | None:
    if now >= period.end:
        return "period_over"
    is_enough = elapsed >= MIN_ELAPSED and days_with_usage >= MIN_DAYS_WITH_USAGE
    return None if is_enough else "too_little_data"


def _begin(period: Period, used_days: set[date], created_at: datetime) -> datetime:
    """Return the instant the pace is measured from, a whole second."""
    first_day = min(used_days, default=created_at.date())
    began_at = start_of(first_day) if first_day < created_at.date() else created_at
    return max(period.start, began_at.replace(microsecond=0))
