"""Owns customers: create, read, change, delete, and the outcome of their card."""

import secrets

from tools.stripe_double.account import Account, StripeObject, given, merged_metadata, new_id
from tools.stripe_double.collection import end_now
from tools.stripe_double.parameters import EXPAND, Params, Schema, metadata, text
from tools.stripe_double.routes import Route, post

_PLAIN = ("email", "name")
_CREATE = Schema({**EXPAND, "email": text, "metadata": metadata, "name": text})


def create(account: Account, params: Params) -> StripeObject:
    """Create a customer without a card."""
    fields: StripeObject = {
        **dict.fromkeys(("address", "currency", "email", "name", "phone")),
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": secrets.token_hex(4).upper(),
        "invoice_settings": dict.fromkeys(
            ("custom_fields", "default_payment_method", "footer", "rendering_options")
        ),
        "metadata": merged_metadata({}, params),
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    customer = account.add("customer", fields)
    customer.update(given(params, *_PLAIN))
    account.emit("customer.created", customer)
    return customer


def delete(account: Account, _params: Params, customer_id: str) -> StripeObject:
    """Delete a customer for good; subscriptions end at once."""
    customer = account.find("customer", customer_id)
    for subscription in list(account.objects["subscription"].values()):
        if subscription["customer"] == customer_id and subscription["ended_at"] is None:
            end_now(account, subscription)
    account.emit("customer.deleted", customer)
    tombstone = {"id": customer_id, "object": "customer", "deleted": True}
    account.objects["customer"][customer_id] = tombstone
    account.cards.pop(customer_id, None)
    return tombstone


def guest(account: Account, email: str | None) -> StripeObject:
    """Return the customer that Checkout makes when a session names none."""
    return create(account, {"email": email or f"{new_id('guest')}@example.com"})


ROUTES = (
    post("/v1/customers", _CREATE, create),
    Route(method="DELETE", path="/v1/customers/<customer_id>", schema=Schema({}), answer=delete),
)
