"""Owns usage alerts: which thresholds of a period's limits are crossed, and which of them are news."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from shared.domain.ledger.periods import Period
from shared.domain.limits.limits import Consumption, LimitPolicy

Metric = Literal["tokens", "runs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageAlert:
    """A threshold crossed in a period: `used` of `limit` when that was noticed, at `reached_at`."""

    period: Period
    metric: Metric
    threshold_percent: int
    used: int
    limit: int
    reached_at: datetime

    @property
    def id(self) -> str:
        """What makes two alerts of a tenant the same one: period, metric and threshold, whatever the limit is."""
        return f"{self.period.key}.{self.metric}.{self.threshold_percent}"


def crossed_thresholds(
    policy: LimitPolicy, period: Period, used: Consumption, now: datetime
) -> list[UsageAlert]:
    """Return the alerts that the usage of `period` amounts to: tokens first, lower thresholds first.

    The caps are those that limits are decided by. Nothing used crosses nothing, even where nothing is allowed.
    """
    soft, hard = policy.soft_percent, policy.hard_percent
    token_caps = {soft: policy.soft_token_cap, hard: policy.hard_token_cap}
    run_caps = {soft: policy.soft_run_cap, hard: policy.hard_run_cap}
    tokens = [
        UsageAlert(
            period=period,
            metric="tokens",
            threshold_percent=each,
            used=used.tokens,
            limit=policy.token_limit,
            reached_at=now,
        )
        for each in _reached(token_caps, used.tokens)
    ]
    runs = [
        UsageAlert(
            period=period,
            metric="runs",
            threshold_percent=each,
            used=used.runs,
            limit=policy.run_limit,
            reached_at=now,
        )
        for each in _reached(run_caps, used.runs)
    ]
    return [*tokens, *runs]


def unknown_alerts(crossed: Sequence[UsageAlert], known_ids: Collection[str]) -> list[UsageAlert]:
    """Those of `crossed` that have not been raised."""
    return [alert for alert in crossed if alert.id not in known_ids]


def worth_a_mail(crossed: Sequence[UsageAlert], known_ids: Collection[str]) -> Iterator[UsageAlert]:
    """Of each metric the highest threshold, if that one is new: who knows of 100 percent need not hear of 80."""
    for _, alerts in groupby(crossed, key=lambda alert: alert.metric):
        *_, highest = alerts
        if highest.id not in known_ids:
            yield highest


def _reached(caps: Mapping[int, int], used: int) -> list[int]:
    """The percentages whose cap is used up, lowest first."""
    return [percent for percent, cap in sorted(caps.items()) if used >= max(cap, 1)]
