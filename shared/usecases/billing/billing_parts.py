"""What the billing use cases work with, and how they ask Stripe."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.billing.billing_account import Account, with_subscription, without_customer
from shared.domain.billing.stripe_shapes import SubscriptionSnapshot
from shared.domain.billing.subscription_states import FINAL_STATES
from shared.domain.billing.subscriptions import Refetch, Subscription, reconcile
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
            message = "billing is not set up here: STRIPE_API_KEY is missing"
            raise Unavailable(message, retry_after_seconds=3600, code="billing_not_configured")
        return self.gateway


def as_stripe_says(billing: Billing, account: Account, now: datetime) -> Account:
    """Return `account` with the customer and every subscription as they are in Stripe now; write nothing."""
    customer_id, known = account.customer_id, account.known_subscriptions
    told = account
    if customer_id is not None and billing.stripe.find_customer(customer_id) is None:
        told = without_customer(account, customer_id)
    listed = billing.stripe.list_subscriptions(told.customer_id) if told.customer_id else []
    for each in [*listed, *_living_elsewhere(billing, account, {each.id for each in listed})]:
        subscription = _by_stripes_word(known.get(each.id), Refetch(each, now))
        told = with_subscription(told, subscription, billing.grace, now)
    return told


def _living_elsewhere(billing: Billing, account: Account, listed: set[str]) -> list[SubscriptionSnapshot]:
    """Return the subscriptions that had not ended when last heard of, and are not listed: of a former customer."""
    living = [each.id for each in account.known_subscriptions.values() if each.state not in FINAL_STATES]
    found = [billing.stripe.find_subscription(each) for each in living if each not in listed]
    return [each for each in found if each is not None]


def _by_stripes_word(known: Subscription | None, refetch: Refetch) -> Subscription:
    """Return `known` after asking; if events left another state than Stripe says, only what Stripe says."""
    told, fresh = reconcile(known, refetch), reconcile(None, refetch)
    # When it was first paid for only events tell: Stripe's word is how long its newest trial lasts.
    return told if told.state == fresh.state else replace(fresh, paid_since=told.paid_since)
