"""StripeGateway and webhook signatures, by stripe-python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import stripe

from shared.domain.billing.correction_shapes import read_charge, read_credit_note, read_dispute
from shared.domain.billing.corrections import Correction
from shared.domain.billing.plan_mapping import TENANT_METADATA_KEY, PriceSpec, ProductSpec
from shared.domain.billing.stripe_events import CustomerSnapshot, read_customer
from shared.domain.billing.stripe_shapes import (
    InvoiceSnapshot,
    SubscriptionSnapshot,
    read_invoice,
    read_subscription,
)
from shared.domain.errors import Conflict, NotFound, Unavailable
from shared.ports import CheckoutOrder

R = TypeVar("R")

MAX_NETWORK_RETRIES = 2
_PRODUCTS = "items.data.price.product"
_MISSING = "resource_missing"


def verify_signature(payload: bytes, header: str, secrets: Sequence[str], tolerance_seconds: int) -> bool:
    """Return whether one of `secrets` signed `payload` recently; there are several while one is being replaced.

    Raise UnicodeDecodeError for a body that is not UTF-8.
    """
    text = payload.decode()
    if not header.isascii():  # signatures are compared as ASCII
        return False
    for secret in secrets:
        try:
            if stripe.WebhookSignature.verify_header(text, header, secret, tolerance_seconds):
                return True
        except stripe.SignatureVerificationError:
            continue
    return False


class StripeApi:
    """StripeGateway on Stripe's API, or on the local double at `base_url`."""

    def __init__(self, api_key: str, base_url: str | None) -> None:
        addresses: Any = {"api": base_url} if base_url else {}
        self._v1 = stripe.StripeClient(
            api_key, base_addresses=addresses, max_network_retries=MAX_NETWORK_RETRIES
        ).v1

    def find_customer(self, customer_id: str) -> CustomerSnapshot | None:
        found = _find(lambda: self._v1.customers.retrieve(customer_id))
        return None if found is None or found.get("deleted") else read_customer(found)

    def find_subscription(self, subscription_id: str) -> SubscriptionSnapshot | None:
        params: Any = {"expand": [_PRODUCTS]}
        found = _find(lambda: self._v1.subscriptions.retrieve(subscription_id, params))
        return None if found is None else read_subscription(found)

    def find_invoice(self, invoice_id: str) -> InvoiceSnapshot | None:
        found = _find(lambda: self._v1.invoices.retrieve(invoice_id))
        return None if found is None else read_invoice(found)

    def find_charge(self, charge_id: str) -> Correction | None:
        found = _find(lambda: self._v1.charges.retrieve(charge_id))
        if found is None:
            return None
        charge, intent = read_charge(found), found.get("payment_intent")
        return charge if intent is None else replace(charge, invoice_id=self._invoice_paid_by(intent))

    def _invoice_paid_by(self, payment_intent_id: str) -> str | None:
        payment = {"type": "payment_intent", "payment_intent": payment_intent_id}
        params: Any = {"payment": payment, "limit": 1}
        payments = _call(lambda: self._v1.invoice_payments.list(params)).data
        return str(payments[0].invoice) if payments else None

    def find_dispute(self, dispute_id: str) -> Correction | None:
        found = _find(lambda: self._v1.disputes.retrieve(dispute_id))
        return None if found is None else read_dispute(found)

    def find_credit_note(self, credit_note_id: str) -> Correction | None:
        found = _find(lambda: self._v1.credit_notes.retrieve(credit_note_id))
        return None if found is None else read_credit_note(found)

    def list_subscriptions(self, customer_id: str) -> list[SubscriptionSnapshot]:
        params: Any = {"customer": customer_id, "status": "all", "limit": 100}
        listed = _call(lambda: _all(self._v1.subscriptions.list(params)))
        # A list expands four levels with its own `data`, and products are on the fifth: ask for each.
        found = [self.find_subscription(str(each["id"])) for each in listed]
        return [each for each in found if each is not None]

    def list_invoices(self, customer_id: str) -> list[InvoiceSnapshot]:
        listed = _call(lambda: _all(self._v1.invoices.list({"customer": customer_id, "limit": 100})))
        return [read_invoice(invoice) for invoice in listed if invoice["status"] not in (None, "draft")]

    def create_customer(self, tenant_id: str, name: str, previous_customer_id: str | None) -> str:
        params: Any = {"name": name, "metadata": {TENANT_METADATA_KEY: tenant_id}}
        # For a day, an idempotency key returns the customer it created, even if it has been deleted since.
        options: Any = {"idempotency_key": f"gwi-customer-{tenant_id}-{previous_customer_id or 'first'}"}
        return _call(lambda: self._v1.customers.create(params, options)).id

    def find_price(self, lookup_key: str) -> str | None:
        params: Any = {"lookup_keys": [lookup_key], "active": True, "limit": 1}
        prices = _call(lambda: self._v1.prices.list(params)).data
        return prices[0].id if prices else None

    def create_checkout(self, order: CheckoutOrder) -> str:
        metadata = {TENANT_METADATA_KEY: order.tenant_id}
        subscription: dict[str, Any] = {"metadata": metadata}
        if order.trial_days is not None:
            subscription["trial_period_days"] = order.trial_days
        params: Any = {
            "mode": "subscription",
            "customer": order.customer_id,
            "client_reference_id": order.tenant_id,
            "line_items": [{"price": order.price_id, "quantity": 1}],
            "subscription_data": subscription,
            "allow_promotion_codes": True,
            "success_url": order.success_url,
            "cancel_url": order.cancel_url,
        }
        options: Any = {"idempotency_key": order.idempotency_key}
        return _url(_call(lambda: self._v1.checkout.sessions.create(params, options)))

    def create_portal(self, customer_id: str, return_url: str, subscription_id: str | None) -> str:
        params: dict[str, Any] = {"customer": customer_id, "return_url": return_url}
        if subscription_id:
            update = {"subscription": subscription_id}
            params["flow_data"] = {"type": "subscription_update", "subscription_update": update}
        request: Any = params
        return _url(_call(lambda: self._v1.billing_portal.sessions.create(request)))

    def sync_catalog(self, products: Sequence[ProductSpec]) -> list[str]:
        changes: list[str] = []
        for product in products:
            changes += self._sync_product(product)
            for price in product.prices:
                changes += self._sync_price(product, price)
        return changes

    def _sync_product(self, spec: ProductSpec) -> list[str]:
        wanted: Any = {"name": spec.name, "metadata": dict(spec.metadata), "active": True}
        found = _find(lambda: self._v1.products.retrieve(spec.id))
        if found is None:
            created: Any = {"id": spec.id, **wanted}
            _call(lambda: self._v1.products.create(created))
            return [f"created product {spec.id}"]
        metadata = found["metadata"]
        is_named = (found["name"], found["active"]) == (spec.name, True)
        # Other keys in the metadata are the seller's own.
        if is_named and {**metadata, **spec.metadata} == metadata:
            return []
        _call(lambda: self._v1.products.update(spec.id, wanted))
        return [f"repaired product {spec.id}"]

    def _sync_price(self, product: ProductSpec, spec: PriceSpec) -> list[str]:
        """Create the price; move the lookup key from one with a wrong amount, which Stripe cannot change."""
        params: Any = {"lookup_keys": [spec.lookup_key], "active": True, "limit": 1}
        found = [price.to_dict() for price in _call(lambda: self._v1.prices.list(params)).data]
        if found and _is_as_specified(found[0], product, spec):
            return []
        wanted: Any = {
            "product": product.id,
            "currency": spec.currency,
            "unit_amount": spec.unit_amount,
            "recurring": {"interval": spec.interval},
            "lookup_key": spec.lookup_key,
            "transfer_lookup_key": True,
            # The plan's name for existing subscribers after the lookup key has moved to the next price.
            "metadata": dict(product.metadata),
        }
        _call(lambda: self._v1.prices.create(wanted))
        return [f"{'replaced' if found else 'created'} price {spec.lookup_key}"]


