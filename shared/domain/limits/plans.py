"""The plan catalog: the limits and prices of each plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from shared.domain.prices.money import NANOUSD_PER_USD

BillingInterval = Literal["day", "week", "month", "year"]
"""How often a subscription is billed."""

_MONTHS_PER_YEAR: Final = 12
MAX_LIMIT: Final = 2**53
"""The largest limit, which no tenant reaches: it means unlimited. JSON readers know integers up to it exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One tier. Limits are per metering period, prices in nano-USD per month and per year.

    Raises ValueError for a blank id or name, a limit below 1, a negative price, or a year that costs more
    than twelve months.
    """

    id: str
    name: str
    token_limit: int
    run_limit: int
    requests_per_minute: int
    cost_limit_nanousd: int = MAX_LIMIT
    """The most that the tenant's calls may cost at their providers in a metering period, in nano-USD."""
    monthly_price_nanousd: int
    yearly_price_nanousd: int

    def __post_init__(self) -> None:
        for text_field in ("id", "name"):
            self._require(text_field, "not be blank", bool(getattr(self, text_field).strip()))
        for limit in ("token_limit", "run_limit", "requests_per_minute", "cost_limit_nanousd"):
            self._require(limit, "be at least 1", getattr(self, limit) >= 1)
        self._require("monthly_price_nanousd", "not be negative", self.monthly_price_nanousd >= 0)
        year_is_fair = 0 <= self.yearly_price_nanousd <= self._twelve_months_nanousd
        self._require("yearly_price_nanousd", f"lie in 0..{self._twelve_months_nanousd}", year_is_fair)

    def _require(self, field: str, rule: str, holds: bool) -> None:
        if not holds:
            raise ValueError(f"{field} is {getattr(self, field)!r}, but must {rule}")

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
        """The saving of the yearly price over twelve monthly ones, to the nearest percent; 0 for a free plan."""
        full = self._twelve_months_nanousd
        saved = full - self.yearly_price_nanousd
        return (200 * saved + full) // (2 * full) if full else 0


_TIERS: Final = (
    # id              tokens / period  runs   requests / minute  USD / month  / year
    ("free",                 50_000,    10,  10,                 0,              0),
    ("starter",             500_000,   100,  30,                29,            290),
    ("professional",      2_000_000,   500,  60,                99,            990),
    ("enterprise",       10_000_000, 2_000, 120,               499,          4_990),
)  # fmt: skip  # a table is checked column by column

PLAN_CATALOG: Final = tuple(
    Plan(
        id=plan_id,
        name=plan_id.capitalize(),
        token_limit=tokens,
        run_limit=runs,
        requests_per_minute=per_minute,
        monthly_price_nanousd=usd_monthly * NANOUSD_PER_USD,
        yearly_price_nanousd=usd_yearly * NANOUSD_PER_USD,
    )
    for plan_id, tokens, runs, per_minute, usd_monthly, usd_yearly in _TIERS
)
"""Every plan, lowest first."""

FREE_PLAN: Final = PLAN_CATALOG[0]
"""The plan of a tenant without a subscription, never the result of a failed lookup."""

_BY_ID: Final[Mapping[str, Plan]] = MappingProxyType(
    {plan.id: plan for plan in PLAN_CATALOG} | {"pro": PLAN_CATALOG[2]},  # billing's alias of professional
)


def find_plan(plan_id: str) -> Plan | None:
    """Return the plan with this exact id, or with billing's alias `pro`; None if it is unknown."""
    return _BY_ID.get(plan_id)
