"""Owns what becomes of a subscription schedule: followed, released or given up; and the events."""

from collections.abc import Iterable
from typing import Any

from tools.stripe_double.account import Account, StripeObject


def schedule_of(account: Account, subscription: StripeObject) -> StripeObject | None:
    """Return the schedule that manages a subscription, None without one."""
    return account.objects["subscription_schedule"].get(subscription["schedule"] or "")


def coming_phase(account: Account, subscription: StripeObject) -> StripeObject | None:
    """Return the phase that follows the current one, None if nothing is scheduled."""
    schedule = schedule_of(account, subscription)
    if schedule is None:
        return None
    end = schedule["current_phase"]["end_date"]
    return next((phase for phase in schedule["phases"] if phase["start_date"] == end), None)


def phase_items(items: Iterable[dict[str, Any]]) -> list[StripeObject]:
    """Return items of a subscription, or as a request names them, as a phase shows them."""
    return [{"price": item["price"], "quantity": item.get("quantity", 1)} for item in items]


def mirror_items(account: Account, subscription: StripeObject) -> None:
    """Take a direct change of the subscription over into the current phase; coming phases stay as they are."""
    schedule = schedule_of(account, subscription)
    if schedule is None:
        return
    with account.changing(schedule, "subscription_schedule.updated"):
        for phase in schedule["phases"]:
            if phase["start_date"] == schedule["current_phase"]["start_date"]:
                phase["items"] = phase_items(subscription["items"]["data"])


def release(account: Account, schedule: StripeObject) -> None:
    """Let go of the subscription, which stays as it is."""
    subscription = account.objects["subscription"][schedule["subscription"]]
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["schedule"] = None
    schedule.update(subscription=None, released_subscription=subscription["id"])
    _close(account, schedule, "released", "released")


def abandon(account: Account, subscription: StripeObject, *, unpaid: bool) -> None:
    """Give the schedule up with its subscription."""
    schedule = schedule_of(account, subscription)
    if schedule is not None:
        subscription["schedule"] = None
        _close(account, schedule, "canceled", "aborted" if unpaid else "canceled")


def _close(account: Account, schedule: StripeObject, status: str, event: str) -> None:
    schedule.update(status=status, current_phase=None)
    schedule[f"{status}_at"] = account.clock.now()
    account.emit(f"subscription_schedule.{event}", schedule)
