"""Compute the dollars that a run has to hold for the calls that it plans."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.limits.runs import Refusal, RunRefused
from shared.domain.people.tenants import Tenant
from shared.domain.prices.book_prices import Prices
from shared.domain.prices.planned_calls import PlannedCalls, most_nanousd
from shared.usecases.prices.read_prices import PriceReader


@dataclass(frozen=True, slots=True)
class HoldEstimator:
    """Prices planned calls as the events of a tenant are priced."""

    prices: PriceReader

    def estimate(self, tenant: Tenant, planned: PlannedCalls, now: datetime) -> int:
        """Return the most that the calls can cost, in nano-USD; raise RunRefused if that is not known."""
        nanousd = most_nanousd(planned, Prices(tenant.id, self.prices.current(now)), now)
        if nanousd is None:
            model = f"{planned.model[:80]} of {planned.provider[:80]}"
            reason = (
                f"The price of {model} is not known, so the hold cannot be computed: name budget_usd instead."
            )
            raise RunRefused(Refusal(code="price_unknown", reason=reason, scope="plan", metric="cost"))
        return nanousd
