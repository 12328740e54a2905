"""Owns the API of subscription schedules: what a subscription will cost, phase by phase."""

from tools.stripe_double import schedule_states
from tools.stripe_double.account import Account, StripeObject, merged_metadata, nulls
from tools.stripe_double.pagination import list_equal
from tools.stripe_double.parameters import (
    EXPAND,
    INSTANT,
    LISTING,
    RETRIEVE,
    Params,
    Schema,
    count,
    each,
    metadata,
    one_of,
    text,
)
from tools.stripe_double.refusals import invalid
from tools.stripe_double.routes import Route
from tools.stripe_double.schedule_phases import new_phase, read_phases
from tools.stripe_double.states import cancel_now
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
        "metadata": metadata,
        "proration_behavior": _PRORATION,
        "start_date": INSTANT,
    },
    required=("items",),
)
_CREATE = Schema({**EXPAND, "from_subscription": text, "metadata": metadata}, required=("from_subscription",))
_UPDATE = Schema(
    {
        **EXPAND,
        "end_behavior": one_of("cancel", "release"),
        "metadata": metadata,
        "phases": each(_PHASE, most=10),
    }
)
_LIST = Schema({**LISTING, "customer": text})
_NULLS = nulls(
    "application canceled_at completed_at customer_account released_at released_subscription test_clock"
)
_NO_SETTINGS = nulls(
    "application_fee_percent automatic_tax billing_thresholds default_payment_method description on_behalf_of"
    " transfer_data"
)


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
    invoice_settings = dict.fromkeys(
        ("account_tax_ids", "custom_fields", "days_until_due", "description", "footer")
    )
    issuer = {"account": None, "type": "self"}
    settings = {**_NO_SETTINGS, "billing_cycle_anchor": "automatic"}
    settings["collection_method"] = "charge_automatically"
    settings["invoice_settings"] = {**invoice_settings, "issuer": issuer}
    fields: StripeObject = {
        **_NULLS,
        "billing_mode": dict(subscription["billing_mode"]),
        "current_phase": {"start_date": start, "end_date": end},
        "customer": subscription["customer"],
        "default_settings": settings,
        "end_behavior": "release",
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "pause_schedules": [],
        "phases": [new_phase(subscription, subscription["items"]["data"], (start, end))],
        "status": "active",
        "subscription": subscription["id"],
    }
    schedule = account.add("subscription_schedule", fields)
    account.emit("subscription_schedule.created", schedule)
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["schedule"] = schedule["id"]
    return schedule


def update(account: Account, params: Params, schedule_id: str) -> StripeObject:
    """Change what is given; phases replace the previous ones."""
    schedule = _active(account, schedule_id, "update")
    phases = read_phases(account, schedule, params["phases"]) if "phases" in params else schedule["phases"]
    with account.changing(schedule, "subscription_schedule.updated"):
        schedule.update(phases=phases, end_behavior=params.get("end_behavior", schedule["end_behavior"]))
        schedule["metadata"] = merged_metadata(schedule["metadata"], params.get("metadata", {}))
        current = schedule["current_phase"]
        current["end_date"] = next(
            one["end_date"] for one in phases if one["start_date"] == current["start_date"]
        )
    return schedule


def _active(account: Account, schedule_id: str, verb: str) -> StripeObject:
    schedule = account.find("subscription_schedule", schedule_id)
    if schedule["status"] != "active":
        message = f"that is currently in the `{schedule['status']}` status."
        raise invalid(f"You cannot {verb} a subscription schedule {message}")
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


def release(account: Account, _params: Params, schedule_id: str) -> StripeObject:
    """Let go of the subscription."""
    schedule = _active(account, schedule_id, "release")
    schedule_states.release(account, schedule)
    return schedule


def cancel(account: Account, _params: Params, schedule_id: str) -> StripeObject:
    """Cancel the schedule, and with it the subscription."""
    schedule = _active(account, schedule_id, "cancel")
    cancel_now(account, account.objects["subscription"][schedule["subscription"]])
    return schedule


def list_all(account: Account, params: Params) -> StripeObject:
    """List schedules, by customer if asked."""
    return list_equal(account, "subscription_schedule", params, ("customer",))


def retrieve(account: Account, _params: Params, schedule_id: str) -> StripeObject:
    """Return a schedule; one that has ended is still there."""
    return account.find("subscription_schedule", schedule_id)


_PATH = "/v1/subscription_schedules"
ROUTES = (
    Route(method="POST", path=_PATH, schema=_CREATE, answer=create),
    Route(method="GET", path=_PATH, schema=_LIST, answer=list_all),
    Route(method="GET", path=f"{_PATH}/<schedule_id>", schema=RETRIEVE, answer=retrieve),
    Route(method="POST", path=f"{_PATH}/<schedule_id>", schema=_UPDATE, answer=update),
    Route(method="POST", path=f"{_PATH}/<schedule_id>/release", schema=RETRIEVE, answer=release),
    Route(method="POST", path=f"{_PATH}/<schedule_id>/cancel", schema=RETRIEVE, answer=cancel),
)
