"""The decision whether a request still fits a tenant's limits, and the sentence that says why not."""

from dataclasses import dataclass
from typing import Literal

from shared.domain.limits.limits import LimitPolicy, LimitStatus
from shared.domain.limits.metrics import Caps, Consumption, LimitedMetric, UsageRequest, amount_text

LimitCode = Literal[
    "token_limit_reached",
    "token_limit_exceeded",
    "run_limit_reached",
    "run_limit_exceeded",
    "cost_limit_reached",
    "cost_limit_exceeded",
]
_CODES: dict[LimitedMetric, tuple[LimitCode, LimitCode]] = {
    "tokens": ("token_limit_reached", "token_limit_exceeded"),
    "runs": ("run_limit_reached", "run_limit_exceeded"),
    "cost": ("cost_limit_reached", "cost_limit_exceeded"),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on a request. `code`, the sentence `reason` and `metric` say why it is denied; None if allowed."""

    allowed: bool
    code: LimitCode | None = None
    reason: str | None = None
    metric: LimitedMetric | None = None


def decide(policy: LimitPolicy, current: LimitStatus, used: Consumption, request: UsageRequest) -> Decision:
    """Decide whether `request` would fit; `current` is the status of `used` under the same `policy`.

    Used and reserved tokens and the cost are always checked. Runs are checked only if runs or nothing at all is
    requested, so that a period's last run can go on using tokens. A request that fits exactly is allowed; after a
    cap is reached, none is. The cost of a call that is not known cannot be checked.
    """
    checks_runs = request.amount("runs") > 0 or request.is_empty
    for metric, caps in policy.caps.items():
        asked = _Asked(metric=metric, caps=caps, used=used, requested=request.amount(metric))
        if not asked.fits and (metric != "runs" or checks_runs):
            return _denial(policy, current, asked)
    return Decision(allowed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """How much more of a metric is requested, beside what is used of it."""

    metric: LimitedMetric
    caps: Caps
    used: Consumption
    requested: int

    @property
    def room(self) -> int:
        return self.caps.hard - self.used.used(self.metric) - self.used.held(self.metric)

    @property
    def fits(self) -> bool:
        return 0 < self.room >= self.requested

    def text(self, amount: int) -> str:
        return amount_text(self.metric, amount)


def _denial(policy: LimitPolicy, current: LimitStatus, asked: _Asked) -> Decision:
    reached, exceeded = _CODES[asked.metric]
    is_reached = asked.room <= 0
    excess = "" if is_reached else f", so {asked.text(asked.requested)} more would not fit"
    cap = asked.caps.hard
    origin = (
        "" if policy.hard_percent == 100 else f" ({policy.hard_percent}% of {asked.text(asked.caps.limit)})"
    )
    allowed = f"{asked.text(cap)} {_unit(asked.metric, cap)} per period{origin}"
    resets_at = f"{current.period_resets_at:%Y-%m-%dT%H:%M:%SZ}"
    plan = f"{current.plan} with its grants" if policy.has_grants else current.plan
    reason = f"Plan {plan} allows {allowed} and {_used(asked)}{excess}; it resets at {resets_at}."
    return Decision(False, reached if is_reached else exceeded, reason, asked.metric)


def _unit(metric: LimitedMetric, amount: int) -> str:
    if metric == "cost":
        return "of provider cost"
    return metric.removesuffix("s") if amount == 1 else metric


def _used(asked: _Asked) -> str:
    used, held = asked.used.used(asked.metric), asked.used.held(asked.metric)
    known = "" if asked.used.is_complete(asked.metric) else "at least "
    verb = "is" if used == 1 or asked.metric == "cost" else "are"
    reserved = f" and {asked.text(held)} reserved" if held else ""
    return f"{known}{asked.text(used)} {verb} used{reserved}"
