"""Limits: the usage a tenant is allowed in a period, and its status."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.ledger.periods import Period
from shared.domain.limits.metrics import Caps, Consumption, LimitedMetric
from shared.domain.limits.plans import MAX_LIMIT, Plan
from shared.domain.prices.money import usd_string

DEFAULT_SOFT_PERCENT: Final = 80
DEFAULT_HARD_PERCENT: Final = 100
DEFAULT_ALERT_PERCENTS: Final = (50, 80, 90, 100)
MAX_ALERT_PERCENTS: Final = 10
MAX_PERCENT: Final = 1_000
"""A threshold above ten times the limit is more likely a typing error than an intention."""

Limit = Annotated[int, Field(strict=True, ge=0, le=MAX_LIMIT)]
Percent = Annotated[int, Field(strict=True, ge=1, le=MAX_PERCENT)]

AlertPercents = Annotated[tuple[Percent, ...], Field(max_length=MAX_ALERT_PERCENTS)]


class LimitOverrides(BaseModel):
    """Limits and thresholds of one tenant that replace its plan's limits and the default thresholds.

    None replaces nothing. A limit of zero is an override that allows nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: Limit | None = None
    runs: Limit | None = None
    cost_nanousd: Limit | None = None
    requests_per_minute: Limit | None = None
    soft_percent: Percent | None = None
    hard_percent: Percent | None = None
    alert_percents: AlertPercents | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPolicy:
    """The limits of one tenant per metering period, and the percentages at which warnings, blocks and alerts begin.

    Raises ValueError for a negative limit or a percentage outside 1..1000.
    """

    token_limit: int
    run_limit: int
    cost_limit_nanousd: int = MAX_LIMIT
    soft_percent: int = DEFAULT_SOFT_PERCENT
    hard_percent: int = DEFAULT_HARD_PERCENT
    alert_percents: tuple[int, ...] = DEFAULT_ALERT_PERCENTS
    """The percentages at which an alert is raised, in rising order."""
    requests_per_minute: int = MAX_LIMIT
    """Enforced with a generous factor, by each instance: see limit_rates."""
    has_grants: bool = False
    """Whether grants by hand are part of the limits."""

    def __post_init__(self) -> None:
        for limit in ("token_limit", "run_limit", "cost_limit_nanousd"):
            if (value := getattr(self, limit)) < 0:
                raise ValueError(f"{limit} is {value}, but must not be negative")
        for percent in ("soft_percent", "hard_percent"):
            if not 1 <= (value := getattr(self, percent)) <= MAX_PERCENT:
                raise ValueError(f"{percent} is {value}, but must lie in 1..{MAX_PERCENT}")

    @property
    def tokens(self) -> Caps:
        return self._caps_of(self.token_limit)

    @property
    def runs(self) -> Caps:
        return self._caps_of(self.run_limit)

    @property
    def cost(self) -> Caps:
        return self._caps_of(self.cost_limit_nanousd)

    @property
    def caps(self) -> dict[LimitedMetric, Caps]:
        """The caps of each metric that is not unlimited."""
        every: dict[LimitedMetric, Caps] = {"tokens": self.tokens, "runs": self.runs, "cost": self.cost}
        return {metric: caps for metric, caps in every.items() if caps.is_limited}

    def _caps_of(self, limit: int) -> Caps:
        hard = limit * self.hard_percent // 100
        return Caps(
            limit=limit,
            soft=_at_least(limit, self.soft_percent),
            hard=hard,
            alerts={
                percent: hard if percent == self.hard_percent else _at_least(limit, percent)
                for percent in self.alert_percents
            },
        )


