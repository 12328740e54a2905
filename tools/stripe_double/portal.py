"""Owns billing portal sessions: whom they are for, and the one thing they may be opened to do."""

from typing import Any

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.parameters import EXPAND, Params, Schema, count, each, one_of, text, web_address
from tools.stripe_double.portal_configurations import prices_of
from tools.stripe_double.refusals import invalid, missing_parameter
from tools.stripe_double.routes import post
from tools.stripe_double.schedule_states import coming_phase
from tools.stripe_double.states import refuse_ended

_CHANGE_OF_FLOW = {"subscription_cancel": "cancel", "subscription_update_confirm": "update"}
_DONE = {"cancel": "canceled", "update": "updated"}
_OF_SUBSCRIPTION = Schema({"subscription": text}, required=("subscription",))
_ITEM = Schema({"id": text, "price": text, "quantity": count(1, 999_999)}, required=("id",))
_CONFIRM = Schema({"items": each(_ITEM, most=1), "subscription": text}, required=("items", "subscription"))
_AFTER = Schema(
    {
        "redirect": Schema({"return_url": web_address}, required=("return_url",)),
        "type": one_of("portal_homepage", "redirect"),
    },
    required=("type",),
)
_FLOW = Schema(
    {
        "after_completion": _AFTER,
        "subscription_cancel": _OF_SUBSCRIPTION,
        "subscription_update_confirm": _CONFIRM,
        "type": one_of(*_CHANGE_OF_FLOW),
    },
    required=("type",),
)
_CREATE = Schema(
    {**EXPAND, "configuration": text, "customer": text, "flow_data": _FLOW, "return_url": web_address},
    required=("configuration", "customer"),
)


def create(account: Account, params: Params) -> StripeObject:
    """Open a session for a customer, on its home page or on one flow that the configuration allows."""
    account.referred("customer", params["customer"], "customer")
    configuration = _configuration(account, params)
    flow = None
    if "flow_data" in params:
        _require_allowed(configuration, params["flow_data"]["type"])
        flow = _flow(account, params["customer"], params["flow_data"])
        if flow["subscription_update_confirm"] is not None:
            _require_confirmable(account, configuration, flow["subscription_update_confirm"])
    fields = {"configuration": configuration["id"], "customer": params["customer"], "flow": flow}
    session = account.add("billing_portal.session", {**fields, "return_url": params.get("return_url")})
    session["url"] = f"{account.base_url}/p/session/{session['id']}"
    return session


def _configuration(account: Account, params: Params) -> StripeObject:
    found = account.referred("billing_portal.configuration", params["configuration"], "configuration")
    if not found["active"]:
        raise invalid(f"The portal configuration `{found['id']}` is not active.", param="configuration")
    return found


def _require_allowed(configuration: StripeObject, flow: str) -> None:
    change = _CHANGE_OF_FLOW[flow]
    if not configuration["features"][f"subscription_{change}"]["enabled"]:
        feature = f"subscription {change} feature in the portal configuration"
        message = f"This subscription cannot be {_DONE[change]} because the {feature} is disabled."
        raise invalid(message, param="flow_data[type]")


def _flow(account: Account, customer_id: str, given: Params) -> dict[str, Any]:
    kind = given["type"]
    flow: dict[str, Any] = {**dict.fromkeys(_CHANGE_OF_FLOW), "type": kind}
    flow["after_completion"] = given.get("after_completion", {"type": "portal_homepage"})
    if kind not in given:
        raise missing_parameter(f"flow_data[{kind}]")
    subscription = _own_subscription(account, customer_id, given[kind], f"flow_data[{kind}]")
    if kind == "subscription_cancel" and subscription["cancel_at"]:
        message = f"The subscription `{subscription['id']}` is already set to be canceled at period end."
        raise invalid(message, param="flow_data[subscription_cancel][subscription]")
    return {**flow, kind: given[kind]}


def _own_subscription(account: Account, customer_id: str, given: Params, param: str) -> StripeObject:
    subscription = account.referred("subscription", given["subscription"], f"{param}[subscription]")
    if subscription["customer"] != customer_id:
        message = f"The subscription {subscription['id']} does not belong to the customer {customer_id}."
        raise invalid(message, param=f"{param}[subscription]")
    refuse_ended(subscription)
    if coming_phase(account, subscription):
        message = (
            f"This subscription is managed by the subscription schedule `{subscription['schedule']}`, which"
        )
        raise invalid(f"{message} has a coming phase.", param=f"{param}[subscription]")
    return subscription


def _require_confirmable(account: Account, configuration: StripeObject, confirm: StripeObject) -> None:
    """400 unless the item changes, in a way and to a price that the configuration lists."""
    param = "flow_data[subscription_update_confirm][items]"
    if not confirm["items"]:
        raise missing_parameter(param)
    wanted = confirm["items"][0]
    items = account.objects["subscription"][confirm["subscription"]]["items"]["data"]
    item = next((one for one in items if one["id"] == wanted["id"]), None)
    if item is None:
        raise invalid(f"No such subscription item: '{wanted['id']}'", param=f"{param}[0][id]")
    changed = [name for name in ("price", "quantity") if wanted.get(name, item[name]) != item[name]]
    if not changed:
        raise invalid("Cannot update the subscription because there are no changes to confirm.", param=param)
    where = f"the configuration `{configuration['id']}` does not include"
    for name in changed:
        if name not in configuration["features"]["subscription_update"]["default_allowed_updates"]:
            place = f"{where} `{name}` in its `features[subscription_update][default_allowed_updates]`."
            message = f"The item `{item['id']}` cannot be updated because {place}"
            raise invalid(message, param=f"{param}[0][{name}]")
    if "price" in wanted:
        price = account.referred("price", wanted["price"], f"{param}[0][price]")
        if price["id"] not in prices_of(configuration):
            place = f"because {where} the price in its `features[subscription_update][products]`."
            message = f"The item `{item['id']}` cannot be updated to price `{price['id']}` {place}"
            raise invalid(message, param=f"{param}[0][price]")


ROUTES = (post("/v1/billing_portal/sessions", _CREATE, create),)
