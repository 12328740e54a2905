"""Owns what a subscription's status may become, apart from its invoices, and the events that say so."""

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.refusals import invalid, resource_missing
from tools.stripe_double.schedule_states import abandon

ENDED = ("canceled", "incomplete_expired")
RENEWING = ("active", "past_due")


def living(account: Account, subscription_id: str) -> StripeObject:
    """Return a subscription that has not ended; 404 otherwise, as Stripe answers for a cancellation."""
    subscription = account.find("subscription", subscription_id)
    if subscription["status"] in ENDED:
        raise resource_missing("subscription", subscription_id)
    return subscription


def set_status(account: Account, subscription: StripeObject, status: str) -> None:
    """Change the status and say so."""
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["status"] = status


def cancel_now(account: Account, subscription: StripeObject, reason: str = "cancellation_requested") -> None:
    """End a subscription; its open invoices are no longer collected."""
    now = account.clock.now()
    status = "incomplete_expired" if subscription["status"] == "incomplete" else "canceled"
    subscription.update(status=status, ended_at=now, canceled_at=subscription["canceled_at"] or now)
    details = subscription["cancellation_details"]
    details["reason"] = details["reason"] or reason
    account.pending_lines.pop(subscription["id"], None)
    abandon(account, subscription, unpaid=reason == "payment_failed")
    for invoice in invoices_of(account, subscription):
        if invoice["status"] in ("draft", "open"):
            invoice.update(auto_advance=False, next_payment_attempt=None, automatically_finalizes_at=None)
    ending = "updated" if status == "incomplete_expired" else "deleted"
    account.emit(f"customer.subscription.{ending}", subscription)


def refuse_ended(subscription: StripeObject) -> None:
    """400 for a change of a subscription that has ended."""
    if subscription["status"] in ENDED:
        message = "A canceled subscription can only update its cancellation_details and metadata."
        raise invalid(message)


def invoices_of(account: Account, subscription: StripeObject) -> list[StripeObject]:
    """Return the subscription's invoices, oldest first."""
    return [
        invoice
        for invoice in account.objects["invoice"].values()
        if subscription_of(invoice) == subscription["id"]
    ]


def subscription_of(invoice: StripeObject) -> str:
    """Return the id of the subscription that an invoice belongs to; every invoice here has one."""
    return str(invoice["parent"]["subscription_details"]["subscription"])
