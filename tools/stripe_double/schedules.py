"""Owns the API of subscription schedules: what a subscription will cost, phase by phase."""

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.parameters import (
    EXPAND,
    INSTANT,
    Params,
    Schema,
    count,
    each,
    one_of,
    text,
)
from tools.stripe_double.refusals import invalid
from tools.stripe_double.routes import post
from tools.stripe_double.schedule_phases import new_phase, read_phases
from tools.stripe_double.subscription_items import period_of

_PRORATION = one_of("always_invoice", "create_prorations", "none")
_DURATION = Schema(
    {"interval": one_of("day", "week", "month", "year"), "interval_count": count(1, 36)},
    required=("interval",),
)
_ITEM = Schema({"price": text, "quantity": count(0, 999_999)}, required=("price",))
_PHASE = Schema(
    {
        "duration": _DURATION,
        "end_date": INSTANT,
        "items": each(_ITEM, most=20),
        "proration_behavior": _PRORATION,
        "start_date": INSTANT,
    },
    required=("items",),
)
_CREATE = Schema({**EXPAND, "from_subscription": text}, required=("from_subscription",))
_UPDATE = Schema({**EXPAND, "phases": each(_PHASE, most=10)}, required=("phases",))


def create(account: Account, params: Params) -> StripeObject:
    """Put a subscription under a schedule, whose only phase is its current period."""
    subscription = account.referred("subscription", params["from_subscription"], "from_subscription")
    if subscription["schedule"]:
        message = f"that is already attached to a schedule: `{subscription['schedule']}`."
        raise invalid(f"You cannot migrate a subscription {message}", param="from_subscription")
    if subscription["status"] in ("canceled", "incomplete", "incomplete_expired"):
        message = f"that is currently in the `{subscription['status']}` status."
        raise invalid(f"You cannot migrate a subscription {message}", param="from_subscription")
    start, end = period_of(subscription)
    fields: StripeObject = {
        "current_phase": {"start_date": start, "end_date": end},
        "customer": subscription["customer"],
        "end_behavior": "release",
        "phases": [new_phase(subscription, subscription["items"]["data"], (start, end))],
        "released_subscription": None,
        "status": "active",
        "subscription": subscription["id"],
    }
    schedule = account.add("subscription_schedule", fields)
    account.emit("subscription_schedule.created", schedule)
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["schedule"] = schedule["id"]
    return schedule


def update(account: Account, params: Params, schedule_id: str) -> StripeObject:
    """Replace the phases."""
    schedule = account.find("subscription_schedule", schedule_id)
    if schedule["status"] != "active":
        message = f"that is currently in the `{schedule['status']}` status."
        raise invalid(f"You cannot update a subscription schedule {message}")
    phases, current = read_phases(account, schedule, params["phases"]), schedule["current_phase"]
    with account.changing(schedule, "subscription_schedule.updated"):
        schedule["phases"] = phases
        current["end_date"] = next(
            one["end_date"] for one in phases if one["start_date"] == current["start_date"]
        )
    return schedule


def change_at_period_end(account: Account, subscription: StripeObject, item: Params) -> None:
    """Let the price and quantity of `item` begin with the next period, as the portal does it."""
    schedule = create(account, {"from_subscription": subscription["id"]})
    start, end = period_of(subscription)
    kept = [{"price": one["price"], "quantity": one["quantity"]} for one in subscription["items"]["data"]]
    phases = [
        {"items": kept, "start_date": start, "end_date": end},
        {"items": [item], "proration_behavior": "none"},
    ]
    update(account, {"phases": phases}, schedule["id"])
    account.released_in_last_phase.add(schedule["id"])


ROUTES = (
    post("/v1/subscription_schedules", _CREATE, create),
    post("/v1/subscription_schedules/<schedule_id>", _UPDATE, update),
)
