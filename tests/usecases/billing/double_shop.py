"""A platform that sells through the local Stripe double."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import stripe

from shared.adapters.stripe import StripeApi
from shared.domain.billing.entitlements import DEFAULT_GRACE
from shared.domain.billing.plan_mapping import SoldInterval, catalog_to_sell
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.usecases.billing.apply_stripe_event import apply_stripe_event
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.start_checkout import Purchase, ReturnPages, start_checkout
from shared.usecases.billing.stripe_changes import read_stripe_event
from tests.billing_places import BillingPlace, MemoryBillingPlace
from tests.plans import PLANS
from tests.sold_catalog import sell_catalog
from tests.tools.test_stripe_double.shop import browse
from tests.usecases.billing.billing_scenarios import account_of
from tests.usecases.plain_sums import new_tenant
from tools.stripe_double.serving import Served, serving

KEY = "sk_test_shop"
PAGES = ReturnPages("https://usage.example.com", "acme")


class DoubleShop:
    """Tenant acme on plan free, the whole catalog in the double, and webhooks that a test delivers."""

    def __init__(self, double: Served, place: BillingPlace) -> None:
        self.url = double.url
        self.account = double.account
        self._readings = count()
        self.place = place
        self.plans = PLANS
        self.api = StripeApi(KEY, double.url, lambda: self.plans, slots=40)
        self.billing = BillingDependencies(place.open(), self.api, DEFAULT_GRACE, lambda: self.plans)
        self.client = stripe.StripeClient(KEY, base_addresses={"api": double.url})
        new_tenant(place.directory, plan="free")
        sell_catalog(double)

    def sell(self, plans: PlanCatalog) -> list[str]:
        """Sell these plans from now on, and return what that changes in Stripe."""
        self.plans = plans
        return self.api.sync_catalog(catalog_to_sell(plans))

    @property
    def now(self) -> datetime:
        """The time in the double, which has whole seconds; no two readings are the same."""
        second = datetime.fromtimestamp(self.account.clock.now(), UTC)
        return second + timedelta(microseconds=next(self._readings))

    def start(
        self,
        plan: str = "starter",
        interval: SoldInterval = "month",
        *,
        trial_days: int = 0,
        email: str | None = "owner@example.com",
        tenant: str = "acme",
    ) -> str:
        """Start a checkout and return its URL."""
        purchase = Purchase(
            tenant_id=tenant, plan=plan, interval=interval, trial_days=trial_days, email=email
        )
        return start_checkout(self.billing, PAGES, purchase, self.now)

    def pay(self, plan: str = "starter", interval: SoldInterval = "month") -> str:
        """Subscribe on Stripe's page and return the subscription's id; deliver no webhook."""
        url = self.start(plan, interval)
        assert browse(url, action="pay").status == 303
        return self.subscriptions()[0].id

    def switch(self, subscription_id: str, lookup_key: str) -> stripe.Subscription:
        """Change the price of a subscription and return the subscription; deliver no webhook."""
        item = self.client.v1.subscriptions.retrieve(subscription_id)["items"]["data"][0]
        price: Any = {"id": item["id"], "price": self.api.find_price(lookup_key)}
        return self.client.v1.subscriptions.update(subscription_id, {"items": [price]})

    def deliver_webhooks(self) -> list[str]:
        """Deliver all webhooks so far, oldest first, also those delivered before; return their outcomes."""
        events = [each.to_dict() for each in self.client.v1.events.list({"limit": 100}).auto_paging_iter()]
        return [
            apply_stripe_event(self.billing, read_stripe_event(each, self.plans), self.now)
            for each in reversed(events)
        ]

    def control(self, path: str, **body: object) -> None:
        """Use a switch of the double."""
        request = Request(f"{self.url}/_double/{path}", json.dumps(body).encode())
        with build_opener(ProxyHandler({})).open(request, timeout=30) as response:
            assert response.status == 200

    def subscriptions(self) -> list[stripe.Subscription]:
        """Return all subscriptions of all customers, newest first."""
        return self.client.v1.subscriptions.list({"status": "all", "limit": 100}).data

    def customers(self) -> list[stripe.Customer]:
        """Return all customers that were not deleted."""
        return self.client.v1.customers.list({"limit": 100}).data

    def sessions(self) -> list[stripe.checkout.Session]:
        """Return all Checkout sessions."""
        return self.client.v1.checkout.sessions.list({"limit": 100}).data

    def portal(self) -> dict[str, Any]:
        """Return the newest session of the portal."""
        sessions = self.account.objects["billing_portal.session"]
        return dict(sessions[list(sessions)[-1]])

    @property
    def plan(self) -> str:
        """The plan of tenant acme now."""
        return account_of(self.place.open()).tenant.at(self.now).plan

    @property
    def customer_id(self) -> str | None:
        """The stored customer of tenant acme."""
        return account_of(self.place.open()).customer_id


@contextmanager
def open_shop(place: BillingPlace | None = None) -> Iterator[DoubleShop]:
    """Open a shop with a double of its own."""
    with serving() as double:
        yield DoubleShop(double, place or MemoryBillingPlace())
