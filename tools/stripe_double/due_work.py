"""Owns what time brings about: reminders, trial ends, renewals, collections, expiries; each at its own instant."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.stripe_double import checkout_states
from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.collection import DAY, collect, finalize, void
from tools.stripe_double.schedule_phases import end_phase
from tools.stripe_double.schedule_states import schedule_of
from tools.stripe_double.states import RENEWING, cancel_now
from tools.stripe_double.subscription_items import period_of
from tools.stripe_double.trials import begin_period, end_trial

REMINDER_SECONDS = 3 * DAY
SECONDS_INCOMPLETE = 23 * 3_600


@dataclass(frozen=True)
class Work:
    """Something to be done about an object at an instant."""

    instant: int
    act: Callable[[Account, StripeObject], None]
    about: StripeObject


def run_due_work(account: Account) -> None:
    """Do everything that is due by now, in the order of time; work may make more work."""
    until = account.clock.now()
    try:
        while (work := _earliest(account)) is not None and work.instant <= until:
            account.clock.pin(work.instant)
            work.act(account, work.about)
    finally:
        account.clock.pin(None)


def advance(account: Account, seconds: int) -> None:
    """Move the clock and do what becomes due on the way."""
    account.clock.advance(seconds)
    run_due_work(account)


def renew(account: Account, subscription: StripeObject) -> None:
    """Move the clock to the end of the subscription's period, and on until its invoice has been collected."""
    end = period_of(subscription)[1]
    advance(account, max(0, end + 3_600 - account.clock.now()))


def _earliest(account: Account) -> Work | None:
    # The first of several at one instant wins: an end that is due comes before a renewal.
    return min(_all_work(account), key=lambda work: work.instant, default=None)


def _all_work(account: Account) -> Iterator[Work]:
    for subscription in account.objects["subscription"].values():
        yield from _work_of_subscription(account, subscription)
    for invoice in account.objects["invoice"].values():
        if invoice["status"] == "draft" and invoice["automatically_finalizes_at"]:
            yield Work(invoice["automatically_finalizes_at"], _finalize_and_collect, invoice)
        if invoice["status"] == "open" and invoice["next_payment_attempt"]:
            yield Work(invoice["next_payment_attempt"], _collect, invoice)
    for session in account.objects["checkout.session"].values():
        if session["status"] == "open":
            yield Work(session["expires_at"], checkout_states.expire, session)


def _work_of_subscription(account: Account, subscription: StripeObject) -> Iterator[Work]:
    status, end = subscription["status"], period_of(subscription)[1]
    if subscription["cancel_at"] and status in (*RENEWING, "trialing"):
        yield Work(subscription["cancel_at"], cancel_now, subscription)
    schedule = schedule_of(account, subscription)
    if schedule is not None:
        # Before the renewal of the same instant, which then bills the next phase.
        yield Work(schedule["current_phase"]["end_date"], end_phase, subscription)
    if status == "trialing":
        yield from _work_of_trial(account, subscription)
    if status in RENEWING:
        yield Work(end, _renew, subscription)
    if status == "incomplete":
        yield Work(subscription["created"] + SECONDS_INCOMPLETE, _expire, subscription)


def _work_of_trial(account: Account, subscription: StripeObject) -> Iterator[Work]:
    trial_end = subscription["trial_end"]
    if (subscription["id"], trial_end) not in account.reminded_trials:
        yield Work(max(subscription["created"], trial_end - REMINDER_SECONDS), _remind, subscription)
    yield Work(trial_end, end_trial, subscription)


def _remind(account: Account, subscription: StripeObject) -> None:
    account.reminded_trials.add((subscription["id"], subscription["trial_end"]))
    account.emit("customer.subscription.trial_will_end", subscription)


def _renew(account: Account, subscription: StripeObject) -> None:
    with account.changing(subscription, "customer.subscription.updated"):
        begin_period(account, subscription)


def _finalize_and_collect(account: Account, invoice: StripeObject) -> None:
    finalize(account, invoice)
    collect(account, invoice)


def _collect(account: Account, invoice: StripeObject) -> None:
    collect(account, invoice)


def _expire(account: Account, subscription: StripeObject) -> None:
    """Give up a subscription whose first payment never came: its invoice is voided, which ends it."""
    void(account, account.objects["invoice"][subscription["latest_invoice"]])
