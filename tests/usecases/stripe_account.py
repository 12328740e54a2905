"""Owns a Stripe account in memory, asked through StripeGateway: what is in it is what a test puts there."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.errors import Unavailable
from shared.domain.plan_mapping import ProductSpec
from shared.ports import CheckoutOrder

StripeObject = Mapping[str, Any]


class StripeAccount:
    """StripeGateway on dictionaries; `is_away` has every question unanswered."""

    def __init__(self, *objects: StripeObject) -> None:
        self.objects: dict[str, StripeObject] = {str(each["id"]): each for each in objects}
        self.is_away = False
        self.orders: list[CheckoutOrder] = []

    def put(self, stripe_object: StripeObject) -> None:
        """Have an object as it is from now on."""
        self.objects[str(stripe_object["id"])] = stripe_object

    def find_customer(self, customer_id: str) -> StripeObject | None:
        """See StripeGateway."""
        return self._find(customer_id)

    def find_subscription(self, subscription_id: str) -> StripeObject | None:
        """See StripeGateway."""
        return self._find(subscription_id)

    def find_invoice(self, invoice_id: str) -> StripeObject | None:
        """See StripeGateway."""
        return self._find(invoice_id)

    def find_charge(self, charge_id: str) -> StripeObject | None:
        """See StripeGateway."""
        return self._find(charge_id)

    def list_subscriptions(self, customer_id: str) -> list[StripeObject]:
        """See StripeGateway."""
        return self._of("subscription", customer_id)

    def list_invoices(self, customer_id: str) -> list[StripeObject]:
        """See StripeGateway."""
        return self._of("invoice", customer_id)

    def create_customer(self, tenant_id: str, name: str, former_customer_id: str | None) -> str:
        """See StripeGateway."""
        self.put({"id": f"cus_{tenant_id}{former_customer_id or ''}", "object": "customer", "name": name})
        return f"cus_{tenant_id}{former_customer_id or ''}"

    def find_price(self, lookup_key: str) -> str | None:
        """See StripeGateway."""
        return f"price_{lookup_key}"

    def create_checkout(self, order: CheckoutOrder) -> str:
        """See StripeGateway."""
        self.orders.append(order)
        return f"https://checkout.example.com/{order.idempotency_key}"

    def create_portal(self, customer_id: str, return_url: str, subscription_id: str | None) -> str:
        """See StripeGateway."""
        return f"https://portal.example.com/{customer_id}/{subscription_id or ''}"

    def sync_catalog(self, products: Sequence[ProductSpec]) -> list[str]:
        """See StripeGateway. No use case calls it; what does is tested with the double."""
        raise NotImplementedError

    def _find(self, object_id: str) -> StripeObject | None:
        if self.is_away:
            raise Unavailable("Stripe does not answer")
        return self.objects.get(object_id)

    def _of(self, kind: str, customer_id: str) -> list[StripeObject]:
        self._find(customer_id)
        owned = [each for each in self.objects.values() if each.get("customer") == customer_id]
        return [each for each in owned if each["object"] == kind]
