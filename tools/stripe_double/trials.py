"""Owns the end of a trial: the first paid period, or what was agreed for a customer without a card."""

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.invoices import SECONDS_AS_DRAFT, Occasion, draft, period_lines
from tools.stripe_double.states import cancel_now, pause_now
from tools.stripe_double.subscription_items import period_of, set_period_at


def end_trial(account: Account, subscription: StripeObject) -> None:
    """End the trial now."""
    behavior = subscription["trial_settings"]["end_behavior"].get("missing_payment_method", "create_invoice")
    has_card = account.cards.get(subscription["customer"], "none") != "none"
    if has_card or behavior == "create_invoice":
        _begin_paying(account, subscription)
    elif behavior == "pause":
        pause_now(account, subscription, "trial_end_without_payment_method")
    else:
        cancel_now(account, subscription)


def _begin_paying(account: Account, subscription: StripeObject) -> None:
    now = account.clock.now()
    with account.changing(subscription, "customer.subscription.updated"):
        subscription.update(status="active", trial_end=now, billing_cycle_anchor=now)
        begin_period(account, subscription)


def begin_period(account: Account, subscription: StripeObject) -> None:
    """Put the subscription into the period that begins now, with a draft that is collected an hour later."""
    now, previous = account.clock.now(), period_of(subscription)
    set_period_at(account, subscription, now)
    advances = subscription["status"] != "unpaid" and not _kept_as_draft(subscription)
    due_at = now + SECONDS_AS_DRAFT if advances else None
    draft(
        account,
        subscription,
        period_lines(account, subscription),
        Occasion("subscription_cycle", *previous),
        auto_advance=advances,
        automatically_finalizes_at=due_at,
        next_payment_attempt=due_at,
    )


def _kept_as_draft(subscription: StripeObject) -> bool:
    paused = subscription["pause_collection"]
    return paused is not None and paused["behavior"] == "keep_as_draft"
