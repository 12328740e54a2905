"""Owns changing a subscription: prices with prorations, cancellation to come, trial."""

from tools.stripe_double.account import Account, StripeObject, merged_metadata
from tools.stripe_double.collection import collect, finalize
from tools.stripe_double.discounts import after_discounts
from tools.stripe_double.invoices import Occasion, draft, period_lines
from tools.stripe_double.parameters import Params
from tools.stripe_double.refusals import card_declined, invalid
from tools.stripe_double.schedule_states import mirror_items
from tools.stripe_double.states import refuse_ended
from tools.stripe_double.subscription_items import (
    changed_items,
    interval_of_all,
    period_of,
    price_of_period,
    proration_lines,
    set_period_at,
)
from tools.stripe_double.trials import end_trial


def update(account: Account, params: Params, subscription_id: str) -> StripeObject:
    """Change what is given; an invoice that follows is collected after the change stands."""
    return apply(account, params, account.find("subscription", subscription_id))


def apply(account: Account, params: Params, subscription: StripeObject) -> StripeObject:
    """Change a subscription as `params` say."""
    if set(params) - {"expand", "metadata"}:
        refuse_ended(subscription)
    if {"cancel_at", "cancel_at_period_end"} & set(params):
        _refuse_scheduled(subscription)
    items = changed_items(account, subscription, params.get("items", []))
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["metadata"] = merged_metadata(subscription["metadata"], params)
        _set_cancellation(account, subscription, params)
        invoice = _change_items(account, subscription, items, params)
    mirror_items(account, subscription)
    if invoice is not None:
        finalize(account, invoice)
        collect(account, invoice)
    return subscription


def end_trial_now(account: Account, subscription: StripeObject) -> None:
    """End a trial before its time, and collect its first invoice at once."""
    end_trial(account, subscription)
    invoice = account.objects["invoice"][subscription["latest_invoice"]]
    finalize(account, invoice)
    collect(account, invoice)


def _refuse_scheduled(subscription: StripeObject) -> None:
    if subscription["schedule"]:
        message = (
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and"
        )
        raise invalid(
            f"{message} updating any cancelation behavior directly is not allowed. Please update the schedule"
            " instead."
        )


def refuse_if_unpayable(account: Account, subscription: StripeObject, changes: list[Params]) -> None:
    """402 before anything changes, if more is to be paid and the card refuses."""
    card = account.cards.get(subscription["customer"], "none")
    before, after = (
        after_discounts(account, subscription["discounts"], price_of_period(account, each))
        for each in (subscription["items"]["data"], changed_items(account, subscription, changes))
    )
    if after > before and subscription["status"] != "trialing" and card != "success":
        raise card_declined()


def _set_cancellation(account: Account, subscription: StripeObject, params: Params) -> None:
    """Set or withdraw the end that is to come; `cancel_at` and `cancel_at_period_end` exclude each other."""
    if params.get("cancel_at") is not None and params.get("cancel_at_period_end"):
        raise invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.")
    if "cancel_at_period_end" not in params and "cancel_at" not in params:
        return
    at_period_end = bool(params.get("cancel_at_period_end"))
    given = params.get("cancel_at")
    if given is not None and given <= account.clock.now():
        raise invalid("`cancel_at` must be in the future.", param="cancel_at")
    end = period_of(subscription)[1] if at_period_end else given
    subscription.update(cancel_at_period_end=at_period_end, cancel_at=end)
    subscription["canceled_at"] = account.clock.now() if end else None
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if end else None


def _change_items(
    account: Account, subscription: StripeObject, items: list[StripeObject], params: Params
) -> StripeObject | None:
    """Take the new items over; return the draft if the change is billed at once."""
    previous, now = subscription["items"]["data"], account.clock.now()
    if items == previous:
        return None
    if subscription["status"] == "trialing":
        subscription["items"]["data"] = items
        return None
    prorated = params.get("proration_behavior", "create_prorations")
    credits_ = [] if prorated == "none" else proration_lines(account, subscription, previous, sign=-1)
    subscription["items"]["data"] = items
    if interval_of_all(account, previous) != interval_of_all(account, items):
        subscription["billing_cycle_anchor"] = now
        set_period_at(account, subscription, now)
        lines = credits_ + period_lines(account, subscription)
        return draft(account, subscription, lines, Occasion("subscription_update", now, now))
    lines = credits_ and credits_ + proration_lines(account, subscription, items, sign=+1)
    if prorated == "always_invoice":
        return draft(account, subscription, lines, Occasion("subscription_update", now, now))
    account.pending_lines.setdefault(subscription["id"], []).extend(lines)
    return None
