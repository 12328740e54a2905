"""Owns `expand`: ids become objects, and what is left out by default is put in."""

from copy import deepcopy

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.refusals import invalid

_KIND_OF_FIELD = {
    "charge": "charge",
    "customer": "customer",
    "default_price": "price",
    "invoice": "invoice",
    "latest_invoice": "invoice",
    "price": "price",
    "product": "product",
    "schedule": "subscription_schedule",
    "subscription": "subscription",
}
_MOST_LEVELS = 4
_PORTAL_PRODUCTS = ["features", "subscription_update", "products"]


def expand(account: Account, shown: StripeObject, paths: list[str]) -> None:
    """Expand `shown` in place along each path (`data.items.data.price.product`)."""
    for path in paths:
        if path.count(".") >= _MOST_LEVELS + path.split(".").count("data"):
            message = f"You cannot expand more than {_MOST_LEVELS} levels of a property. Property: {path}"
            raise invalid(message, param="expand")
        _expand(account, shown, path.split("."), path)


def _expand(account: Account, shown: StripeObject, steps: list[str], path: str) -> None:
    name, rest = steps[0], steps[1:]
    if shown.get("object") == "billing_portal.configuration" and steps == _PORTAL_PRODUCTS:
        whole = account.objects["billing_portal.configuration"][shown["id"]]["features"]
        shown["features"]["subscription_update"]["products"] = deepcopy(
            whole["subscription_update"]["products"]
        )
        return
    if name not in shown:
        raise _not_expandable(path)
    if isinstance(shown[name], str):
        shown[name] = _object_named(account, name, shown[name], path)
    elif shown[name] is not None and not rest and "object" not in shown[name]:
        raise _not_expandable(path)
    for inner in shown[name] if isinstance(shown[name], list) else [shown[name]]:
        if rest and inner is not None:
            _expand(account, inner, rest, path)


def _object_named(account: Account, field: str, object_id: str, path: str) -> StripeObject:
    kind = _KIND_OF_FIELD.get(field)
    if kind is None:
        raise _not_expandable(path)
    return account.present(account.objects[kind][object_id])


def _not_expandable(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")