def _is_as_specified(price: Mapping[str, Any], product: ProductSpec, spec: PriceSpec) -> bool:
    is_same_amount = (price["currency"], price["unit_amount"]) == (spec.currency, spec.unit_amount)
    recurring = price["recurring"] or {}
    return is_same_amount and price["product"] == product.id and recurring.get("interval") == spec.interval


def _all(page: Any) -> list[Mapping[str, object]]:
    return [each.to_dict() for each in page.auto_paging_iter()]


def _url(session: Any) -> str:
    return str(session.url)


def _find(call: Callable[[], Any]) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = _call(call).to_dict()
    except NotFound:
        return None
    return found


def _call(call: Callable[[], R]) -> R:
    """Return the result of `call`. Raise NotFound for a missing object, Unavailable for any other failure."""
    try:
        return call()
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise Unavailable("Stripe does not respond") from error
    except stripe.IdempotencyError as error:
        message = "another order is being placed; try again in a minute"
        raise Conflict(message, code="order_in_progress") from error
    except stripe.InvalidRequestError as error:
        refusal = f"Stripe refused the request: {error.user_message}"
        raise (NotFound if error.code == _MISSING else Unavailable)(refusal) from error
    except stripe.StripeError as error:
        raise Unavailable(f"Stripe returned an error ({type(error).__name__})") from error
