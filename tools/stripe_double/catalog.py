"""Owns products and prices, with lookup keys that move from one price to another."""

from tools.stripe_double.account import Account, StripeObject, merged_metadata
from tools.stripe_double.pagination import list_page
from tools.stripe_double.parameters import (
    EXPAND,
    LISTING,
    RETRIEVE,
    Params,
    Schema,
    clearable,
    count,
    each,
    flag,
    metadata,
    one_of,
    text,
)
from tools.stripe_double.refusals import Refusal, invalid
from tools.stripe_double.routes import Route

_PRODUCT_FIELDS = {
    **EXPAND,
    "active": flag,
    "description": clearable(text),
    "metadata": metadata,
    "name": text,
}
_PRODUCT_CREATE = Schema({**_PRODUCT_FIELDS, "id": text}, required=("name",))
_PRODUCT_UPDATE = Schema({**_PRODUCT_FIELDS, "default_price": text})
_PRODUCT_LIST = Schema({**LISTING, "active": flag, "ids": each(text)})
_RECURRING = Schema(
    {"interval": one_of("day", "week", "month", "year"), "interval_count": count(1, 36)},
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
_PRICE_LIST = Schema(
    {
        **LISTING,
        "active": flag,
        "currency": text,
        "lookup_keys": each(text, most=10),
        "product": text,
        "recurring": Schema({"interval": one_of("day", "week", "month", "year")}),
        "type": one_of("one_time", "recurring"),
    }
)


def create_product(account: Account, params: Params) -> StripeObject:
    """Create a product, under the caller's id if one is given."""
    if params.get("id") in account.objects["product"]:
        message = f"Product already exists: {params['id']}"
        raise Refusal(400, "invalid_request_error", message, param="id", code="resource_already_exists")
    fields = {
        **dict.fromkeys(("default_price", "description", "package_dimensions", "shippable")),
        **dict.fromkeys(("statement_descriptor", "tax_code", "tax_details", "unit_label", "url")),
        "active": params.get("active", True),
        "images": [],
        "marketing_features": [],
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "name": params["name"],
        "type": "service",
        "updated": account.clock.now(),
    }
    product = account.add("product", fields | _given(params, ("description",)), params.get("id"))
    account.emit("product.created", product)
    return product


def update_product(account: Account, params: Params, product_id: str) -> StripeObject:
    """Change what is given."""
    product = account.find("product", product_id)
    if "default_price" in params:
        account.referred("price", params["default_price"], "default_price")
    with account.changing(product, "product.updated"):
        product.update(_given(params, ("active", "default_price", "description", "name")))
        product["metadata"] = merged_metadata(product["metadata"], params.get("metadata", {}))
        product["updated"] = account.clock.now()
    return product


def list_products(account: Account, params: Params) -> StripeObject:
    """List products, by activity and id if asked."""

    def fits(one: StripeObject) -> bool:
        wanted = params.get("ids")
        return _same(one, params, ("active",)) and (wanted is None or one["id"] in wanted)

    return list_page(account, "product", params, fits)


def create_price(account: Account, params: Params) -> StripeObject:
    """Create a price of an existing product."""
    account.referred("product", params["product"], "product")
    _claim_lookup_key(account, params)
    recurring = params.get("recurring")
    if recurring is not None:
        recurring = {"interval_count": 1, "meter": None, "trial_period_days": None} | recurring
        recurring["usage_type"] = "licensed"
    fields = {
        **dict.fromkeys(("custom_unit_amount", "lookup_key", "nickname", "tiers_mode", "transform_quantity")),
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "currency": params["currency"].lower(),
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "product": params["product"],
        "recurring": recurring,
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "type": "recurring" if recurring else "one_time",
        "unit_amount": params["unit_amount"],
        "unit_amount_decimal": str(params["unit_amount"]),
    }
    price = account.add("price", fields | _given(params, ("lookup_key", "nickname")))
    account.emit("price.created", price)
    return price


def update_price(account: Account, params: Params, price_id: str) -> StripeObject:
    """Change what may change about a price: never its amount or interval."""
    price = account.find("price", price_id)
    _claim_lookup_key(account, params, for_price=price_id)
    with account.changing(price, "price.updated"):
        price.update(_given(params, ("active", "lookup_key", "nickname", "tax_behavior")))
        price["metadata"] = merged_metadata(price["metadata"], params.get("metadata", {}))
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


def list_prices(account: Account, params: Params) -> StripeObject:
    """List prices, by lookup keys, product, activity, currency, type and interval if asked."""

    def fits(one: StripeObject) -> bool:
        keys, recurring = params.get("lookup_keys"), params.get("recurring", {})
        return (
            _same(one, params, ("active", "currency", "product", "type"))
            and (keys is None or one["lookup_key"] in keys)
            and (not recurring or (one["recurring"] or {}).get("interval") == recurring["interval"])
        )

    return list_page(account, "price", params, fits)


def _same(one: StripeObject, params: Params, names: tuple[str, ...]) -> bool:
    return all(one[name] == params[name] for name in names if name in params)


def _given(params: Params, names: tuple[str, ...]) -> Params:
    return {name: params[name] for name in names if name in params}


def _retrieve_product(account: Account, _params: Params, product_id: str) -> StripeObject:
    return account.find("product", product_id)


def _retrieve_price(account: Account, _params: Params, price_id: str) -> StripeObject:
    return account.find("price", price_id)


ROUTES = (
    Route(method="POST", path="/v1/products", schema=_PRODUCT_CREATE, answer=create_product),
    Route(method="GET", path="/v1/products", schema=_PRODUCT_LIST, answer=list_products),
    Route(method="GET", path="/v1/products/<product_id>", schema=RETRIEVE, answer=_retrieve_product),
    Route(method="POST", path="/v1/products/<product_id>", schema=_PRODUCT_UPDATE, answer=update_product),
    Route(method="POST", path="/v1/prices", schema=_PRICE_CREATE, answer=create_price),
    Route(method="GET", path="/v1/prices", schema=_PRICE_LIST, answer=list_prices),
    Route(method="GET", path="/v1/prices/<price_id>", schema=RETRIEVE, answer=_retrieve_price),
    Route(method="POST", path="/v1/prices/<price_id>", schema=_PRICE_UPDATE, answer=update_price),
)
