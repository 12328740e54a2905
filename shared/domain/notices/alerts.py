"""Usage alerts: the thresholds of a period's limits that usage has crossed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Literal

from shared.domain.ledger.periods import Period
from shared.domain.limits.limits import Consumption, LimitPolicy

Metric = Literal["tokens", "runs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageAlert:
    """A threshold crossed in a period; `used` and `limit` are those found at `reached_at`."""

    period: Period
    metric: Metric
    threshold_percent: int
    used: int
    limit: int
    reached_at: datetime

    @property
    def id(self) -> str:
        """The period, metric and threshold: a tenant has one alert for each, even if the limit changes."""
        return f"{self.period.key}.{self.metric}.{self.threshold_percent}"


def crossed_thresholds(
    policy: LimitPolicy, period: Period, used: Consumption, now: datetime
) -> list[UsageAlert]:
    """Return an alert for each threshold that `used` has reached: tokens first, lower thresholds first.

    The caps are those of the limit check. Zero usage crosses no threshold, even if the limit is 0.
    """
    token_caps, run_caps = policy.alert_caps(policy.token_limit), policy.alert_caps(policy.run_limit)
    alert = partial(UsageAlert, period=period, reached_at=now)
    tokens = partial(alert, metric="tokens", used=used.tokens, limit=policy.token_limit)
    runs = partial(alert, metric="runs", used=used.runs, limit=policy.run_limit)
    return [
        *(tokens(threshold_percent=percent) for percent in _reached(token_caps, used.tokens)),
        *(runs(threshold_percent=percent) for percent in _reached(run_caps, used.runs)),
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
