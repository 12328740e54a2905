"""Owns collecting an invoice: finalize, charge, retry, give up, void; and what that does to its subscription."""

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.charges import charge_invoice
from tools.stripe_double.checkout_states import complete_paid, tell_async_payment
from tools.stripe_double.refusals import invalid
from tools.stripe_double.states import (
    cancel_now,
    set_status,
    subscription_of,
)

DAY = 86_400
RETRY_AFTER_SECONDS = (3 * DAY, 5 * DAY, 7 * DAY)


def finalize(account: Account, invoice: StripeObject) -> None:
    """Finalize a draft: number it, open it, and apply the customer's credit."""
    customer = account.find("customer", invoice["customer"])
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    left = customer["balance"] + invoice["total"] - invoice["amount_due"]
    with account.changing(customer, "customer.updated"):
        customer.update(balance=left, currency=customer["currency"] or invoice["currency"])
    url = f"{account.base_url}/i/{invoice['id']}"
    invoice.update(number=number, hosted_invoice_url=url, invoice_pdf=url, ending_balance=left)
    invoice.update(status="open", automatically_finalizes_at=None, effective_at=account.clock.now())
    invoice["status_transitions"]["finalized_at"] = account.clock.now()
    account.emit("invoice.finalized", invoice)


def collect(account: Account, invoice: StripeObject, *, automatic: bool = True) -> str:
    """Try to pay an open invoice with the customer's card, and return the card's outcome.

    Any attempt counts as the first one; after that only the automatic ones count.
    """
    if invoice["amount_due"] == 0:
        mark_paid(account, invoice)
        return "success"
    outcome = account.cards.get(invoice["customer"], "none")
    counted = _counts(invoice, automatic=automatic)
    if outcome == "debit":
        await_debit(account, invoice)
        return outcome
    if outcome != "none":
        charge_invoice(account, invoice, outcome)
    if outcome == "success":
        mark_paid(account, invoice, counted=counted)
    else:
        _mark_failed(account, invoice, outcome, automatic=automatic)
    return outcome


def await_debit(account: Account, invoice: StripeObject) -> None:
    """Begin a bank debit, which pays or fails days later; the subscription is active until then."""
    with account.changing(invoice, "invoice.updated"):
        invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1, next_payment_attempt=None)


def settle_debit(account: Account, invoice: StripeObject, *, paid: bool) -> None:
    """Let the bank pay a debit or refuse it, and return it to the page that asked for it."""
    if invoice["status"] != "open":
        raise invalid(f"The invoice {invoice['id']} is {invoice['status']}.")
    charge_invoice(account, invoice, "success" if paid else "decline")
    if paid:
        mark_paid(account, invoice)
    else:
        _mark_failed(account, invoice, "decline", automatic=False)
    tell_async_payment(account, invoice, paid=paid)


def _counts(invoice: StripeObject, *, automatic: bool) -> bool:
    return automatic or invoice["attempt_count"] == 0


def mark_paid(account: Account, invoice: StripeObject, *, counted: bool = False) -> None:
    """Settle an open invoice, and what its subscription waited for."""
    with account.changing(invoice, "invoice.updated"):
        invoice.update(status="paid", amount_paid=invoice["amount_due"], amount_remaining=0)
        invoice.update(attempted=True, auto_advance=False, next_payment_attempt=None)
        invoice["attempt_count"] += counted
        invoice["status_transitions"]["paid_at"] = account.clock.now()
    subscription = account.objects["subscription"][subscription_of(invoice)]
    if subscription["latest_invoice"] == invoice["id"] and subscription["status"] in (
        "incomplete",
        "past_due",
    ):
        set_status(account, subscription, "active")
    account.emit("invoice.paid", invoice)
    account.emit("invoice.payment_succeeded", invoice)
    if subscription["status"] == "active":
        complete_paid(account, subscription)


def _mark_failed(account: Account, invoice: StripeObject, outcome: str, *, automatic: bool) -> None:
    with account.changing(invoice, "invoice.updated"):
        invoice["attempted"] = True
        if _counts(invoice, automatic=automatic):
            invoice["attempt_count"] += 1
            invoice["next_payment_attempt"] = _next_attempt(account, invoice)
    if outcome == "authenticate":
        account.emit("invoice.payment_action_required", invoice)
    account.emit("invoice.payment_failed", invoice)
    subscription = account.objects["subscription"][subscription_of(invoice)]
    if subscription["status"] in ("active", "trialing"):
        set_status(account, subscription, "past_due")
    if invoice["next_payment_attempt"] is None and subscription["status"] == "past_due" and automatic:
        cancel_now(account, subscription, "payment_failed")


def _next_attempt(account: Account, invoice: StripeObject) -> int | None:
    made = invoice["attempt_count"]
    if invoice["billing_reason"] == "subscription_create" or made > len(RETRY_AFTER_SECONDS):
        return None
    return account.clock.now() + RETRY_AFTER_SECONDS[made - 1]


def end_now(account: Account, subscription: StripeObject) -> None:
    """End a subscription because somebody asked for it; what never began loses its invoice, so nobody can pay it."""
    if subscription["status"] == "incomplete":
        void(account, account.objects["invoice"][subscription["latest_invoice"]])
    else:
        cancel_now(account, subscription)


def void(account: Account, invoice: StripeObject) -> None:
    """Void the first invoice of a subscription that never began, which ends it."""
    with account.changing(invoice, "invoice.updated"):
        invoice.update(status="void", auto_advance=False, next_payment_attempt=None)
        invoice["status_transitions"]["voided_at"] = account.clock.now()
    account.emit("invoice.voided", invoice)
    subscription = account.objects["subscription"][subscription_of(invoice)]
    cancel_now(account, subscription)
