"""Usage alerts: the thresholds of a period's limits that usage has crossed."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, NamedTuple

from shared.domain.ledger.holds import NOTHING_HELD, Amounts, run_key
from shared.domain.ledger.periods import Period
from shared.domain.limits.budget_uses import BudgetUse
from shared.domain.limits.budgets import BudgetWindow
from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.metrics import Consumption, LimitedMetric
from shared.domain.limits.run_left import has_unknown_price, held_of, over_by, used_of
from shared.domain.metering.runs import Run
from shared.domain.prices.money import usd_string

_ONE_HOUR: Final = timedelta(hours=1)


class AlertedBudget(NamedTuple):
    """The budget of an alert, the key under which it is counted, its window, and the value of its scope."""

    id: str
    key: str
    window: BudgetWindow
    value: str | None
    """None unless each value has a budget of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageAlert:
    """A threshold crossed in a period; `used` and `limit` are those found at `reached_at`, costs in nano-USD."""

    period: Period
    metric: LimitedMetric
    threshold_percent: int
    used: int
    limit: int
    reached_at: datetime
    cost_is_complete: bool | None = None
    """False if calls are unpriced or incomplete, so that the cost is at least `used`. None if it is no cost."""
    budget: AlertedBudget | None = None
    """The budget whose threshold it is; None for a limit of the plan."""
    run_id: str | None = None
    """The run that used more than it held, which was `limit`; None for a threshold."""

    @property
    def used_usd(self) -> str | None:
        return usd_string(self.used) if self.metric == "cost" else None

    @property
    def limit_usd(self) -> str | None:
        return usd_string(self.limit) if self.metric == "cost" else None

    @property
    def over_usd(self) -> str | None:
        return usd_string(self.used - self.limit) if self.metric == "cost" else None

    @property
    def id(self) -> str:
        """The period, metric and threshold: a tenant has one alert for each, even if the limit changes.

        A budget has one for each window, value and threshold. A run has one.
        """
        if self.run_id is not None:
            return f"run.{run_key(self.run_id)}"
        if self.budget is None:
            return f"{self.period.key}.{self.metric}.{self.threshold_percent}"
        _, key, window, value = self.budget
        each = "" if value is None else f".{hashlib.sha256(value.encode()).hexdigest()[:16]}"
        return f"{self.period.key}.{window}.{key}{each}.{self.threshold_percent}"


def crossed_thresholds(
    policy: LimitPolicy, period: Period, used: Consumption, now: datetime
) -> list[UsageAlert]:
    """Return an alert for each threshold that `used` has reached: metric by metric, lower thresholds first.

    The caps are those of the limit check. Zero usage crosses no threshold, even if the limit is 0.
    """
    return [
        UsageAlert(
            period=period,
            metric=metric,
            threshold_percent=percent,
            used=used.used(metric),
            limit=caps.limit,
            reached_at=now,
            cost_is_complete=used.cost_is_complete if metric == "cost" else None,
        )
        for metric, caps in policy.caps.items()
        for percent in _reached(caps.alerts, used.used(metric))
    ]


def crossed_budgets(uses: Iterable[BudgetUse], now: datetime) -> list[UsageAlert]:
    """Return an alert for each threshold of a budget that is reached: use by use, lower thresholds first."""
    return [
        UsageAlert(
            period=use.window,
            metric=use.budget.unit,
            threshold_percent=percent,
            used=use.used,
            limit=use.budget.amount,
            reached_at=now,
            cost_is_complete=use.is_complete if use.budget.unit == "cost" else None,
            budget=AlertedBudget(
                use.budget.id, use.budget.key, use.budget.window, use.value if use.budget.is_each else None
            ),
        )
        for use in uses
        if use.window is not None
        for percent in use.reached()
    ]


def overrun_of(run: Run, taken_below: Amounts, now: datetime) -> UsageAlert | None:
    """Return the alert of a run that used more than it held: of its dollars, if these are part of it."""
    over, admission = over_by(run.sums, taken_below), run.admission
    if over == NOTHING_HELD or admission is None:
        return None
    metric: LimitedMetric = "cost" if over.cost else "tokens"
    ended_at = run.end.ended_at if run.end else admission.expires_at
    return UsageAlert(
        # The whole hours in which it held something.
        period=Period(_hour_of(admission.admitted_at), _hour_of(ended_at) + _ONE_HOUR),
        metric=metric,
        threshold_percent=100,
        used=used_of(run.sums, taken_below).of(metric),
        limit=held_of(run.sums).of(metric),
        reached_at=now,
        cost_is_complete=not has_unknown_price(run.sums) if metric == "cost" else None,
        run_id=run.id,
    )


def new_alerts(crossed: Sequence[UsageAlert], known_ids: Collection[str]) -> list[UsageAlert]:
    return [alert for alert in crossed if alert.id not in known_ids]


def alerts_to_tell(crossed: Sequence[UsageAlert], known_ids: Collection[str]) -> Iterator[UsageAlert]:
    """Yield the highest crossed threshold of each metric, or of each budget, if it is new.

    After a mail about 100 percent, one about 80 percent is of no use.
    """
    for _, alerts in groupby(crossed, key=lambda alert: (alert.metric, alert.budget)):
        *_, highest = alerts
        if highest.id not in known_ids:
            yield highest


def _reached(caps: Mapping[int, int], used: int) -> list[int]:
    """Return the percentages whose cap is reached, lowest first."""
    return [percent for percent, cap in sorted(caps.items()) if used >= max(cap, 1)]


def _hour_of(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)
