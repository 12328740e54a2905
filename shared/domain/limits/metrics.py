"""The metrics that have limits: their caps, the usage that counts towards them, and requests for more."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Final, Literal

from shared.domain.ledger.counters import Totals
from shared.domain.ledger.sums import cost_status_of
from shared.domain.limits.held import Held
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.prices.money import usd_text

LimitedMetric = Literal["tokens", "runs", "cost"]
"""Cost is what the tenant's calls cost at their providers, in nano-USD."""
LIMITED_METRICS: Final[tuple[LimitedMetric, ...]] = ("tokens", "runs", "cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """A limit, and the usage at which the tenant is warned, blocked and sent alerts.

    The hard cap is rounded down and every other cap up; a cap is reached when usage equals it.
    """

    limit: int
    soft: int
    hard: int
    alerts: Mapping[int, int]
    """The usage at which each alert is raised, by its percentage."""

    @property
    def is_limited(self) -> bool:
        return self.limit < MAX_LIMIT


@dataclass(frozen=True, slots=True)
class Consumption:
    """The usage of a period that limits apply to, and what runs in progress have set aside."""

    tokens: int
    runs: int
    tokens_held: int = 0
    _: KW_ONLY
    cost_nanousd: int = 0
    cost_held_nanousd: int = 0
    cost_is_complete: bool = True
    """False if a call's price is unknown or leaves something out: then the cost is at least `cost_nanousd`."""

    @classmethod
    def of(cls, totals: Totals, runs: int) -> "Consumption":
        return cls(
            totals.get("total_tokens", 0),
            runs,
            cost_nanousd=totals.get("cost_nanousd", 0),
            cost_is_complete=cost_status_of(totals) == "complete",
        )

    def used(self, metric: LimitedMetric) -> int:
        return {"tokens": self.tokens, "runs": self.runs, "cost": self.cost_nanousd}[metric]

    def held(self, metric: LimitedMetric) -> int:
        return {"tokens": self.tokens_held, "runs": 0, "cost": self.cost_held_nanousd}[metric]

    def with_held(self, held: Held) -> "Consumption":
        """Return the usage with what is set aside, and with the runs that are about to begin."""
        amounts = held.of_tenant
        return replace(
            self, runs=self.runs + held.begun, tokens_held=amounts.tokens, cost_held_nanousd=amounts.cost
        )

    def is_complete(self, metric: LimitedMetric) -> bool:
        """Return False if more than the known amount may have been used."""
        return metric != "cost" or self.cost_is_complete

    def after(self, request: "UsageRequest") -> "Consumption":
        """Return the usage if all that is requested is used."""
        return replace(
            self,
            tokens=self.tokens + request.amount("tokens"),
            runs=self.runs + request.amount("runs"),
            cost_nanousd=self.cost_nanousd + request.amount("cost"),
        )


@dataclass(frozen=True, slots=True)
class UsageRequest:
    """The additional usage that is requested; None means not requested, and 0 requests none.

    Raises ValueError for a negative amount.
    """

    tokens: int | None = None
    runs: int | None = None
    cost_nanousd: int | None = None

    def __post_init__(self) -> None:
        for name in ("tokens", "runs", "cost_nanousd"):
            if (amount := getattr(self, name)) is not None and amount < 0:
                raise ValueError(f"{name} is {amount}, which is negative")

    def amount(self, metric: LimitedMetric) -> int:
        return {"tokens": self.tokens, "runs": self.runs, "cost": self.cost_nanousd}[metric] or 0

    @property
    def is_empty(self) -> bool:
        return self.tokens is None and self.runs is None and self.cost_nanousd is None


def amount_text(metric: LimitedMetric, amount: int) -> str:
    """Return an amount without its unit, which only money has: `50,000`, `$10.00`."""
    return usd_text(amount) if metric == "cost" else f"{amount:,}"
