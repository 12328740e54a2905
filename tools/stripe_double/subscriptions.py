"""Owns starting, cancelling and finding subscriptions."""

from tools.stripe_double.account import PAYING, Account, StripeObject, listing, merged_metadata, new_id
from tools.stripe_double.collection import collect, end_now, finalize
from tools.stripe_double.discounts import after_discounts
from tools.stripe_double.invoices import Occasion, draft, period_lines
from tools.stripe_double.parameters import RETRIEVE, Params
from tools.stripe_double.refusals import no_payment_method
from tools.stripe_double.routes import Route, post
from tools.stripe_double.states import living
from tools.stripe_double.subscription_fields import CREATE, UPDATE, blank_subscription
from tools.stripe_double.subscription_items import (
    new_item,
    price_of_period,
    require_one_interval,
    set_period,
    set_period_at,
)
from tools.stripe_double.subscription_update import update


def create(account: Account, params: Params) -> StripeObject:
    """Start a subscription: its status is known from the trial, the sum and the customer's card."""
    customer = account.referred("customer", params["customer"], "customer")
    subscription_id = new_id("sub")
    items = [
        new_item(account, subscription_id, given, f"items[{position}]")
        for position, given in enumerate(params["items"])
    ]
    require_one_interval(account, items)
    days = params.get("trial_period_days")
    trial_end = None if days is None else account.clock.now() + days * 86_400
    price = after_discounts(account, params.get("discounts", []), price_of_period(account, items))
    due = 0 if trial_end else price
    behavior = params.get("payment_behavior", "allow_incomplete")
    status = "trialing" if trial_end else _first_status(account, customer["id"], due, behavior)
    subscription = account.add("subscription", blank_subscription(), subscription_id)
    subscription.update(_terms(account, params, items, trial_end))
    _begin_first_period(account, subscription)
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
    return "active" if card in PAYING else "incomplete"


def _terms(
    account: Account, params: Params, items: list[StripeObject], trial_end: int | None
) -> StripeObject:
    now = account.clock.now()
    return {
        "billing_cycle_anchor": trial_end or now,
        "currency": account.objects["price"][items[0]["price"]]["currency"],
        "customer": params["customer"],
        "discounts": params.get("discounts", []),
        "items": listing(f"/v1/subscription_items?subscription={items[0]['subscription']}", items),
        "metadata": merged_metadata({}, params),
        "start_date": now,
        "trial_end": trial_end,
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


def cancel(account: Account, _params: Params, subscription_id: str) -> StripeObject:
    """End a subscription at once."""
    subscription = living(account, subscription_id)
    end_now(account, subscription)
    return subscription


_ONE = "/v1/subscriptions/<subscription_id>"
ROUTES = (
    post("/v1/subscriptions", CREATE, create),
    post(_ONE, UPDATE, update),
    Route(method="DELETE", path=_ONE, schema=RETRIEVE, answer=cancel),
)
