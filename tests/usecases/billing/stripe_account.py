"""A Stripe account in memory behind StripeGateway; tests put its objects there."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TypeVar

from shared.domain.billing.corrections import Correction
from shared.domain.billing.plan_mapping import ProductSpec
from shared.domain.billing.stripe_events import CustomerSnapshot, Payload
from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot
from shared.domain.billing.stripe_subscription_shapes import SubscriptionSnapshot
from shared.domain.errors import Unavailable
from shared.ports import CheckoutOrder, CheckoutPage, EndpointSync, PortalOrder

StripeObject = SubscriptionSnapshot | InvoiceSnapshot | CustomerSnapshot | Correction
S = TypeVar("S", bound=StripeObject)


class StripeAccount:
    """StripeGateway on dictionaries; with `is_unavailable`, every request fails."""

    livemode: bool | None = False

    def __init__(self, *objects: Payload | None) -> None:
        self.objects: dict[str, StripeObject] = {}
        for each in objects:
            self.put(each)
        self.is_unavailable = False
        self.orders: list[CheckoutOrder] = []

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """Answer at once, in any time."""
        return nullcontext()

    def put(self, stripe_object: Payload | None) -> None:
        """Store an object, if the API can return objects of its type."""
        if isinstance(stripe_object, StripeObject):
            self.objects[stripe_object.id] = stripe_object

    def find_customer(self, customer_id: str) -> CustomerSnapshot | None:
        """See StripeGateway."""
        return self._find(customer_id, CustomerSnapshot)

    def find_subscription(self, subscription_id: str) -> SubscriptionSnapshot | None:
        """See StripeGateway."""
        return self._find(subscription_id, SubscriptionSnapshot)

    def find_invoice(self, invoice_id: str) -> InvoiceSnapshot | None:
        """See StripeGateway."""
        return self._find(invoice_id, InvoiceSnapshot)

    def find_charge(self, charge_id: str) -> Correction | None:
        """See StripeGateway."""
        return self._find(charge_id, Correction)

    def find_dispute(self, dispute_id: str) -> Correction | None:
        """See StripeGateway."""
        return self._find(dispute_id, Correction)

    def find_credit_note(self, credit_note_id: str) -> Correction | None:
        """See StripeGateway."""
        return self._find(credit_note_id, Correction)

    def list_subscriptions(self, customer_id: str) -> list[SubscriptionSnapshot]:
        """See StripeGateway."""
        return [each for each in self._all(SubscriptionSnapshot) if each.customer_id == customer_id]

    def list_invoices(self, customer_id: str) -> list[InvoiceSnapshot]:
        """See StripeGateway."""
        return [each for each in self._all(InvoiceSnapshot) if each.customer_id == customer_id]

    def list_corrections(self, customer_id: str) -> list[Correction]:
        """See StripeGateway."""
        return [each for each in self._all(Correction) if each.customer_id == customer_id]

    def create_customer(self, tenant_id: str, name: str, previous_customer_id: str | None) -> str:
        """See StripeGateway."""
        customer = CustomerSnapshot(f"cus_{tenant_id}{previous_customer_id or ''}", None)
        self.put(customer)
        return customer.id

    def find_price(self, lookup_key: str) -> str | None:
        """See StripeGateway."""
        return f"price_{lookup_key}"

    def create_checkout(self, order: CheckoutOrder, idempotency_key: str) -> str:
        """See StripeGateway."""
        self.orders.append(order)
        return f"https://checkout.example.com/{idempotency_key}"

    def list_checkouts(self, customer_id: str) -> list[CheckoutPage]:
        """See StripeGateway. This account keeps no pages."""
        return []

    def expire_checkout(self, session_id: str) -> None:
        """See StripeGateway. This account keeps no pages."""

    def create_portal(self, order: PortalOrder) -> str:
        """See StripeGateway."""
        return f"https://portal.example.com/{order.customer_id}/{order.subscription_id or ''}"

    def cancel_subscription(self, subscription_id: str) -> None:
        """See StripeGateway."""
        found = self.find_subscription(subscription_id)
        if found is not None:
            self.put(replace(found, status="canceled"))

    def sync_catalog(self, products: Sequence[ProductSpec]) -> list[str]:
        """See StripeGateway. No use case calls it; it is tested with the double."""
        raise NotImplementedError  # the double has the catalog, this account has none

    def sync_endpoint(self, url: str, event_types: Sequence[str]) -> EndpointSync:
        """See StripeGateway. No use case calls it; it is tested with the double."""
        raise NotImplementedError  # this account sends nothing

    def _find(self, object_id: str, kind: type[S]) -> S | None:
        return next((each for each in self._all(kind) if each.id == object_id), None)

    def _all(self, kind: type[S]) -> list[S]:
        if self.is_unavailable:
            raise Unavailable("Stripe does not respond")
        return [each for each in self.objects.values() if isinstance(each, kind)]
