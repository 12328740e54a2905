"""Owns the phases of a schedule: how a request names them, and what happens when one ends."""

from typing import Any

from tools.stripe_double import schedule_states, subscription_update
from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.parameters import Params
from tools.stripe_double.periods import boundary
from tools.stripe_double.refusals import invalid
from tools.stripe_double.states import RENEWING
from tools.stripe_double.subscription_items import (
    interval_of_all,
    new_item,
    period_of,
    require_one_interval,
)
from tools.stripe_double.trials import begin_period


def new_phase(
    subscription: StripeObject, items: list[dict[str, Any]], period: tuple[int, int]
) -> StripeObject:
    """Return a phase [start, end) of a subscription with `items`."""
    return {
        "currency": subscription["currency"],
        "end_date": period[1],
        "items": schedule_states.phase_items(items),
        "proration_behavior": "create_prorations",
        "start_date": period[0],
    }


def read_phases(account: Account, schedule: StripeObject, given: list[Params]) -> list[StripeObject]:
    """Return the phases that a request names, each beginning where the last one ends; 400 if they do not fit."""
    subscription = account.objects["subscription"][schedule["subscription"]]
    if not given or "start_date" not in given[0]:
        raise invalid("Missing at least one phase with a `start_date` to anchor end dates.", param="phases")
    phases: list[StripeObject] = []
    for position, wanted in enumerate(given):
        param = f"phases[{position}]"
        start = phases[-1]["end_date"] if phases else wanted["start_date"]
        if wanted.get("start_date", start) != start:
            raise invalid("A phase must start when the previous one ends.", param=f"{param}[start_date]")
        is_last = position == len(given) - 1
        _require_items(account, subscription, wanted["items"], param)
        phase = new_phase(subscription, wanted["items"], (start, _end(account, wanted, start, is_last)))
        if phase["end_date"] <= start:
            raise invalid("A phase must end after it starts.", param=f"{param}[end_date]")
        phase["proration_behavior"] = wanted.get("proration_behavior", "create_prorations")
        phases.append(phase)
    _require_current(account, schedule, phases)
    return phases


def _end(account: Account, wanted: Params, start: int, is_last: bool) -> int:
    if "end_date" in wanted:
        return int(wanted["end_date"])
    if "duration" in wanted:
        duration = wanted["duration"]
        return boundary(start, duration["interval"], duration.get("interval_count", 1))
    if not is_last:
        raise invalid("Only the last phase may be without `end_date` and `duration`.", param="phases")
    return boundary(start, *interval_of_all(account, wanted["items"]))


def _require_items(account: Account, subscription: StripeObject, wanted: list[Params], param: str) -> None:
    current = {item["price"] for item in subscription["items"]["data"]}
    for position, item in enumerate(wanted):
        if item["price"] not in current:
            new_item(account, subscription["id"], item, f"{param}[items][{position}]")
    require_one_interval(account, wanted)
    if len(wanted) != len(current):
        raise invalid("The double schedules as many items as there are.", param=f"{param}[items]")


def _require_current(account: Account, schedule: StripeObject, phases: list[StripeObject]) -> None:
    """400 unless the current phase is among them, begins as it did, and has the items that it has."""
    began = schedule["current_phase"]["start_date"]
    current = next((phase for phase in phases if phase["start_date"] == began), None)
    if current is None:
        raise invalid("You can not modify the start date of the current phase.", param="phases")
    if current["end_date"] <= account.clock.now():
        raise invalid("The current phase must end in the future.", param="phases")
    subscription = account.objects["subscription"][schedule["subscription"]]
    if current["items"] != schedule_states.phase_items(subscription["items"]["data"]):
        raise invalid("The double changes the items of coming phases only.", param="phases")


def end_phase(account: Account, subscription: StripeObject) -> None:
    """Leave the phase that ends now: for the next one, or for good."""
    schedule = account.objects["subscription_schedule"][subscription["schedule"]]
    coming = schedule_states.coming_phase(account, subscription)
    if coming is not None:
        _enter(account, subscription, coming)
        with account.changing(schedule, "subscription_schedule.updated"):
            schedule["current_phase"] = {name: coming[name] for name in ("start_date", "end_date")}
        is_last = schedule_states.coming_phase(account, subscription) is None
        if is_last and schedule["id"] in account.released_in_last_phase:
            schedule_states.release(account, schedule)
    else:
        schedule_states.release(account, schedule)


def _enter(account: Account, subscription: StripeObject, phase: StripeObject) -> None:
    """Give the subscription the items of a phase, in one step with a renewal that is due at the same instant."""
    items = subscription["items"]["data"]
    changes = [
        {"id": item["id"], "price": wanted["price"], "quantity": wanted["quantity"]}
        for item, wanted in zip(items, phase["items"], strict=False)
    ]
    if subscription["status"] not in RENEWING or period_of(subscription)[1] != account.clock.now():
        params = {"items": changes, "proration_behavior": phase["proration_behavior"]}
        subscription_update.apply(account, params, subscription)
        return
    with account.changing(subscription, "customer.subscription.updated"):
        interval = interval_of_all(account, items)
        for item, change in zip(items, changes, strict=False):
            item.update(price=change["price"], quantity=change["quantity"])
        if interval_of_all(account, items) != interval:
            subscription["billing_cycle_anchor"] = account.clock.now()
        begin_period(account, subscription)
