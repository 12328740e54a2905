"""Limits: how much a tenant may use in a period, where it stands, and whether a request still fits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.ledger.periods import Period
from shared.domain.limits.plans import Plan

DEFAULT_SOFT_PERCENT: Final = 80
DEFAULT_HARD_PERCENT: Final = 100
MAX_PERCENT: Final = 1_000
"""Thresholds end at ten times the limit: beyond that a typing error is likelier than an intention."""

_MAX_LIMIT: Final = 2**53

LimitCode = Literal["token_limit_reached", "token_limit_exceeded", "run_limit_reached", "run_limit_exceeded"]
_Noun = Literal["token", "run"]
_CODES: Final[Mapping[_Noun, tuple[LimitCode, LimitCode]]] = {
    "token": ("token_limit_reached", "token_limit_exceeded"),
    "run": ("run_limit_reached", "run_limit_exceeded"),
}
Limit = Annotated[int, Field(strict=True, ge=0, le=_MAX_LIMIT)]
Percent = Annotated[int, Field(strict=True, ge=1, le=MAX_PERCENT)]


class LimitOverrides(BaseModel):
    """Limits and thresholds of one tenant that replace its plan's and the usual ones; None replaces nothing.

    Zero tokens or runs is an override too: it lets nothing through.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: Limit | None = None
    runs: Limit | None = None
    soft_percent: Percent | None = None
    hard_percent: Percent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPolicy:
    """The limits of one tenant, per metering period, and the percentages of them that warn and that block.

    The cap that blocks is rounded down, the one that warns is rounded up; each is reached by using that much.
    Raises ValueError for a negative limit or a percentage outside 1..1000.
    """

    token_limit: int
    run_limit: int
    soft_percent: int = DEFAULT_SOFT_PERCENT
    hard_percent: int = DEFAULT_HARD_PERCENT

    def __post_init__(self) -> None:
        for limit in ("token_limit", "run_limit"):
            if (value := getattr(self, limit)) < 0:
                raise ValueError(f"{limit} is {value}, but must not be negative")
        for percent in ("soft_percent", "hard_percent"):
            if not 1 <= (value := getattr(self, percent)) <= MAX_PERCENT:
                raise ValueError(f"{percent} is {value}, but must lie in 1..{MAX_PERCENT}")

    @property
    def soft_token_cap(self) -> int:
        """Tokens from which on the tenant is warned."""
        return _at_least(self.token_limit, self.soft_percent)

    @property
    def hard_token_cap(self) -> int:
        """Tokens that may be used and held, and not one more."""
        return _share(self.token_limit, self.hard_percent)

    @property
    def soft_run_cap(self) -> int:
        """Runs from which on the tenant is warned."""
        return _at_least(self.run_limit, self.soft_percent)

    @property
    def hard_run_cap(self) -> int:
        """Runs that may begin, and not one more."""
        return _share(self.run_limit, self.hard_percent)


@dataclass(frozen=True, slots=True)
class Consumption:
    """Tokens and runs used in a period, and tokens set aside for runs in progress."""

    tokens: int
    runs: int
    tokens_held: int = 0


class LimitStatus(BaseModel):
    """The standing of a tenant in one metering period: the `status` object of every answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: str = Field(description="Id of the plan.")
    token_usage_percent: float = Field(description="Of the limit, cut to two decimals; may exceed 100.")
    run_usage_percent: float = Field(description="Of the limit, cut to two decimals; may exceed 100.")
    soft_limit_reached: bool = Field(description="Tokens or runs have reached the threshold that warns.")
    hard_limit_reached: bool = Field(description="Tokens or runs have reached the threshold that blocks.")
    tokens_used: int
    runs_used: int
    tokens_remaining: int = Field(description="Until requests are denied: neither used nor held.")
    runs_remaining: int
    tokens_held: int = Field(description="Set aside for runs in progress.")
    period_start: datetime
    period_resets_at: datetime = Field(description="End of the period: the first instant of the next one.")


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request for more. `code` and the sentence `reason` say why it is denied, else None."""

    allowed: bool
    code: LimitCode | None = None
    reason: str | None = None


