"""Owns the API of Checkout sessions in subscription mode."""

from typing import Any

from tools.stripe_double import checkout_states
from tools.stripe_double.account import Account, StripeObject, given, listing, merged_metadata
from tools.stripe_double.discounts import of_session, taken_off
from tools.stripe_double.parameters import (
    EXPAND,
    RETRIEVE,
    Params,
    Schema,
    count,
    each,
    flag,
    metadata,
    one_of,
    text,
    web_address,
)
from tools.stripe_double.refusals import invalid
from tools.stripe_double.routes import post
from tools.stripe_double.subscription_fields import TRIAL_DAYS
from tools.stripe_double.subscription_items import new_item, require_one_interval

_SUBSCRIPTION_DATA = Schema({"metadata": metadata, "trial_period_days": TRIAL_DAYS})
_LINE_ITEM = Schema({"price": text, "quantity": count(1, 999_999)}, required=("price",))
_CREATE = Schema(
    {
        **EXPAND,
        "allow_promotion_codes": flag,
        "cancel_url": web_address,
        "client_reference_id": text,
        "customer": text,
        "customer_email": text,
        "line_items": each(_LINE_ITEM, most=20),
        "metadata": metadata,
        "mode": one_of("subscription"),
        "payment_method_collection": one_of("always", "if_required"),
        "subscription_data": _SUBSCRIPTION_DATA,
        "success_url": web_address,
    },
    required=("line_items", "mode", "success_url"),
)
_NULLS = (
    "cancel_url",
    "client_reference_id",
    "customer_details",
    "customer_email",
    "invoice",
    "subscription",
)
_ECHOED = ("cancel_url", "client_reference_id", "customer_email")
_DAY = 86_400


def create(account: Account, params: Params) -> StripeObject:
    """Open a session; nothing is made for the customer before the page is completed."""
    if "customer" in params and "customer_email" in params:
        raise invalid("You may only specify one of these parameters: customer, customer_email.")
    if "customer" in params:
        account.referred("customer", params["customer"], "customer")
    wanted = params["line_items"]
    items = [new_item(account, "", one, f"line_items[{at}]") for at, one in enumerate(wanted)]
    require_one_interval(account, items)
    session = account.add("checkout.session", _fields(account, params, items))
    session.update(expires_at=account.clock.now() + _DAY, url=f"{account.base_url}/c/pay/{session['id']}")
    account.asked_of_checkout[session["id"]] = params
    return session


def _fields(account: Account, params: Params, items: list[StripeObject]) -> StripeObject:
    prices = [account.objects["price"][item["price"]] for item in items]
    pairs = zip(items, prices, strict=True)
    total = sum(price["unit_amount"] * item["quantity"] for item, price in pairs)
    trial = "trial_period_days" in params.get("subscription_data", {})
    fields: dict[str, Any] = {
        **dict.fromkeys(_NULLS),
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "amount_subtotal": 0 if trial else total,
        "amount_total": 0 if trial else total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "currency": prices[0]["currency"],
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer": params.get("customer"),
        "customer_creation": None if "customer" in params else "always",
        "discounts": [],
        "metadata": merged_metadata({}, params),
        "mode": params["mode"],
        "payment_method_collection": params.get("payment_method_collection", "always"),
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }
    return fields | given(params, *_ECHOED)


def line_items(account: Account, session: StripeObject) -> StripeObject:
    """Return what the session sells, as the expandable `line_items` shows it."""
    shown = []
    for at, wanted in enumerate(account.asked_of_checkout[session["id"]]["line_items"]):
        price = account.objects["price"][wanted["price"]]
        quantity = wanted.get("quantity", 1)
        amount = price["unit_amount"] * quantity
        one: StripeObject = {
            "id": f"li_{session['id'][-12:]}{at}",
            "object": "item",
            "adjustable_quantity": None,
        }
        off = taken_off(account, of_session(account, session), amount)
        one |= {
            "amount_discount": off,
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": amount - off,
        }
        one |= {"currency": price["currency"], "price": account.present(price)}
        one |= {"description": account.objects["product"][price["product"]]["name"], "metadata": {}}
        shown.append(one | {"quantity": quantity})
    return listing(f"/v1/checkout/sessions/{session['id']}/line_items", shown)


def expire(account: Account, _params: Params, session_id: str) -> StripeObject:
    """Close a page before its time."""
    session = account.find("checkout.session", session_id)
    if session["status"] != "open":
        message = 'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has'
        raise invalid(f"{message} a status of `{session['status']}`.")
    checkout_states.expire(account, session)
    return session


ROUTES = (
    post("/v1/checkout/sessions", _CREATE, create),
    post("/v1/checkout/sessions/<session_id>/expire", RETRIEVE, expire),
)
