"""What the billing use cases work with."""

from dataclasses import dataclass
from datetime import timedelta

from shared.domain.errors import Unavailable
from shared.ports import BillingStore, StripeGateway

MAX_TRIES = 10
"""How often a change is made again on what others have changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Billing:
    """Where billing is kept, and Stripe; without a gateway the payload of an event is all that is known."""

    store: BillingStore
    gateway: StripeGateway | None
    grace: timedelta

    @property
    def stripe(self) -> StripeGateway:
        """Stripe; Unavailable where no key for it is configured."""
        if self.gateway is None:
            raise Unavailable(
                "billing is not set up here: STRIPE_API_KEY is missing", retry_after_seconds=3600
            )
        return self.gateway
