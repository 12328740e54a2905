"""Owns customers: create, read, change, delete, and the outcome of their card."""

import secrets

from tools.stripe_double.account import Account, StripeObject, merged_metadata, new_id
from tools.stripe_double.collection import end_now
from tools.stripe_double.pagination import list_page
from tools.stripe_double.parameters import (
    EXPAND,
    LISTING,
    RETRIEVE,
    Params,
    Schema,
    clearable,
    each,
    integer,
    metadata,
    text,
)
from tools.stripe_double.routes import Route

_ADDRESS_PARTS = ("city", "country", "line1", "line2", "postal_code", "state")
_ADDRESS = Schema(dict.fromkeys(_ADDRESS_PARTS, clearable(text)))
_FIELDS = Schema(
    {
        **EXPAND,
        "address": clearable(_ADDRESS),
        "balance": integer,
        "description": clearable(text),
        "email": clearable(text),
        "metadata": metadata,
        "name": clearable(text),
        "phone": clearable(text),
        "preferred_locales": each(text),
    }
)
_LIST = Schema({**LISTING, "email": text})
_PLAIN = ("balance", "description", "email", "name", "phone", "preferred_locales")


def create(account: Account, params: Params) -> StripeObject:
    """Create a customer without a card."""
    fields: StripeObject = {
        **dict.fromkeys(("address", "business_name", "currency", "customer_account", "default_source")),
        **dict.fromkeys(("description", "discount", "email", "individual_name", "name", "phone")),
        **dict.fromkeys(("shipping", "test_clock")),
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": secrets.token_hex(4).upper(),
        "invoice_settings": dict.fromkeys(
            ("custom_fields", "default_payment_method", "footer", "rendering_options")
        ),
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    customer = account.add("customer", fields)
    customer.update({name: params[name] for name in _PLAIN if name in params})
    _set_address(customer, params)
    account.emit("customer.created", customer)
    return customer


def _set_address(customer: StripeObject, params: Params) -> None:
    if "address" in params:
        given = params["address"]
        customer["address"] = given and {name: given.get(name) for name in _ADDRESS_PARTS}


def retrieve(account: Account, _params: Params, customer_id: str) -> StripeObject:
    """Return a customer; a deleted one is a tombstone."""
    return account.find("customer", customer_id, deleted_too=True)


def update(account: Account, params: Params, customer_id: str) -> StripeObject:
    """Change what is given."""
    customer = account.find("customer", customer_id)
    with account.changing(customer, "customer.updated"):
        customer.update({name: params[name] for name in _PLAIN if name in params})
        _set_address(customer, params)
        customer["metadata"] = merged_metadata(customer["metadata"], params.get("metadata", {}))
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


def list_all(account: Account, params: Params) -> StripeObject:
    """List customers, by e-mail if asked."""
    email = params.get("email")
    return list_page(account, "customer", params, lambda one: email is None or one["email"] == email)


def guest(account: Account, email: str | None) -> StripeObject:
    """Return the customer that Checkout makes when a session names none."""
    return create(account, {"email": email or f"{new_id('guest')}@example.com"})


ROUTES = (
    Route(method="POST", path="/v1/customers", schema=_FIELDS, answer=create),
    Route(method="GET", path="/v1/customers", schema=_LIST, answer=list_all),
    Route(method="GET", path="/v1/customers/<customer_id>", schema=RETRIEVE, answer=retrieve),
    Route(method="POST", path="/v1/customers/<customer_id>", schema=_FIELDS, answer=update),
    Route(method="DELETE", path="/v1/customers/<customer_id>", schema=Schema({}), answer=delete),
)
