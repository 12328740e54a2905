"""Owns portal configurations: the features of the billing portal, and the prices that customers may switch to."""

from collections.abc import Iterator
from typing import Any

from tools.stripe_double.account import Account, StripeObject, merged_metadata
from tools.stripe_double.parameters import (
    EXPAND,
    Params,
    Schema,
    clearable,
    each,
    flag,
    metadata,
    one_of,
    text,
)
from tools.stripe_double.refusals import invalid, missing_parameter
from tools.stripe_double.routes import post

_UPDATES = "features[subscription_update]"
_SWITCH = Schema({"enabled": flag}, required=("enabled",))
_PRODUCT = Schema(
    {"adjustable_quantity": _SWITCH, "prices": each(text), "product": text}, required=("prices", "product")
)
_CONDITION = Schema({"type": one_of("decreasing_item_amount", "shortening_interval")}, required=("type",))
_FEATURES = Schema(
    {
        "customer_update": Schema(
            {
                "allowed_updates": clearable(
                    each(one_of("address", "email", "name", "phone", "shipping", "tax_id"))
                ),
                "enabled": flag,
            }
        ),
        "invoice_history": _SWITCH,
        "payment_method_update": _SWITCH,
        "subscription_cancel": Schema({"enabled": flag, "mode": one_of("at_period_end")}),
        "subscription_update": Schema(
            {
                "default_allowed_updates": clearable(each(one_of("price", "promotion_code", "quantity"))),
                "enabled": flag,
                "products": clearable(each(_PRODUCT, most=10)),
                "proration_behavior": one_of("always_invoice", "create_prorations", "none"),
                "schedule_at_period_end": Schema({"conditions": clearable(each(_CONDITION))}),
            }
        ),
    }
)
_CREATE = Schema({**EXPAND, "features": _FEATURES, "metadata": metadata}, required=("features",))
_UPDATE = Schema({**EXPAND, "active": flag, "features": _FEATURES, "metadata": metadata})


def _all_off() -> StripeObject:
    return {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": {"enabled": False},
        "payment_method_update": {"enabled": False},
        "subscription_cancel": {"enabled": False, "mode": "at_period_end"},
        "subscription_update": {
            "default_allowed_updates": [],
            "enabled": False,
            "products": [],
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
        },
    }


def create(account: Account, params: Params) -> StripeObject:
    """Create a configuration; what is not switched on is off."""
    features = _merged(account, _all_off(), params["features"])
    fields = {"active": True, "features": features, "metadata": merged_metadata({}, params)}
    configuration = account.add("billing_portal.configuration", fields)
    account.emit("billing_portal.configuration.created", configuration)
    return configuration


def update(account: Account, params: Params, configuration_id: str) -> StripeObject:
    """Change what is given; a list of products replaces the previous one."""
    configuration = account.find("billing_portal.configuration", configuration_id)
    features = _merged(account, configuration["features"], params.get("features", {}))
    before = account.present(configuration)
    configuration.update(features=features, active=params.get("active", configuration["active"]))
    configuration["metadata"] = merged_metadata(configuration["metadata"], params)
    account.emit("billing_portal.configuration.updated", configuration, before)
    return configuration


def _merged(account: Account, previous: StripeObject, given: Params) -> StripeObject:
    """Return the features after a change; 400 for switches that do not fit together."""
    features = {name: {**one, **_filled(given.get(name, {}))} for name, one in previous.items()}
    updates = features["subscription_update"]
    for position, product in enumerate(updates["products"]):
        _require_sellable(account, product, f"{_UPDATES}[products][{position}]")
    if updates["enabled"]:
        for name in ("default_allowed_updates", "products"):
            if not updates[name]:
                raise missing_parameter(f"{_UPDATES}[{name}]")
        if not features["payment_method_update"]["enabled"]:
            raise invalid("Cannot enable subscription updates while payment method update is disabled.")
    return features


def _filled(given: Params) -> StripeObject:
    """Return a feature with empty lists where Stripe takes an empty string for one, and products in full."""
    filled: dict[str, Any] = {name: [] if value is None else value for name, value in given.items()}
    if "schedule_at_period_end" in filled:
        filled["schedule_at_period_end"] = {
            "conditions": filled["schedule_at_period_end"].get("conditions") or []
        }
    if "products" in filled:
        # Stripe lets customers change quantities unless it is configured otherwise.
        free = {"enabled": True}
        filled["products"] = [
            {**one, "adjustable_quantity": free | one.get("adjustable_quantity", {})}
            for one in filled["products"]
        ]
    return filled


def _require_sellable(account: Account, product: StripeObject, param: str) -> None:
    account.referred("product", product["product"], f"{param}[product]")
    intervals = []
    for position, price_id in enumerate(product["prices"]):
        price = account.referred("price", price_id, f"{param}[prices][{position}]")
        if price["product"] != product["product"] or price["recurring"] is None:
            message = (
                f"The price `{price_id}` is not a recurring price of the product `{product['product']}`."
            )
            raise invalid(message, param=f"{param}[prices][{position}]")
        intervals.append(
            (price["currency"], price["recurring"]["interval"], price["recurring"]["interval_count"])
        )
    if len(set(intervals)) < len(intervals):
        raise invalid("The prices of a product must have unique billing intervals.", param=f"{param}[prices]")


def prices_of(configuration: StripeObject) -> Iterator[str]:
    """Return the prices that a subscription may be switched to."""
    for product in configuration["features"]["subscription_update"]["products"]:
        yield from product["prices"]


ROUTES = (
    post("/v1/billing_portal/configurations", _CREATE, create),
    post("/v1/billing_portal/configurations/<configuration_id>", _UPDATE, update),
)
