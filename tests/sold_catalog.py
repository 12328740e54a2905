"""The catalog of plans in a Stripe double: made through Stripe's API once, and copied for each test."""

from copy import deepcopy
from functools import cache

from shared.adapters.stripe import StripeApi
from shared.domain.billing.plan_mapping import catalog_to_sell
from tests.plans import PLANS
from tools.stripe_double.account import StripeObject
from tools.stripe_double.serving import Served, serving


def sell_catalog(double: Served) -> None:
    """Put the whole catalog into a double, which has nothing else yet."""
    double.account.objects = deepcopy(_catalog_in_stripe())


@cache
def _catalog_in_stripe() -> dict[str, dict[str, StripeObject]]:
    with serving() as double:
        StripeApi("sk_test_catalog", double.url, lambda: PLANS).sync_catalog(catalog_to_sell(PLANS))
        return double.account.objects
