"""Owns products and prices, with lookup keys that move from one price to another."""

from tools.stripe_double.account import Account, StripeObject, given, merged_metadata
from tools.stripe_double.parameters import (
    EXPAND,
    Params,
    Schema,
    clearable,
    count,
    flag,
    metadata,
    one_of,
    text,
)
from tools.stripe_double.refusals import Refusal, invalid
from tools.stripe_double.routes import post

_PRODUCT_FIELDS = {
    **EXPAND,
    "active": flag,
    "description": clearable(text),
    "metadata": metadata,
    "name": text,
}
_PRODUCT_CREATE = Schema({**_PRODUCT_FIELDS, "id": text}, required=("name",))
_PRODUCT_UPDATE = Schema(_PRODUCT_FIELDS)
_RECURRING = Schema(
    {"interval": one_of("month", "year"), "interval_count": count(1, 36)},
    required=("interval",),
)
_PRICE_FIELDS = {
    **EXPAND,
    "active": flag,
    "lookup_key": clearable(text),
    "metadata": metadata,
    "nickname": clearable(text),
    "tax_behavior": one_of("exclusive", "inclusive", "unspecified"),
    "transfer_lookup_key": flag,
}
_PRICE_CREATE = Schema(
    {**_PRICE_FIELDS, "currency": text, "product": text, "recurring": _RECURRING, "unit_amount": count(0)},
    required=("currency", "product", "unit_amount"),
)
_PRICE_UPDATE = Schema(_PRICE_FIELDS)


def create_product(account: Account, params: Params) -> StripeObject:
    """Create a product, under the caller's id if one is given."""
    if params.get("id") in account.objects["product"]:
        message = f"Product already exists: {params['id']}"
        raise Refusal(400, "invalid_request_error", message, param="id", code="resource_already_exists")
    fields = {
        "active": params.get("active", True),
        "images": [],
        "marketing_features": [],
        "metadata": merged_metadata({}, params),
        "name": params["name"],
        "type": "service",
        "updated": account.clock.now(),
    }
    product = account.add("product", fields | given(params, "description"), params.get("id"))
    account.emit("product.created", product)
    return product


def update_product(account: Account, params: Params, product_id: str) -> StripeObject:
    """Change what is given."""
    product = account.find("product", product_id)
    with account.changing(product, "product.updated"):
        product.update(given(params, "active", "description", "name"))
        product["metadata"] = merged_metadata(product["metadata"], params)
        product["updated"] = account.clock.now()
    return product


def create_price(account: Account, params: Params) -> StripeObject:
    """Create a price of an existing product."""
    account.referred("product", params["product"], "product")
    _claim_lookup_key(account, params)
    recurring = params.get("recurring")
    if recurring is not None:
        recurring = {"interval_count": 1, "usage_type": "licensed", **recurring}
    fields = {
        **dict.fromkeys(("lookup_key", "nickname", "transform_quantity")),
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "currency": params["currency"].lower(),
        "metadata": merged_metadata({}, params),
        "product": params["product"],
        "recurring": recurring,
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "type": "recurring" if recurring else "one_time",
        "unit_amount": params["unit_amount"],
        "unit_amount_decimal": str(params["unit_amount"]),
    }
    price = account.add("price", fields | given(params, "lookup_key", "nickname"))
    account.emit("price.created", price)
    return price


def update_price(account: Account, params: Params, price_id: str) -> StripeObject:
    """Change what may change about a price: never its amount or interval."""
    price = account.find("price", price_id)
    _claim_lookup_key(account, params, for_price=price_id)
    with account.changing(price, "price.updated"):
        price.update(given(params, "active", "lookup_key", "nickname", "tax_behavior"))
        price["metadata"] = merged_metadata(price["metadata"], params)
    return price


def _claim_lookup_key(account: Account, params: Params, for_price: str | None = None) -> None:
    """Take the key from the price that has it, if the caller said so; a key names one price."""
    wanted = params.get("lookup_key")
    for price in account.objects["price"].values():
        if wanted is None or price["lookup_key"] != wanted or price["id"] == for_price:
            continue
        if not params.get("transfer_lookup_key"):
            message = f"A price (`{price['id']}`) already uses that lookup key."
            raise invalid(message, param="lookup_key", code="resource_already_exists")
        with account.changing(price, "price.updated"):
            price["lookup_key"] = None


ROUTES = (
    post("/v1/products", _PRODUCT_CREATE, create_product),
    post("/v1/products/<product_id>", _PRODUCT_UPDATE, update_product),
    post("/v1/prices", _PRICE_CREATE, create_price),
    post("/v1/prices/<price_id>", _PRICE_UPDATE, update_price),
)