def policy_for(
    plan: Plan, overrides: LimitOverrides, default_soft_percent: int, default_hard_percent: int
) -> LimitPolicy:
    """Return the limits of a tenant on `plan`: an override beats the plan's limit or the default threshold."""
    return LimitPolicy(
        token_limit=_first_given(overrides.tokens, plan.token_limit),
        run_limit=_first_given(overrides.runs, plan.run_limit),
        soft_percent=_first_given(overrides.soft_percent, default_soft_percent),
        hard_percent=_first_given(overrides.hard_percent, default_hard_percent),
    )


def status(plan: Plan, policy: LimitPolicy, period: Period, used: Consumption) -> LimitStatus:
    """Return the standing of a tenant in `period`. Held tokens lower what remains, but are not used."""
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
    policy: LimitPolicy, standing: LimitStatus, tokens: int | None = None, runs: int | None = None
) -> Decision:
    """Decide whether `tokens` and `runs` more would fit; None means not asked for, 0 asks for none.

    `standing` is the status under the same `policy`. Tokens are always examined, used and held together. Runs
    are examined only if some are asked for or nothing is: the last run of a period may go on using tokens.
    A request that fits exactly is allowed; a cap reached is used up. Raises ValueError for a negative number.
    """
    _refuse_negative("tokens", tokens)
    _refuse_negative("runs", runs)
    denial = _denial(policy, standing, _tokens(policy, standing), tokens or 0)
    if denial is None and (runs or (tokens is None and runs is None)):
        denial = _denial(policy, standing, _runs(policy, standing), runs or 0)
    return denial or Decision(allowed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Allowance:
    """The limit of tokens or of runs, the cap that it makes, and how much of that is taken."""

    noun: _Noun
    limit: int
    cap: int
    used: int
    held: int = 0


def _tokens(policy: LimitPolicy, standing: LimitStatus) -> _Allowance:
    return _Allowance(
        noun="token",
        limit=policy.token_limit,
        cap=policy.hard_token_cap,
        used=standing.tokens_used,
        held=standing.tokens_held,
    )


def _runs(policy: LimitPolicy, standing: LimitStatus) -> _Allowance:
    return _Allowance(noun="run", limit=policy.run_limit, cap=policy.hard_run_cap, used=standing.runs_used)


def _denial(policy: LimitPolicy, standing: LimitStatus, allowance: _Allowance, asked: int) -> Decision | None:
    room = allowance.cap - allowance.used - allowance.held
    if 0 < room >= asked:
        return None
    reached, exceeded = _CODES[allowance.noun]
    code, misfit = (reached, "") if room <= 0 else (exceeded, f", so {asked:,} more would not fit")
    allowed = f"{allowance.cap:,} {allowance.noun}{'' if allowance.cap == 1 else 's'} per period"
    origin = "" if policy.hard_percent == 100 else f" ({policy.hard_percent}% of {allowance.limit:,})"
    taken = f"{allowance.used:,} {'is' if allowance.used == 1 else 'are'} used"
    held = f" and {allowance.held:,} held" if allowance.held else ""
    resets_at = f"{standing.period_resets_at:%Y-%m-%dT%H:%M:%SZ}"
    reason = (
        f"Plan {standing.plan} allows {allowed}{origin} and {taken}{held}{misfit}; it resets at {resets_at}."
    )
    return Decision(allowed=False, code=code, reason=reason)


def _at_least(limit: int, percent: int) -> int:
    """Return the smallest use that is `percent` of `limit`; rounded down, a limit of 1 would warn before any use."""
    return -(-limit * percent // 100)


def _share(limit: int, percent: int) -> int:
    return limit * percent // 100


def _percent(used: int, limit: int) -> float:
    """Return the percentage, cut to hundredths in integers; anything used of a limit of nothing is all of it."""
    if limit == 0:
        return 100.0 if used else 0.0
    return used * 10_000 // limit / 100


def _first_given(override: int | None, usual: int) -> int:
    return usual if override is None else override


def _refuse_negative(name: str, asked: int | None) -> None:
    if asked is not None and asked < 0:
        raise ValueError(f"{name} is {asked}, which is negative")
