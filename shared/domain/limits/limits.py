"""Limits: the usage a tenant is allowed in a period, its status, and whether a request still fits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.ledger.periods import Period
from shared.domain.limits.plans import MAX_LIMIT, Plan

DEFAULT_SOFT_PERCENT: Final = 80
DEFAULT_HARD_PERCENT: Final = 100
DEFAULT_ALERT_PERCENTS: Final = (50, 80, 90, 100)
MAX_ALERT_PERCENTS: Final = 10
MAX_PERCENT: Final = 1_000
"""A threshold above ten times the limit is more likely a typing error than an intention."""

LimitCode = Literal["token_limit_reached", "token_limit_exceeded", "run_limit_reached", "run_limit_exceeded"]
_Noun = Literal["token", "run"]
_CODES: Final[Mapping[_Noun, tuple[LimitCode, LimitCode]]] = {
    "token": ("token_limit_reached", "token_limit_exceeded"),
    "run": ("run_limit_reached", "run_limit_exceeded"),
}
Limit = Annotated[int, Field(strict=True, ge=0, le=MAX_LIMIT)]
Percent = Annotated[int, Field(strict=True, ge=1, le=MAX_PERCENT)]


class LimitOverrides(BaseModel):
    """Limits and thresholds of one tenant that replace its plan's limits and the default thresholds.

    None replaces nothing. Zero tokens or runs is an override that allows nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: Limit | None = None
    runs: Limit | None = None
    requests_per_minute: Limit | None = None
    soft_percent: Percent | None = None
    hard_percent: Percent | None = None
    alert_percents: Annotated[tuple[Percent, ...], Field(max_length=MAX_ALERT_PERCENTS)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPolicy:
    """The limits of one tenant per metering period, and the percentages at which it is warned, blocked and told.

    The hard cap is rounded down and every other cap up; a cap is reached when usage equals it.
    Raises ValueError for a negative limit or a percentage outside 1..1000.
    """

    token_limit: int
    run_limit: int
    soft_percent: int = DEFAULT_SOFT_PERCENT
    hard_percent: int = DEFAULT_HARD_PERCENT
    alert_percents: tuple[int, ...] = DEFAULT_ALERT_PERCENTS
    """The percentages at which an alert is raised, in rising order."""
    requests_per_minute: int = MAX_LIMIT
    """Enforced with a generous factor, by each instance: see limit_rates."""
    has_grants: bool = False
    """Whether grants by hand are part of the limits."""

    def __post_init__(self) -> None:
        for limit in ("token_limit", "run_limit"):
            if (value := getattr(self, limit)) < 0:
                raise ValueError(f"{limit} is {value}, but must not be negative")
        for percent in ("soft_percent", "hard_percent"):
            if not 1 <= (value := getattr(self, percent)) <= MAX_PERCENT:
                raise ValueError(f"{percent} is {value}, but must lie in 1..{MAX_PERCENT}")

    @property
    def soft_token_cap(self) -> int:
        """The token usage at which the tenant is warned."""
        return _at_least(self.token_limit, self.soft_percent)

    @property
    def hard_token_cap(self) -> int:
        """The most tokens that may be used and reserved together."""
        return _share(self.token_limit, self.hard_percent)

    def alert_caps(self, limit: int) -> dict[int, int]:
        """Return the usage of `limit` at which each alert is raised, by its percentage."""
        return {
            percent: _share(limit, percent) if percent == self.hard_percent else _at_least(limit, percent)
            for percent in self.alert_percents
        }

    @property
    def soft_run_cap(self) -> int:
        """The number of runs at which the tenant is warned."""
        return _at_least(self.run_limit, self.soft_percent)

    @property
    def hard_run_cap(self) -> int:
        """The most runs that may begin."""
        return _share(self.run_limit, self.hard_percent)


@dataclass(frozen=True, slots=True)
class Consumption:
    """The tokens and runs used in a period, and the tokens reserved for runs in progress."""

    tokens: int
    runs: int
    tokens_held: int = 0


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
    soft_limit_reached: bool = Field(description="Tokens or runs have reached the warning threshold.")
    hard_limit_reached: bool = Field(description="Tokens or runs have reached the blocking threshold.")
    tokens_used: int
    runs_used: int
    tokens_remaining: int = Field(description="Neither used nor reserved; requests beyond it are denied.")
    runs_remaining: int
    tokens_held: int = Field(description="Reserved for runs in progress.")
    period_start: datetime
    period_resets_at: datetime = Field(description="Start of the next period.")


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on a request. `code` and the sentence `reason` say why it is denied; both None if allowed."""

    allowed: bool
    code: LimitCode | None = None
    reason: str | None = None


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
        soft_percent=soft,
        hard_percent=hard,
        alert_percents=tuple(sorted(set(alerts))),
        requests_per_minute=_overridden(plan.requests_per_minute, overrides.requests_per_minute),
    )


def status(plan: Plan, policy: LimitPolicy, period: Period, used: Consumption) -> LimitStatus:
    """Return the status of a tenant in `period`. Reserved tokens reduce the remaining ones but are not used."""
    hard = used.tokens >= policy.hard_token_cap or used.runs >= policy.hard_run_cap
    soft = used.tokens >= policy.soft_token_cap or used.runs >= policy.soft_run_cap
    return LimitStatus(
        plan=plan.id,
        token_usage_percent=_percent(used.tokens, policy.token_limit),
        run_usage_percent=_percent(used.runs, policy.run_limit),
        soft_limit_reached=hard or soft,
        hard_limit_reached=hard,
        tokens_used=used.tokens,
        runs_used=used.runs,
        tokens_remaining=max(0, policy.hard_token_cap - used.tokens - used.tokens_held),
        runs_remaining=max(0, policy.hard_run_cap - used.runs),
        tokens_held=used.tokens_held,
        period_start=period.start,
        period_resets_at=period.end,
    )


def decide(
    policy: LimitPolicy, current: LimitStatus, tokens: int | None = None, runs: int | None = None
) -> Decision:
    """Decide whether `tokens` and `runs` more would fit; None means not requested, 0 requests none.

    `current` is the status under the same `policy`. Used and reserved tokens are always checked. Runs are
    checked only if runs or nothing at all is requested, so that a period's last run can go on using tokens.
    A request that fits exactly is allowed; after a cap is reached, none is. Raises ValueError for a negative number.
    """
    _refuse_negative("tokens", tokens)
    _refuse_negative("runs", runs)
    denial = _denial(policy, current, _tokens(policy, current), tokens or 0)
    if denial is None and (runs or (tokens is None and runs is None)):
        denial = _denial(policy, current, _runs(policy, current), runs or 0)
    return denial or Decision(allowed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Allowance:
    """The limit of tokens or runs, the hard cap derived from it, and the usage and reservations."""

    noun: _Noun
    limit: int
    cap: int
    used: int
    reserved: int = 0


def _tokens(policy: LimitPolicy, current: LimitStatus) -> _Allowance:
    return _Allowance(
        noun="token",
        limit=policy.token_limit,
        cap=policy.hard_token_cap,
        used=current.tokens_used,
        reserved=current.tokens_held,
    )


def _runs(policy: LimitPolicy, current: LimitStatus) -> _Allowance:
    return _Allowance(noun="run", limit=policy.run_limit, cap=policy.hard_run_cap, used=current.runs_used)


def _denial(
    policy: LimitPolicy, current: LimitStatus, allowance: _Allowance, requested: int
) -> Decision | None:
    room = allowance.cap - allowance.used - allowance.reserved
    if 0 < room >= requested:
        return None
    reached, exceeded = _CODES[allowance.noun]
    code, excess = (reached, "") if room <= 0 else (exceeded, f", so {requested:,} more would not fit")
    allowed = f"{allowance.cap:,} {allowance.noun}{'' if allowance.cap == 1 else 's'} per period"
    origin = "" if policy.hard_percent == 100 else f" ({policy.hard_percent}% of {allowance.limit:,})"
    used = f"{allowance.used:,} {'is' if allowance.used == 1 else 'are'} used"
    reserved = f" and {allowance.reserved:,} reserved" if allowance.reserved else ""
    resets_at = f"{current.period_resets_at:%Y-%m-%dT%H:%M:%SZ}"
    plan = f"{current.plan} with its grants" if policy.has_grants else current.plan
    reason = f"Plan {plan} allows {allowed}{origin} and {used}{reserved}{excess}; it resets at {resets_at}."
    return Decision(allowed=False, code=code, reason=reason)


def _at_least(limit: int, percent: int) -> int:
    """Return `percent` of `limit`, rounded up: rounded down, a limit of 1 would warn before any usage."""
    return -(-limit * percent // 100)


def _share(limit: int, percent: int) -> int:
    return limit * percent // 100


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


def _refuse_negative(name: str, requested: int | None) -> None:
    if requested is not None and requested < 0:
        raise ValueError(f"{name} is {requested}, which is negative")
