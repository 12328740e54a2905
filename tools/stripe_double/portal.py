"""Owns billing portal sessions: whom they are for, and the one thing they may be opened to do."""

from typing import Any

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.parameters import EXPAND, Params, Schema, count, each, one_of, text
from tools.stripe_double.refusals import invalid, missing_parameter
from tools.stripe_double.routes import Route
from tools.stripe_double.states import refuse_ended

CONFIGURATION_ID = "bpc_double"
_FLOWS = (
    "payment_method_update",
    "subscription_cancel",
    "subscription_update",
    "subscription_update_confirm",
)
_OF_SUBSCRIPTION = Schema({"subscription": text}, required=("subscription",))
_ITEM = Schema({"id": text, "price": text, "quantity": count(1, 999_999)}, required=("id",))
_CONFIRM = Schema({"items": each(_ITEM, most=1), "subscription": text}, required=("items", "subscription"))
_AFTER = Schema(
    {
        "hosted_confirmation": Schema({"custom_message": text}),
        "redirect": Schema({"return_url": text}, required=("return_url",)),
        "type": one_of("hosted_confirmation", "portal_homepage", "redirect"),
    },
    required=("type",),
)
_FLOW = Schema(
    {
        "after_completion": _AFTER,
        "subscription_cancel": _OF_SUBSCRIPTION,
        "subscription_update": _OF_SUBSCRIPTION,
        "subscription_update_confirm": _CONFIRM,
        "type": one_of(*_FLOWS),
    },
    required=("type",),
)
_CREATE = Schema(
    {**EXPAND, "customer": text, "flow_data": _FLOW, "locale": text, "return_url": text},
    required=("customer",),
)


def create(account: Account, params: Params) -> StripeObject:
    """Open a session for a customer, on its home page or on one flow."""
    account.referred("customer", params["customer"], "customer")
    flow = _flow(account, params["customer"], params["flow_data"]) if "flow_data" in params else None
    fields = {"after_expiration": None, "configuration": CONFIGURATION_ID, "customer": params["customer"]}
    fields |= {"customer_account": None, "flow": flow, "locale": params.get("locale"), "on_behalf_of": None}
    session = account.add("billing_portal.session", {**fields, "return_url": params.get("return_url")})
    session["url"] = f"{account.base_url}/p/session/{session['id']}"
    return session


def _flow(account: Account, customer_id: str, given: Params) -> dict[str, Any]:
    kind = given["type"]
    after = {"type": "portal_homepage", "hosted_confirmation": None, "redirect": None}
    flow: dict[str, Any] = {
        **dict.fromkeys((*_FLOWS[1:], "customer_update", "subscription_pause")),
        "type": kind,
    }
    flow["after_completion"] = after | given.get("after_completion", {})
    if kind == "payment_method_update":
        return flow
    if kind not in given:
        raise missing_parameter(f"flow_data[{kind}]")
    _require_own(account, customer_id, given[kind], f"flow_data[{kind}]")
    rest = {"subscription_cancel": {"retention": None}, "subscription_update_confirm": {"discounts": None}}
    flow[kind] = rest.get(kind, {}) | given[kind]
    return flow


def _require_own(account: Account, customer_id: str, given: Params, param: str) -> None:
    subscription = account.referred("subscription", given["subscription"], f"{param}[subscription]")
    if subscription["customer"] != customer_id:
        message = f"The subscription {subscription['id']} does not belong to the customer {customer_id}."
        raise invalid(message, param=f"{param}[subscription]")
    refuse_ended(subscription)
    for at, item in enumerate(given.get("items", [])):
        if item["id"] not in {one["id"] for one in subscription["items"]["data"]}:
            raise invalid(f"No such subscription item: '{item['id']}'", param=f"{param}[items][{at}][id]")
        if "price" in item:
            account.referred("price", item["price"], f"{param}[items][{at}][price]")


ROUTES = (Route(method="POST", path="/v1/billing_portal/sessions", schema=_CREATE, answer=create),)
