"""A platform that sells plans through the double: the client, the catalog, a buyer, the pages and the switches."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

import stripe

SECRET = "whsec_of_the_tests"
STARTER_CENTS = 2_900
PROFESSIONAL_CENTS = 9_900
RETURN_URL = "http://127.0.0.1:9/billing"
DAY = 86_400
HOUR = 3_600


@dataclass(frozen=True)
class Page:
    """A browser's response: a redirect, or a page."""

    status: int
    location: str | None
    html: str


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        """Leave it to the test to follow."""


_BROWSER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


def browse(url: str, **form: str) -> Page:
    """Open a page, or submit a form to it."""
    body = urllib.parse.urlencode(form).encode() if form else None
    try:
        with _BROWSER.open(url, body, timeout=10) as answer:
            return Page(answer.status, None, answer.read().decode())
    except urllib.error.HTTPError as answer:
        with answer:
            return Page(answer.code, answer.headers["Location"], answer.read().decode())


class Shop:
    """Two plans, monthly and yearly, in a double at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.stripe = stripe.StripeClient(
            "sk_test_of_the_tests", base_addresses={"api": url}, max_network_retries=2
        )
        product = self.stripe.v1.products.create({"name": "Starter", "metadata": {"plan": "starter"}})
        better = self.stripe.v1.products.create({"name": "Professional"})
        self.starter = self.price(product.id, STARTER_CENTS, "month", "gwi_starter_month")
        self.professional = self.price(better.id, PROFESSIONAL_CENTS, "month", "gwi_professional_month")
        self.yearly = self.price(product.id, 10 * STARTER_CENTS, "year", "gwi_starter_year")

    def price(self, product: str, cents: int, interval: str, lookup_key: str) -> str:
        """Add a price and return its id."""
        made = self.stripe.v1.prices.create(
            {
                "product": product,
                "currency": "usd",
                "unit_amount": cents,
                "recurring": {"interval": interval},
                "lookup_key": lookup_key,
            }
        )
        return made.id

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """Use a switch of the double."""
        url, sent = f"{self.url}/_double/{path}", json.dumps(body).encode()
        with _BROWSER.open(urllib.request.Request(url, sent), timeout=30) as answer:
            return dict(json.load(answer))

    def look(self, path: str) -> dict[str, Any]:
        """Read from the double's control interface."""
        with _BROWSER.open(f"{self.url}/_double/{path}", timeout=10) as answer:
            return dict(json.load(answer))

    def customer(self, card: str = "success") -> str:
        """Add a customer whose card answers `card`, and return its id."""
        made = self.stripe.v1.customers.create({"email": "owner@example.com", "metadata": {"tenant": "acme"}})
        self.control(f"customers/{made.id}/card", outcome=card)
        return made.id

    def subscribe(self, customer: str | None = None, **params: Any) -> stripe.Subscription:
        """Start a starter subscription."""
        wanted = {"customer": customer or self.customer(), "items": [{"price": self.starter}], **params}
        return self.stripe.v1.subscriptions.create(wanted)  # type: ignore[arg-type]

    def checkout(self, **params: Any) -> stripe.checkout.Session:
        """Open a Checkout session for a starter subscription."""
        wanted: dict[str, Any] = {
            "mode": "subscription",
            "line_items": [{"price": self.starter, "quantity": 1}],
            "success_url": "http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://127.0.0.1:9/plans",
            "client_reference_id": "acme",
            "subscription_data": {"metadata": {"tenant": "acme"}},
            **params,
        }
        return self.stripe.v1.checkout.sessions.create(wanted)  # type: ignore[arg-type]

    def portal_configuration(self, **updates: Any) -> str:
        """Add a portal configuration with every feature and every price, and return its id."""
        products: dict[str, list[str]] = {}
        for price in self.stripe.v1.prices.list({"active": True, "limit": 100}).data:
            products.setdefault(str(price.product), []).append(price.id)
        subscription_update: dict[str, Any] = {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "proration_behavior": "always_invoice",
            "products": [{"product": name, "prices": prices} for name, prices in products.items()],
            **updates,
        }
        features: Any = {
            "customer_update": {"enabled": True, "allowed_updates": ["email"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": subscription_update,
        }
        made = self.stripe.v1.billing_portal.configurations.create(
            {"features": features, "metadata": {"app": "gwi"}}
        )
        return made.id

    def portal(self, customer: object, configuration: str | None = None, **flow_data: Any) -> str:
        """Open the portal for a customer and return its address; without a configuration, with one that has all."""
        params: dict[str, Any] = {"customer": str(customer), "return_url": RETURN_URL}
        params["configuration"] = configuration or self.portal_configuration()
        if flow_data:
            params["flow_data"] = flow_data
        return self.stripe.v1.billing_portal.sessions.create(params).url  # type: ignore[arg-type]

    def confirm_page(
        self, made: stripe.Subscription, price: str, configuration: str | None = None, **item: Any
    ) -> str:
        """Open the portal's page that confirms another price, and return its address."""
        items = [{"id": made["items"].data[0].id, "price": price, **item}]
        return self.portal(
            made.customer,
            configuration,
            type="subscription_update_confirm",
            subscription_update_confirm={"subscription": made.id, "items": items},
            after_completion={"type": "redirect", "redirect": {"return_url": RETURN_URL}},
        )

    def now_of(self, subscription_id: str) -> stripe.Subscription:
        """Return a subscription as it is now."""
        return self.stripe.v1.subscriptions.retrieve(subscription_id)

    def invoices_of(self, subscription_id: str) -> list[stripe.Invoice]:
        """Return a subscription's invoices, newest first."""
        return self.stripe.v1.invoices.list({"subscription": subscription_id, "limit": 100}).data

    def event_types(self, *, about: str | None = None) -> list[str]:
        """Return the types of all events in their order, or of those about one object."""
        events = reversed(list(self.stripe.v1.events.list({"limit": 100}).auto_paging_iter()))
        return [event.type for event in events if about in (None, event.data.object["id"])]

    def events(self, event_type: str) -> list[stripe.Event]:
        """Return the events of a type, newest first."""
        return self.stripe.v1.events.list({"type": event_type}).data
