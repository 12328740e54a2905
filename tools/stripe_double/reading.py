"""Owns the routes that only read: an object by its id, and lists, filtered and newest first, page by page."""

from collections.abc import Callable

from tools.stripe_double.account import Account, StripeObject, listing
from tools.stripe_double.parameters import PAGING, RETRIEVE, Params, Reader, Schema, each, flag, one_of, text
from tools.stripe_double.routes import Route
from tools.stripe_double.states import ENDED, subscription_of

Fits = Callable[[StripeObject, Params], bool]

_SUBSCRIPTION_STATUSES = (
    *("active", "canceled", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid"),
    "all",
)
_PAYMENT = Schema({"payment_intent": text, "type": one_of("payment_intent")}, required=("type",))


def _is_as_asked(one: StripeObject, asked: Params) -> bool:
    return all(one[name] == value for name, value in asked.items())


def _is_delivered_as_asked(event: StripeObject, asked: Params) -> bool:
    return _is_as_asked({**event, "delivery_success": event["pending_webhooks"] == 0}, asked)


def _is_of_subscription(invoice: StripeObject, asked: Params) -> bool:
    return _is_as_asked({**invoice, "subscription": subscription_of(invoice)}, asked)


def _has_a_lookup_key(price: StripeObject, asked: Params) -> bool:
    rest = {name: value for name, value in asked.items() if name != "lookup_keys"}
    keys = asked.get("lookup_keys", [price["lookup_key"]])
    return price["lookup_key"] in keys and _is_as_asked(price, rest)


def _is_in_status(subscription: StripeObject, asked: Params) -> bool:
    """Without a status, a list has the subscriptions that have not ended."""
    status = asked.get("status")
    by_status = {"all": True, None: subscription["status"] not in ENDED}
    by_customer = asked.get("customer", subscription["customer"]) == subscription["customer"]
    return bool(by_customer and by_status.get(status, subscription["status"] == status))


def _retrieve_route(kind: str) -> Route:
    def answer(account: Account, _params: Params, object_id: str) -> StripeObject:
        # Of the objects here, only a customer that was deleted can still be read.
        return account.find(kind, object_id, deleted_too=kind == "customer")

    return Route(method="GET", path=f"{_path(kind)}/<object_id>", schema=RETRIEVE, answer=answer)


def _list_route(kind: str, filters: dict[str, Reader], fits: Fits = _is_as_asked) -> Route:
    def answer(account: Account, params: Params) -> StripeObject:
        asked = {name: value for name, value in params.items() if name in filters}
        return _page(account, kind, params, lambda one: fits(one, asked))

    return Route(method="GET", path=_path(kind), schema=Schema({**PAGING, **filters}), answer=answer)


def _page(account: Account, kind: str, params: Params, fits: Callable[[StripeObject], bool]) -> StripeObject:
    newest_first = list(reversed(account.objects[kind].values()))
    if "starting_after" in params:
        cursor = account.referred(kind, params["starting_after"], "starting_after")
        newest_first = newest_first[newest_first.index(cursor) + 1 :]
    found = [one for one in newest_first if "deleted" not in one and fits(one)]
    limit = params.get("limit", 10)
    shown = [account.present(one) for one in found[:limit]]
    return listing(_path(kind), shown, has_more=len(found) > limit)


def _path(kind: str) -> str:
    return f"/v1/{kind.replace('.', '/')}s"


ROUTES = (
    _list_route("billing_portal.configuration", {"active": flag}),
    _list_route("charge", {"customer": text, "payment_intent": text}),
    _list_route("checkout.session", {"customer": text, "status": one_of("complete", "expired", "open")}),
    _list_route("credit_note", {"customer": text, "invoice": text}),
    _list_route("customer", {"email": text}),
    _list_route("dispute", {"charge": text}),
    _list_route("event", {"delivery_success": flag, "type": text}, _is_delivered_as_asked),
    _list_route("invoice", {"customer": text, "status": text, "subscription": text}, _is_of_subscription),
    _list_route("invoice_payment", {"invoice": text, "payment": _PAYMENT}),
    _list_route("price", {"active": flag, "lookup_keys": each(text, most=10)}, _has_a_lookup_key),
    _list_route("subscription", {"customer": text, "status": one_of(*_SUBSCRIPTION_STATUSES)}, _is_in_status),
    _list_route("webhook_endpoint", {}),
    *map(
        _retrieve_route,
        (
            *("charge", "checkout.session", "credit_note", "customer", "dispute", "invoice", "price"),
            *("product", "subscription", "subscription_schedule", "webhook_endpoint"),
        ),
    ),
)
