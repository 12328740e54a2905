"""Usage alerts: the thresholds of a period's limits that usage has crossed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from shared.domain.ledger.periods import Period
from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.metrics import Consumption, LimitedMetric
from shared.domain.prices.money import usd_string


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

    @property
    def used_usd(self) -> str | None:
        return usd_string(self.used) if self.metric == "cost" else None

    @property
    def limit_usd(self) -> str | None:
        return usd_string(self.limit) if self.metric == "cost" else None

    @property
    def id(self) -> str:
        """The period, metric and threshold: a tenant has one alert for each, even if the limit changes."""
        return f"{self.period.key}.{self.metric}.{self.threshold_percent}"


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


def new_alerts(crossed: Sequence[UsageAlert], known_ids: Collection[str]) -> list[UsageAlert]:
    return [alert for alert in crossed if alert.id not in known_ids]


def alerts_to_tell(crossed: Sequence[UsageAlert], known_ids: Collection[str]) -> Iterator[UsageAlert]:
    """Yield the highest crossed threshold of each metric, if it is new.

    After a mail about 100 percent, one about 80 percent is of no use.
    """
    for _, alerts in groupby(crossed, key=lambda alert: alert.metric):
        *_, highest = alerts
        if highest.id not in known_ids:
            yield highest


def _reached(caps: Mapping[int, int], used: int) -> list[int]:
    """Return the percentages whose cap is reached, lowest first."""
    return [percent for percent, cap in sorted(caps.items()) if used >= max(cap, 1)]
