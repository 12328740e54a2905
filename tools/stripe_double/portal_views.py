"""Owns what the portal's page shows, and which of its buttons a session has."""

from typing import Any

from tools.stripe_double.account import CARD_OUTCOMES, Account, StripeObject
from tools.stripe_double.page_views import day, invoice_row, price_label
from tools.stripe_double.schedule_states import coming_phase
from tools.stripe_double.states import ENDED

_FEATURE_OF_ACTION = {
    "confirm": "subscription_update",
    "cancel": "subscription_cancel",
    "card": "payment_method_update",
    "pay": "invoice_history",
}
_DAYS = {"month": 30, "year": 365}
_ACTIONS_OF_FLOW = {
    None: ("cancel", "card", "pay"),
    "subscription_cancel": ("cancel",),
    "subscription_update_confirm": ("confirm",),
}


def features_of(account: Account, session: StripeObject) -> StripeObject:
    """Return the features of the session's configuration, as they are now."""
    configuration = account.objects["billing_portal.configuration"][session["configuration"]]
    return dict(configuration["features"])


def allowed_actions(account: Account, session: StripeObject) -> tuple[str, ...]:
    """Return what may be done in a portal session."""
    features = features_of(account, session)
    actions = _ACTIONS_OF_FLOW[session["flow"] and session["flow"]["type"]]
    return tuple(action for action in actions if features[_FEATURE_OF_ACTION[action]]["enabled"])


def portal_view(account: Account, session: StripeObject) -> dict[str, Any]:
    """Return what the portal's page shows."""
    only = flow_subject(session)
    subscriptions = [
        _subscription_view(account, session, one)
        for one in account.objects["subscription"].values()
        if one["customer"] == session["customer"] and one["status"] not in ENDED and only in (None, one["id"])
    ]
    invoices = [
        invoice_row(one)
        for one in account.objects["invoice"].values()
        if one["customer"] == session["customer"] and one["number"] is not None
    ]
    return {
        "title": "Manage your subscription",
        "actions": allowed_actions(account, session),
        "card": account.cards.get(session["customer"], "none"),
        "invoices": invoices[::-1],
        "outcomes": CARD_OUTCOMES,
        "return_url": session["return_url"],
        "subscriptions": subscriptions,
    }


def flow_subject(session: StripeObject) -> str | None:
    """Return the subscription that a session's flow is about, if it has one."""
    flow = session["flow"]
    about = flow and flow.get(flow["type"])
    return str(about["subscription"]) if about else None


def _subscription_view(account: Account, session: StripeObject, one: StripeObject) -> dict[str, Any]:
    item = one["items"]["data"][0]
    price = account.objects["price"][item["price"]]
    return {
        "id": one["id"],
        "name": account.objects["product"][price["product"]]["name"],
        "price": price_label(account, price),
        "status": one["status"],
        "ends": one["cancel_at"] and day(one["cancel_at"]),
        "renews": day(item["current_period_end"]),
        "coming": _coming(account, one),
        "proposed": _proposed(account, session, one),
    }


def waits_for_period_end(
    account: Account, session: StripeObject, subscription: StripeObject, item: StripeObject
) -> bool:
    """Return True if the configuration schedules a change to `item`, instead of making it at once."""
    updates = features_of(account, session)["subscription_update"]
    conditions = {one["type"] for one in updates["schedule_at_period_end"]["conditions"]}
    current = subscription["items"]["data"][0]
    before, after = (account.objects["price"][one["price"]] for one in (current, item))
    cheaper = after["unit_amount"] * item["quantity"] < before["unit_amount"] * current["quantity"]
    shorter = _days(after) < _days(before)
    return ("decreasing_item_amount" in conditions and cheaper) or (
        "shortening_interval" in conditions and shorter
    )


def _days(price: StripeObject) -> int:
    recurring = price["recurring"]
    return int(_DAYS[recurring["interval"]] * recurring["interval_count"])


def proposed_item(session: StripeObject, item: StripeObject) -> StripeObject | None:
    """Return the price and quantity that the session's flow asks to confirm, None in other sessions."""
    flow = session["flow"]
    if not flow or not flow["subscription_update_confirm"]:
        return None
    wanted = flow["subscription_update_confirm"]["items"][0]
    return {name: wanted.get(name, item[name]) for name in ("id", "price", "quantity")}


def _proposed(account: Account, session: StripeObject, subscription: StripeObject) -> dict[str, str] | None:
    item = subscription["items"]["data"][0]
    proposed = proposed_item(session, item)
    if proposed is None:
        return None
    waits = waits_for_period_end(account, session, subscription, proposed)
    return {"label": _label(account, proposed), "from": day(item["current_period_end"]) if waits else "today"}


def _label(account: Account, item: StripeObject) -> str:
    label = price_label(account, account.objects["price"][item["price"]])
    return f"{item['quantity']} × {label}" if item["quantity"] > 1 else label


def _coming(account: Account, subscription: StripeObject) -> str | None:
    phase = coming_phase(account, subscription)
    return f"{_label(account, phase['items'][0])} from {day(phase['start_date'])}" if phase else None
