"""Plans: their limits, thresholds and prices, in versions."""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

BillingInterval = Literal["day", "week", "month", "year"]
"""How often a subscription is billed."""

FREE_PLAN_ID: Final = "free"
"""The plan of a tenant without a subscription, never the result of a failed lookup."""
PLAN_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_MONTHS_PER_YEAR: Final = 12
MAX_LIMIT: Final = 2**53
"""The largest limit, which no tenant reaches: it means unlimited. JSON readers know integers up to it exactly."""


class PlanVersion(NamedTuple):
    """The id of a plan, and one of its versions."""

    plan: str
    version: int

    def __str__(self) -> str:
        return f"{self.plan} (version {self.version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One version of a plan. Limits are per metering period, prices in nano-USD; a price of 0 is not sold.

    Raises ValueError for a blank id or name, a limit below 1, a negative price, or a year that costs more
    than twelve months.
    """

    id: str
    name: str
    version: int = 1
    token_limit: int = MAX_LIMIT
    run_limit: int = MAX_LIMIT
    requests_per_minute: int = MAX_LIMIT
    cost_limit_nanousd: int = MAX_LIMIT
    """The most that the tenant's calls may cost at their providers in a metering period, in nano-USD."""
    monthly_price_nanousd: int = 0
    yearly_price_nanousd: int = 0
    soft_percent: int | None = None
    hard_percent: int | None = None
    alert_percents: tuple[int, ...] | None = None
    """These thresholds replace the deployment's; None replaces nothing."""
    trial_days: int | None = None
    """The trial of a first subscription; None: as the deployment is configured."""
    is_visible: bool = True
    """Whether the plan is shown to everybody. A hidden plan can be sold and given by its id."""

    def __post_init__(self) -> None:
        for text_field in ("id", "name"):
            self._require(text_field, "not be blank", bool(getattr(self, text_field).strip()))
        for limit in ("token_limit", "run_limit", "requests_per_minute", "cost_limit_nanousd"):
            self._require(limit, "be at least 1", getattr(self, limit) >= 1)
        self._require("monthly_price_nanousd", "not be negative", self.monthly_price_nanousd >= 0)
        most = self._twelve_months_nanousd or self.yearly_price_nanousd
        self._require("yearly_price_nanousd", f"lie in 0..{most}", 0 <= self.yearly_price_nanousd <= most)

    def _require(self, field: str, rule: str, holds: bool) -> None:
        if not holds:
            raise ValueError(f"{field} is {getattr(self, field)!r}, but must {rule}")

    @property
    def named_version(self) -> PlanVersion:
        """The plan's id and version."""
        return PlanVersion(self.id, self.version)

    @property
    def is_sold(self) -> bool:
        return bool(self.monthly_price_nanousd or self.yearly_price_nanousd)

    def price_nanousd(self, interval: str | None) -> int:
        """Return the price of a month or a year; 0 if it is not sold for that interval."""
        return {"month": self.monthly_price_nanousd, "year": self.yearly_price_nanousd}.get(interval or "", 0)

    def has_terms_of(self, other: "Plan") -> bool:
        """Return whether both promise the same limits and thresholds for the same prices.

        The name, the trial and the visibility of a plan are no terms: they concern nobody who has the plan.
        """
        unlike = {name: getattr(other, name) for name in ("name", "version", "trial_days", "is_visible")}
        return replace(self, **unlike) == other

    def times(self, quantity: int) -> "Plan":
        """Return the plan as it is granted when it is paid for several times: what a period allows is multiplied."""
        return replace(
            self,
            token_limit=min(self.token_limit * quantity, MAX_LIMIT),
            run_limit=min(self.run_limit * quantity, MAX_LIMIT),
            cost_limit_nanousd=min(self.cost_limit_nanousd * quantity, MAX_LIMIT),
        )

    @property
    def _twelve_months_nanousd(self) -> int:
        return _MONTHS_PER_YEAR * self.monthly_price_nanousd

    @property
    def yearly_price_per_month_nanousd(self) -> int:
        """The yearly price divided by twelve, truncated to the nano-dollar."""
        return self.yearly_price_nanousd // _MONTHS_PER_YEAR

    @property
    def yearly_saving_percent(self) -> int:
        """The saving of the yearly price over twelve monthly ones, to the nearest percent; 0 unless both are sold."""
        full = self._twelve_months_nanousd
        saved = full - self.yearly_price_nanousd
        return (200 * saved + full) // (2 * full) if full and self.yearly_price_nanousd else 0
