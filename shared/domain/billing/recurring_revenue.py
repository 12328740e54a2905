"""Monthly recurring revenue: what a tenant's subscriptions cost it a month, before discounts and taxes."""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.domain.billing.plan_mapping import CURRENCY, NANOUSD_PER_CENT
from shared.domain.billing.subscription_states import SubscriptionState
from shared.domain.billing.subscriptions import Subscription
from shared.domain.limits.plans import MAX_LIMIT, BillingInterval
from shared.domain.prices.money import divide_half_even

_PAYING: Final = frozenset({SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE})
_MONTHS_A_YEAR: Final = 12
_PAYMENTS_A_YEAR: Final[Mapping[BillingInterval, int]] = {"day": 365, "week": 52, "month": 12, "year": 1}


def monthly_nanousd(subscriptions: Iterable[Subscription]) -> int:
    """Return the monthly price of these subscriptions: unit price × quantity, a yearly one divided by 12.

    A past due subscription counts until it ends, a trial does not. Prices in tiers or in another currency are unknown
    and count nothing.
    """
    # The stores keep 64 bits.
    return min(sum(map(_monthly, subscriptions)), MAX_LIMIT)


def _monthly(subscription: Subscription) -> int:
    price = subscription.snapshot
    if subscription.state not in _PAYING or price.unit_amount is None or price.currency != CURRENCY:
        return 0
    yearly = price.unit_amount * price.quantity * NANOUSD_PER_CENT * _PAYMENTS_A_YEAR[price.interval]
    return divide_half_even(yearly, _MONTHS_A_YEAR * price.interval_count)
