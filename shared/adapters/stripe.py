"""StripeGateway and webhook signatures, by stripe-python."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Any, Final

import stripe

from shared.adapters.stripe_calls import all_pages, answer_of, found_by
from shared.adapters.stripe_catalog import StripeCatalog
from shared.adapters.stripe_endpoint import sync_endpoint
from shared.adapters.stripe_time import limited_session, stripe_deadline
from shared.domain.billing.correction_shapes import read_charge, read_credit_note, read_dispute
from shared.domain.billing.corrections import Correction
from shared.domain.billing.plan_mapping import TENANT_METADATA_KEY, ProductSpec
from shared.domain.billing.stripe_events import CustomerSnapshot, read_customer
from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot, read_invoice
from shared.domain.billing.stripe_subscription_shapes import SubscriptionSnapshot, read_subscription
from shared.domain.errors import NotFound, Unavailable
from shared.domain.limits.plan_catalog import CurrentPlans
from shared.ports import CheckoutOrder, CheckoutPage, EndpointSync, PortalOrder

MAX_NETWORK_RETRIES = 1
DEFAULT_SLOTS = 8
_TERMS_KEY: Final = "gwi_terms"
_EXPANDED: Final = ["items.data.price.product", "latest_invoice", "schedule.phases.items.price"]


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

    def __init__(
        self, api_key: str, base_url: str | None, plans: CurrentPlans, slots: int = DEFAULT_SLOTS
    ) -> None:
        """Let at most `slots` threads wait for Stripe at once; `plans` are the plans that prices may name."""
        self._plans = plans
        self.livemode = _mode_of(api_key)
        addresses: Any = {"api": base_url} if base_url else {}
        self._v1 = stripe.StripeClient(
            api_key,
            base_addresses=addresses,
            max_network_retries=MAX_NETWORK_RETRIES,
            http_client=stripe.RequestsClient(session=limited_session(slots)),
        ).v1
        self._catalog = StripeCatalog(self._v1)

    def within(self, seconds: float) -> AbstractContextManager[None]:
        return stripe_deadline(seconds)

    def find_customer(self, customer_id: str) -> CustomerSnapshot | None:
        found = found_by(lambda: self._v1.customers.retrieve(customer_id))
        return None if found is None or found.get("deleted") else read_customer(found)

    def find_subscription(self, subscription_id: str) -> SubscriptionSnapshot | None:
        params: Any = {"expand": _EXPANDED}
        found = found_by(lambda: self._v1.subscriptions.retrieve(subscription_id, params))
        return None if found is None else read_subscription(found, self._plans())

    def find_invoice(self, invoice_id: str) -> InvoiceSnapshot | None:
        found = found_by(lambda: self._v1.invoices.retrieve(invoice_id))
        return None if found is None else read_invoice(found)

    def find_charge(self, charge_id: str) -> Correction | None:
        found = found_by(lambda: self._v1.charges.retrieve(charge_id))
        return None if found is None else self._with_invoice(found)

    def _with_invoice(self, stripe_charge: Mapping[str, Any]) -> Correction:
        charge, intent = read_charge(stripe_charge), stripe_charge.get("payment_intent")
        return charge if intent is None else replace(charge, invoice_id=self._invoice_paid_by(intent))

    def _invoice_paid_by(self, payment_intent_id: str) -> str | None:
        payment = {"type": "payment_intent", "payment_intent": payment_intent_id}
        params: Any = {"payment": payment, "limit": 1}
        payments = answer_of(lambda: self._v1.invoice_payments.list(params)).data
        return str(payments[0].invoice) if payments else None

    def find_dispute(self, dispute_id: str) -> Correction | None:
        found = found_by(lambda: self._v1.disputes.retrieve(dispute_id))
        return None if found is None else read_dispute(found)

    def find_credit_note(self, credit_note_id: str) -> Correction | None:
        found = found_by(lambda: self._v1.credit_notes.retrieve(credit_note_id))
        return None if found is None else read_credit_note(found)

    def list_subscriptions(self, customer_id: str) -> list[SubscriptionSnapshot]:
        params: Any = {"customer": customer_id, "status": "all", "limit": 100}
        listed = answer_of(lambda: all_pages(self._v1.subscriptions.list(params)))
        # A list expands four levels with its own `data`, and products are on the fifth: ask for each.
        found = [self.find_subscription(str(each["id"])) for each in listed]
        return [each for each in found if each is not None]

    def list_invoices(self, customer_id: str) -> list[InvoiceSnapshot]:
        listed = answer_of(lambda: all_pages(self._v1.invoices.list({"customer": customer_id, "limit": 100})))
        return [read_invoice(invoice) for invoice in listed if invoice["status"] not in (None, "draft")]

    def list_corrections(self, customer_id: str) -> list[Correction]:
        params: Any = {"customer": customer_id, "limit": 100}
        charges = answer_of(lambda: all_pages(self._v1.charges.list(params)))
        notes = answer_of(lambda: all_pages(self._v1.credit_notes.list(params)))
        found = [read_credit_note(note) for note in notes]
        for charge in charges:
            if charge["amount_refunded"] or charge["disputed"]:
                found += self._corrections_of(charge)
        return found

    def _corrections_of(self, stripe_charge: Mapping[str, Any]) -> list[Correction]:
        """Return a charge and its disputes, each with the invoice that the charge paid."""
        charge = self._with_invoice(stripe_charge)
        if not stripe_charge["disputed"]:
            return [charge]
        params: Any = {"charge": charge.id, "limit": 100}
        disputes = answer_of(lambda: all_pages(self._v1.disputes.list(params)))
        return [
            charge,
            *(
                replace(read_dispute(each), customer_id=charge.customer_id, invoice_id=charge.invoice_id)
                for each in disputes
            ),
        ]

    def create_customer(self, tenant_id: str, name: str, previous_customer_id: str | None) -> str:
        params: Any = {"name": name, "metadata": {TENANT_METADATA_KEY: tenant_id}}
        # For a day, an idempotency key returns the customer it created, even if it has been deleted since.
        options: Any = {"idempotency_key": f"gwi-customer-{tenant_id}-{previous_customer_id or 'first'}"}
        return answer_of(lambda: self._v1.customers.create(params, options)).id

    def find_price(self, lookup_key: str) -> str | None:
        found = self._catalog.find_price(lookup_key)
        return str(found["id"]) if found else None

    def create_checkout(self, order: CheckoutOrder, idempotency_key: str) -> str:
        metadata = {TENANT_METADATA_KEY: order.tenant_id}
        subscription: dict[str, Any] = {"metadata": metadata}
        if order.trial_days is not None:
            subscription["trial_period_days"] = order.trial_days
        params: Any = {
            "mode": "subscription",
            "customer": order.customer_id,
            "client_reference_id": order.tenant_id,
            # Other apps set client_reference_id too; the metadata says that the session is ours, and what it sells.
            "metadata": {**metadata, _TERMS_KEY: order.terms},
            "line_items": [{"price": order.price_id, "quantity": 1}],
            "subscription_data": subscription,
            "allow_promotion_codes": True,
            "success_url": order.success_url,
            "cancel_url": order.cancel_url,
        }
        options: Any = {"idempotency_key": idempotency_key}
        return _url(answer_of(lambda: self._v1.checkout.sessions.create(params, options)))

    def list_checkouts(self, customer_id: str) -> list[CheckoutPage]:
        params: Any = {"customer": customer_id, "limit": 20}
        listed = answer_of(lambda: self._v1.checkout.sessions.list(params)).data
        return [_checkout_page(each.to_dict()) for each in listed]

    def expire_checkout(self, session_id: str) -> None:
        with suppress(NotFound, Unavailable):  # it was paid or has expired meanwhile
            answer_of(lambda: self._v1.checkout.sessions.expire(session_id))

    def cancel_subscription(self, subscription_id: str) -> None:
        # Stripe answers for a subscription that has ended as for one that does not exist.
        with suppress(NotFound):
            answer_of(lambda: self._v1.subscriptions.cancel(subscription_id))

    def create_portal(self, order: PortalOrder) -> str:
        try:
            return self._portal_page(order)
        except Unavailable:
            # Somebody may have switched off the configuration that we know.
            self._catalog.forget_portal()
            return self._portal_page(order)

    def _portal_page(self, order: PortalOrder) -> str:
        params: Any = {
            "customer": order.customer_id,
            "return_url": order.return_url,
            "configuration": self._catalog.portal_configuration(),
            **self._flow(order),
        }
        return _url(answer_of(lambda: self._v1.billing_portal.sessions.create(params)))

    def _flow(self, order: PortalOrder) -> dict[str, Any]:
        if order.subscription_id is None:
            return {}
        done = {"type": "redirect", "redirect": {"return_url": order.done_url}}
        if order.price_id is None:
            cancel = {"subscription": order.subscription_id}
            flow: dict[str, Any] = {"type": "subscription_cancel", "subscription_cancel": cancel}
        else:
            flow = {
                "type": "subscription_update_confirm",
                "subscription_update_confirm": self._confirmed(order.subscription_id, order.price_id),
            }
        return {"flow_data": {**flow, "after_completion": done}}

    def _confirmed(self, subscription_id: str, price_id: str) -> dict[str, Any]:
        found = answer_of(lambda: self._v1.subscriptions.retrieve(subscription_id)).to_dict()
        item = found["items"]["data"][0]
        changed = {"id": item["id"], "price": price_id, "quantity": item.get("quantity", 1)}
        return {"subscription": subscription_id, "items": [changed]}

    def sync_catalog(self, products: Sequence[ProductSpec]) -> list[str]:
        return self._catalog.sync(products)

    def sync_endpoint(self, url: str, event_types: Sequence[str]) -> EndpointSync:
        return sync_endpoint(self._v1, url, event_types)


def _checkout_page(session: Mapping[str, Any]) -> CheckoutPage:
    return CheckoutPage(
        id=session["id"],
        url=session["url"],
        is_open=session["status"] == "open",
        terms=(session["metadata"] or {}).get(_TERMS_KEY),
        is_ours=TENANT_METADATA_KEY in (session["metadata"] or {}),
    )


def _url(session: Any) -> str:
    return str(session.url)


def _mode_of(api_key: str) -> bool | None:
    """Return True for a live key, False for a test key, None for a key that does not say."""
    mode = api_key.split("_")[1:2]
    return {"live": True, "test": False}.get(mode[0]) if mode else None
