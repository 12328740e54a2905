"""StripeGateway and webhook signatures, by stripe-python."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, TypeVar

import stripe

from shared.adapters.stripe_time import limited_session, stripe_deadline
from shared.domain.billing.plan_mapping import TENANT_METADATA_KEY, PriceSpec, ProductSpec
from shared.domain.billing.stripe_events import (
    ChargeSnapshot,
    CustomerSnapshot,
    read_charge,
    read_customer,
)
from shared.domain.billing.stripe_shapes import (
    InvoiceSnapshot,
    SubscriptionSnapshot,
    read_invoice,
    read_subscription,
)
from shared.domain.errors import Conflict, NotFound, Unavailable
from shared.ports import CheckoutOrder

R = TypeVar("R")

MAX_NETWORK_RETRIES = 1
DEFAULT_SLOTS = 8
_RETRY_AFTER_SECONDS = 10
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

    def __init__(self, api_key: str, base_url: str | None, slots: int = DEFAULT_SLOTS) -> None:
        """Let at most `slots` threads wait for Stripe at once."""
        self.livemode = _mode_of(api_key)
        addresses: Any = {"api": base_url} if base_url else {}
        self._v1 = stripe.StripeClient(
            api_key,
            base_addresses=addresses,
            max_network_retries=MAX_NETWORK_RETRIES,
            http_client=stripe.RequestsClient(session=limited_session(slots)),
        ).v1

    def within(self, seconds: float) -> AbstractContextManager[None]:
        return stripe_deadline(seconds)

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

    def find_charge(self, charge_id: str) -> ChargeSnapshot | None:
        found = _find(lambda: self._v1.charges.retrieve(charge_id))
        return None if found is None else read_charge(found)

    def list_subscriptions(self, customer_id: str) -> list[SubscriptionSnapshot]:
        params: Any = {"customer": customer_id, "status": "all", "limit": 100}
        listed = _call(lambda: _all(self._v1.subscriptions.list(params)))
        # A list expands four levels with its own `data`, and products are on the fifth: ask for each.
        found = [self.find_subscription(str(each["id"])) for each in listed]
        return [each for each in found if each is not None]

    def list_invoices(self, customer_id: str) -> list[InvoiceSnapshot]:
        listed = _call(lambda: _all(self._v1.invoices.list({"customer": customer_id, "limit": 100})))
        return [read_invoice(invoice) for invoice in listed if invoice["status"] != "draft"]

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
            # Other apps set client_reference_id too; the metadata says that the session is ours.
            "metadata": metadata,
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

    def cancel_subscription(self, subscription_id: str) -> None:
        # Stripe answers for a subscription that has ended as for one that does not exist.
        with suppress(NotFound):
            _call(lambda: self._v1.subscriptions.cancel(subscription_id))

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


def _mode_of(api_key: str) -> bool | None:
    """Return True for a live key, False for a test key, None for a key that does not say."""
    mode = api_key.split("_")[1:2]
    return {"live": True, "test": False}.get(mode[0]) if mode else None


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
        raise Unavailable("Stripe does not respond", retry_after_seconds=_RETRY_AFTER_SECONDS) from error
    except stripe.IdempotencyError as error:
        message = "another order is being placed; try again in a minute"
        raise Conflict(message, code="order_in_progress") from error
    except stripe.InvalidRequestError as error:
        refusal = f"Stripe refused the request: {error.user_message}"
        raise (NotFound if error.code == _MISSING else Unavailable)(refusal) from error
    except stripe.StripeError as error:
        raise Unavailable(f"Stripe returned an error ({type(error).__name__})") from error