class LimitStatus(BaseModel):
    """A tenant's usage of its limits in one metering period."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: str = Field(description="Id of the plan.")
    token_usage_percent: float = Field(
        description="Percentage of the limit, cut to two decimals; may exceed 100."
    )
    run_usage_percent: float = Field(
        description="Percentage of the limit, cut to two decimals; may exceed 100."
    )
    soft_limit_reached: bool = Field(
        description="Tokens, runs or the cost have reached the warning threshold."
    )
    hard_limit_reached: bool = Field(
        description="Tokens, runs or the cost have reached the blocking threshold."
    )
    tokens_used: int
    runs_used: int
    tokens_remaining: int = Field(description="Neither used nor reserved; requests beyond it are denied.")
    runs_remaining: int
    tokens_held: int = Field(description="Reserved for runs in progress.")
    period_start: datetime
    period_resets_at: datetime = Field(description="Start of the next period.")
    cost_used_usd: str = Field(description="Cost of the calls at their providers.")
    cost_limit_usd: str | None = Field(description="Null if the cost is unlimited.")
    cost_remaining_usd: str | None = Field(
        description="Neither used nor reserved; requests beyond it are denied. Null if the cost is unlimited."
    )
    cost_usage_percent: float | None = Field(
        description="Percentage of the limit, cut to two decimals; may exceed 100. Null if the cost is unlimited."
    )
    cost_is_complete: bool = Field(
        description="False if calls are unpriced or incomplete: they cost at least `cost_used_usd`."
    )
    cost_held_usd: str = Field(description="Reserved for runs in progress.")


def policy_for(
    plan: Plan, overrides: LimitOverrides, default_soft_percent: int, default_hard_percent: int
) -> LimitPolicy:
    """Return the limits of a tenant on `plan`; overrides replace the plan's limits and thresholds.

    The plan's thresholds replace the default ones. By default, alerts are raised at the usual percentages, and where
    the tenant is warned and blocked.
    """
    soft = _overridden(_overridden(default_soft_percent, plan.soft_percent), overrides.soft_percent)
    hard = _overridden(_overridden(default_hard_percent, plan.hard_percent), overrides.hard_percent)
    alerts = overrides.alert_percents or plan.alert_percents or (*DEFAULT_ALERT_PERCENTS, soft, hard)
    return LimitPolicy(
        token_limit=_overridden(plan.token_limit, overrides.tokens),
        run_limit=_overridden(plan.run_limit, overrides.runs),
        cost_limit_nanousd=_overridden(plan.cost_limit_nanousd, overrides.cost_nanousd),
        soft_percent=soft,
        hard_percent=hard,
        alert_percents=tuple(sorted(set(alerts))),
        requests_per_minute=_overridden(plan.requests_per_minute, overrides.requests_per_minute),
    )


def status(plan: Plan, policy: LimitPolicy, period: Period, used: Consumption) -> LimitStatus:
    """Return the status of a tenant in `period`. Reserved amounts reduce what remains but are not used."""
    is_hard = any(used.used(metric) >= caps.hard for metric, caps in policy.caps.items())
    is_soft = any(used.used(metric) >= caps.soft for metric, caps in policy.caps.items())
    cost = policy.caps.get("cost")
    return LimitStatus(
        plan=plan.id,
        token_usage_percent=_percent(used.tokens, policy.token_limit),
        run_usage_percent=_percent(used.runs, policy.run_limit),
        soft_limit_reached=is_hard or is_soft,
        hard_limit_reached=is_hard,
        tokens_used=used.tokens,
        runs_used=used.runs,
        tokens_remaining=max(0, policy.tokens.hard - used.tokens - used.tokens_held),
        runs_remaining=max(0, policy.runs.hard - used.runs),
        tokens_held=used.tokens_held,
        period_start=period.start,
        period_resets_at=period.end,
        cost_used_usd=usd_string(used.cost_nanousd),
        cost_limit_usd=usd_string(cost.limit) if cost else None,
        cost_remaining_usd=usd_string(max(0, cost.hard - used.cost_nanousd - used.cost_held_nanousd))
        if cost
        else None,
        cost_held_usd=usd_string(used.cost_held_nanousd),
        cost_usage_percent=_percent(used.cost_nanousd, cost.limit) if cost else None,
        cost_is_complete=used.cost_is_complete,
    )


def _at_least(limit: int, percent: int) -> int:
    """Return `percent` of `limit`, rounded up: rounded down, a limit of 1 would warn before any usage."""
    return -(-limit * percent // 100)


def _percent(used: int, limit: int) -> float:
    """Return the percentage, truncated to two decimals."""
    return percent_hundredths(used, limit) / 100


def percent_hundredths(used: int, limit: int) -> int:
    """Return the percentage in hundredths, rounded down; any usage of a limit of 0 is 100 %."""
    if limit == 0:
        return 100_00 if used else 0
    return used * 100_00 // limit


def _overridden(default: int, override: int | None) -> int:
    return default if override is None else override
