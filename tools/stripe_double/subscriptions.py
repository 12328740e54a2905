"""Owns starting, cancelling and finding subscriptions."""

from tools.stripe_double.account import PAYING, Account, StripeObject, listing, merged_metadata, new_id
from tools.stripe_double.collection import collect, end_now, finalize
from tools.stripe_double.discounts import after_discounts
from tools.stripe_double.invoices import Occasion, draft, period_lines
from tools.stripe_double.pagination import list_page
from tools.stripe_double.parameters import RETRIEVE, Params
from tools.stripe_double.refusals import card_declined, no_payment_method
from tools.stripe_double.routes import Route
from tools.stripe_double.states import (
    ENDED,
    living,
)
from tools.stripe_double.subscription_fields import (
    CANCEL,
    CREATE,
    LIST,
    UPDATE,
    blank_subscription,
)
from tools.stripe_double.subscription_items import (
    new_item,
    price_of_period,
    require_one_interval,
    set_period,
    set_period_at,
)
from tools.stripe_double.subscription_update import set_cancellation, trial_end_of, update


def create(account: Account, params: Params) -> StripeObject:
    """Start a subscription: its status is known from the trial, the sum and the customer's card."""
    customer = account.referred("customer", params["customer"], "customer")
    subscription_id = new_id("sub")
    items = [
        new_item(account, subscription_id, given, f"items[{position}]")
        for position, given in enumerate(params["items"])
    ]
    require_one_interval(account, items)
    trial_end = trial_end_of(account, params)
    price = after_discounts(account, params.get("discounts", []), price_of_period(account, items))
    due = 0 if trial_end else price
    behavior = params.get("payment_behavior", "allow_incomplete")
    status = "trialing" if trial_end else _first_status(account, customer["id"], due, behavior)
    subscription = account.add("subscription", blank_subscription(), subscription_id)
    subscription.update(_terms(account, params, items, trial_end))
    _begin_first_period(account, subscription)
    set_cancellation(account, subscription, params)
    _announce(account, subscription, status)
    if status != "incomplete" or behavior == "allow_incomplete":
        collect(account, account.objects["invoice"][subscription["latest_invoice"]])
    return subscription


def _first_status(account: Account, customer_id: str, due: int, behavior: str) -> str:
    card = account.cards.get(customer_id, "none")
    if due == 0:
        return "active"
    if behavior == "default_incomplete":
        return "incomplete"
    if card == "none":
        raise no_payment_method()
    if card not in PAYING and behavior == "error_if_incomplete":
        raise card_declined()
    return "active" if card in PAYING else "incomplete"


def _terms(
    account: Account, params: Params, items: list[StripeObject], trial_end: int | None
) -> StripeObject:
    now = account.clock.now()
    settings = params.get("trial_settings", {"end_behavior": {"missing_payment_method": "create_invoice"}})
    return {
        "billing_cycle_anchor": trial_end or now,
        "currency": account.objects["price"][items[0]["price"]]["currency"],
        "customer": params["customer"],
        "description": params.get("description"),
        "discounts": params.get("discounts", []),
        "items": listing(f"/v1/subscription_items?subscription={items[0]['subscription']}", items),
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "start_date": now,
        "trial_end": trial_end,
        "trial_settings": settings,
        "trial_start": now if trial_end else None,
    }


def _begin_first_period(account: Account, subscription: StripeObject) -> None:
    if subscription["trial_end"]:
        set_period(subscription, subscription["start_date"], subscription["trial_end"])
    else:
        set_period_at(account, subscription, subscription["start_date"])


def _announce(account: Account, subscription: StripeObject, status: str) -> None:
    """Send `created` before what the first invoice brings about, as Stripe does."""
    now = account.clock.now()
    subscription["status"] = status
    account.emit("customer.subscription.created", subscription)
    lines = period_lines(account, subscription, free=status == "trialing")
    finalize(account, draft(account, subscription, lines, Occasion("subscription_create", now, now)))


def cancel(account: Account, params: Params, subscription_id: str) -> StripeObject:
    """End a subscription at once."""
    subscription = living(account, subscription_id)
    subscription["cancellation_details"].update(params.get("cancellation_details", {}))
    end_now(account, subscription)
    return subscription


def list_all(account: Account, params: Params) -> StripeObject:
    """List subscriptions; without a status, those that have not ended."""
    status = params.get("status")

    def fits(one: StripeObject) -> bool:
        ended = one["status"] in ENDED
        by_status = {"all": True, "ended": ended, None: not ended}.get(status, one["status"] == status)
        prices = {item["price"] for item in one["items"]["data"]}
        by_price = "price" not in params or params["price"] in prices
        return by_status and by_price and params.get("customer", one["customer"]) == one["customer"]

    return list_page(account, "subscription", params, fits)


def retrieve(account: Account, _params: Params, subscription_id: str) -> StripeObject:
    """Return a subscription; one that has ended is still there."""
    return account.find("subscription", subscription_id)


ROUTES = (
    Route(method="POST", path="/v1/subscriptions", schema=CREATE, answer=create),
    Route(method="GET", path="/v1/subscriptions", schema=LIST, answer=list_all),
    Route(method="GET", path="/v1/subscriptions/<subscription_id>", schema=RETRIEVE, answer=retrieve),
    Route(method="POST", path="/v1/subscriptions/<subscription_id>", schema=UPDATE, answer=update),
    Route(method="DELETE", path="/v1/subscriptions/<subscription_id>", schema=CANCEL, answer=cancel),
)
