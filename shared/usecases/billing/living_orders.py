"""Keep one living order and one living subscription for each tenant."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from shared.domain.billing.billing_account import BillingAccount, with_subscription
from shared.domain.billing.entitlements import GRANTS
from shared.domain.billing.subscription_states import SubscriptionState
from shared.domain.billing.subscriptions import ApiSnapshot, Subscription, reconcile
from shared.ports import CheckoutPage
from shared.usecases.billing.billing_dependencies import BillingDependencies

CANCEL_NEWER: Final = "cancel_newer"


def close_other_orders(
    billing: BillingDependencies, account: BillingAccount, pages: Iterable[CheckoutPage]
) -> None:
    """Expire those of `pages` that are open, and end the subscriptions that a declined payment has left.

    Stripe voids the invoice of such a subscription, so that its "Pay" link makes no second one.
    """
    expire_pages(billing, pages)
    for each in account.known_subscriptions.values():
        if each.state == SubscriptionState.INCOMPLETE and not each.snapshot.is_payment_pending:
            billing.stripe.cancel_subscription(each.id)


def expire_pages(billing: BillingDependencies, pages: Iterable[CheckoutPage]) -> None:
    """Expire those of `pages` that are ours and open."""
    for page in pages:
        if page.is_open and page.is_ours:
            billing.stripe.expire_checkout(page.id)


def begins(known: Subscription | None, subscription: Subscription) -> bool:
    """Return whether a subscription grants its plan now and did not before."""
    return GRANTS[subscription.state] and not (known and GRANTS[known.state])


def without_second(billing: BillingDependencies, account: BillingAccount, now: datetime) -> BillingAccount:
    """Return `account` with one living subscription: with the policy `cancel_newer`, end the newer ones in Stripe."""
    if billing.second_subscription != CANCEL_NEWER or billing.gateway is None:
        return account
    living = [each for each in account.known_subscriptions.values() if GRANTS[each.state]]
    living.sort(key=lambda each: (each.snapshot.created, each.id))
    current = account
    for each in living[1:]:
        billing.stripe.cancel_subscription(each.id)
        found = billing.stripe.find_subscription(each.id)
        if found is not None:
            ended = reconcile(each, ApiSnapshot(found, now))
            current = with_subscription(current, ended, billing.terms, now)
    return current
