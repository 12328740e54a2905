"""A platform that sells through the Stripe double: our functions as deployed, and webhooks that a test delivers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import stripe
from werkzeug.test import TestResponse

from tests.http.serving import Functions, Json, bearer, succeeded
from tests.http.stripe_caller import SECRET, send
from tests.sold_catalog import sell_catalog
from tools.stripe_double.serving import Served, serving

KEY = "sk_test_routes"
ORIGIN = "https://usage.example.com"


class Shop:
    """Our functions, the Stripe double, and the key of tenant `acme` on plan free."""

    def __init__(self, functions: Functions, double: Served) -> None:
        self.functions = functions
        self.double = double
        self.key = functions.create_tenant(plan="free")
        self.stripe = stripe.StripeClient(KEY, base_addresses={"api": double.url})

    def ask(self, what: str, body: object = None, key: str | None = None, **headers: str) -> TestResponse:
        """Request one of Stripe's pages."""
        path = f"/api/v1/tenants/acme/{what}"
        return self.functions.usage_api.post(path, json=body, headers={**bearer(key or self.key), **headers})

    def checkout(self, plan: str = "starter", interval: str = "month") -> str:
        """Return the URL of the Checkout page."""
        return str(succeeded(self.ask("checkout-sessions", {"plan": plan, "interval": interval}))["url"])

    def deliver_webhooks(self) -> None:
        """Deliver all of Stripe's events so far, signed."""
        for each in list(self.double.account.objects["event"].values()):
            response = send(self.functions, each)
            assert response.status_code == 200, response.get_data(as_text=True)

    def billing(self) -> Json:
        """Return the billing part of the usage page."""
        billing: Json = self.functions.read(self.key, "/tenants/acme/usage")["billing"]
        return billing

    def invoices(self, query: str = "") -> Json:
        """Return a page of the list."""
        return self.functions.read(self.key, f"/tenants/acme/invoices{query}")


@contextmanager
def open_shop(set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Open a shop with a double of its own."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as double:
        monkeypatch.setenv("STRIPE_API_KEY", KEY)
        monkeypatch.setenv("STRIPE_API_BASE", double.url)
        monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
        monkeypatch.setenv("GWI_WEB_ORIGIN", f"{ORIGIN}/")
        sell_catalog(double)
        yield Shop(set_up(), double)
