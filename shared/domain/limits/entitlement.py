"""A tenant's plan and metering anchor, and what replaces them later."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.limits.plans import FREE_PLAN_ID, BillingInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """A tenant's plan and metering anchor before `until`, and `then` the next entitlement (None means FREE).

    `until` is None if no end is known. `anchor` is None for the calendar month.
    """

    plan: str
    plan_version: int = 1
    until: datetime | None = None
    subscription_id: str | None = None
    anchor: datetime | None = None
    interval: BillingInterval | None = None
    quantity: int = 1
    """How many times the plan is paid for; its limits are multiplied by it."""
    then: "Entitlement | None" = None

    def at(self, now: datetime) -> "Entitlement":
        """Return the entitlement at `now`. It is decided on each read, so an end takes effect without a webhook."""
        if self.until is None or now < self.until:
            return self
        return (self.then or FREE).at(now)


FREE: Final = Entitlement(plan=FREE_PLAN_ID)
"""The entitlement of a tenant without a subscription."""
