"""Owns the API of Checkout sessions in subscription mode."""

from typing import Any

from tools.stripe_double import checkout_states
from tools.stripe_double.account import Account, StripeObject, listing, merged_metadata, nulls
from tools.stripe_double.discounts import of_session, taken_off
from tools.stripe_double.pagination import list_equal
from tools.stripe_double.parameters import (
    EXPAND,
    INSTANT,
    LISTING,
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
from tools.stripe_double.routes import Route
from tools.stripe_double.subscription_fields import TRIAL_DAYS, TRIAL_SETTINGS
from tools.stripe_double.subscription_items import new_item, require_one_interval

_SUBSCRIPTION_DATA = Schema(
    {
        "description": text,
        "metadata": metadata,
        "trial_end": INSTANT,
        "trial_period_days": TRIAL_DAYS,
        "trial_settings": TRIAL_SETTINGS,
    }
)
_LINE_ITEM = Schema({"price": text, "quantity": count(1, 999_999)}, required=("price",))
_CREATE = Schema(
    {
        **EXPAND,
        "allow_promotion_codes": flag,
        "billing_address_collection": one_of("auto", "required"),
        "cancel_url": web_address,
        "client_reference_id": text,
        "customer": text,
        "customer_email": text,
        "expires_at": INSTANT,
        "line_items": each(_LINE_ITEM, most=20),
        "locale": text,
        "metadata": metadata,
        "mode": one_of("subscription"),
        "payment_method_collection": one_of("always", "if_required"),
        "subscription_data": _SUBSCRIPTION_DATA,
        "success_url": web_address,
        "ui_mode": one_of("hosted_page"),
    },
    required=("line_items", "mode", "success_url"),
)
_LIST = Schema(
    {**LISTING, "customer": text, "status": one_of("complete", "expired", "open"), "subscription": text}
)
_NULLS = nulls(
    "after_expiration billing_address_collection cancel_url client_reference_id client_secret"
    " collected_information consent consent_collection currency_conversion customer_account customer_details"
    " customer_email invoice invoice_creation locale origin_context payment_intent payment_link"
    " payment_method_configuration_details permissions presentment_details recovered_from"
    " redirect_on_completion return_url saved_payment_method_options setup_intent"
    " shipping_address_collection shipping_cost submit_type subscription wallet_options"
)
_ECHOED = ("billing_address_collection", "cancel_url", "client_reference_id", "customer_email", "locale")
_DAY = 86_400


def create(account: Account, params: Params) -> StripeObject:
    """Open a session; nothing is made for the customer before the page is completed."""
    if "customer" in params and "customer_email" in params:
        raise invalid("You may only specify one of these parameters: customer, customer_email.")
    if "customer" in params:
        account.referred("customer", params["customer"], "customer")
    wanted = params["line_items"]
    items = [new_item(account, "", given, f"line_items[{at}]") for at, given in enumerate(wanted)]
    require_one_interval(account, items)
    expires_at = params.get("expires_at", account.clock.now() + _DAY)
    if not account.clock.now() + 1_800 <= expires_at <= account.clock.now() + _DAY:
        message = (
            "The `expires_at` timestamp must be from 30 minutes to 24 hours from Checkout Session creation."
        )
        raise invalid(message, param="expires_at")
    session = account.add("checkout.session", _fields(account, params, items))
    session.update(expires_at=expires_at, url=f"{account.base_url}/c/pay/{session['id']}")
    account.asked_of_checkout[session["id"]] = params
    return session


def _fields(account: Account, params: Params, items: list[StripeObject]) -> StripeObject:
    prices = [account.objects["price"][item["price"]] for item in items]
    pairs = zip(items, prices, strict=True)
    total = sum(price["unit_amount"] * item["quantity"] for item, price in pairs)
    trial = {"trial_end", "trial_period_days"} & set(params.get("subscription_data", {}))
    fields: dict[str, Any] = {
        **_NULLS,
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
        "metadata": merged_metadata({}, params.get("metadata", {})),
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
    return fields | {name: params[name] for name in _ECHOED if name in params}


def line_items(account: Account, session: StripeObject) -> StripeObject:
    """Return what the session sells, as the expandable `line_items` shows it."""
    shown = []
    for at, given in enumerate(account.asked_of_checkout[session["id"]]["line_items"]):
        price = account.objects["price"][given["price"]]
        amount = price["unit_amount"] * given.get("quantity", 1)
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
        shown.append(one | {"quantity": given.get("quantity", 1)})
    return listing(f"/v1/checkout/sessions/{session['id']}/line_items", shown)


def expire(account: Account, _params: Params, session_id: str) -> StripeObject:
    """Close a page before its time."""
    session = account.find("checkout.session", session_id)
    if session["status"] != "open":
        message = 'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has'
        raise invalid(f"{message} a status of `{session['status']}`.")
    checkout_states.expire(account, session)
    return session


def retrieve(account: Account, _params: Params, session_id: str) -> StripeObject:
    """Return a session."""
    return account.find("checkout.session", session_id)


def list_all(account: Account, params: Params) -> StripeObject:
    """List sessions, by customer, status and subscription if asked."""
    return list_equal(account, "checkout.session", params, ("customer", "status", "subscription"))


ROUTES = (
    Route(method="POST", path="/v1/checkout/sessions", schema=_CREATE, answer=create),
    Route(method="GET", path="/v1/checkout/sessions", schema=_LIST, answer=list_all),
    Route(method="GET", path="/v1/checkout/sessions/<session_id>", schema=RETRIEVE, answer=retrieve),
    Route(method="POST", path="/v1/checkout/sessions/<session_id>/expire", schema=RETRIEVE, answer=expire),
)
