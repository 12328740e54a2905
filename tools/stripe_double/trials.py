"""Owns the periods that begin: the first paid one after a trial, and each renewal."""

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.invoices import SECONDS_AS_DRAFT, Occasion, draft, period_lines
from tools.stripe_double.subscription_items import period_of, set_period_at


def end_trial(account: Account, subscription: StripeObject) -> None:
    """Begin the first paid period now."""
    now = account.clock.now()
    with account.changing(subscription, "customer.subscription.updated"):
        subscription.update(status="active", trial_end=now, billing_cycle_anchor=now)
        begin_period(account, subscription)


def begin_period(account: Account, subscription: StripeObject) -> None:
    """Put the subscription into the period that begins now, with a draft that is collected an hour later."""
    now, previous = account.clock.now(), period_of(subscription)
    set_period_at(account, subscription, now)
    draft(
        account,
        subscription,
        period_lines(account, subscription),
        Occasion("subscription_cycle", *previous),
        automatically_finalizes_at=now + SECONDS_AS_DRAFT,
        next_payment_attempt=now + SECONDS_AS_DRAFT,
    )
