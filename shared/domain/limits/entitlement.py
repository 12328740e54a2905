"""The plan and the metering anchor that hold for a tenant, and what follows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.limits.plans import FREE_PLAN, BillingInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """The plan and the metering anchor that hold before `until`, and what holds `then` (None: FREE).

    `until` is None where no end is known. `anchor` is None for the calendar month.
    """

    plan: str
    until: datetime | None = None
    subscription_id: str | None = None
    anchor: datetime | None = None
    interval: BillingInterval | None = None
    then: "Entitlement | None" = None

    def at(self, now: datetime) -> "Entitlement":
        """What holds at `now`. Decided when reading, so an end needs no webhook to take effect."""
        if self.until is None or now < self.until:
            return self
        return (self.then or FREE).at(now)


FREE: Final = Entitlement(plan=FREE_PLAN.id)
"""What a tenant has without a subscription."""
