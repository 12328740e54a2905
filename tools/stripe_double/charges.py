"""Owns charges and the payments of invoices that they make."""

from collections.abc import Iterator
from contextlib import contextmanager

from tools.stripe_double.account import Account, StripeObject, new_id


@contextmanager
def presenting_card(account: Account, customer_id: str, outcome: str) -> Iterator[None]:
    """Pay on a page with a card that answers `outcome`; the customer keeps one that works only."""
    previous = account.cards.get(customer_id, "none")
    account.cards[customer_id] = outcome
    try:
        yield
    finally:
        if outcome != "success":
            account.cards[customer_id] = previous


def charge_invoice(account: Account, invoice: StripeObject, outcome: str) -> StripeObject:
    """Record one attempt on the customer's card for what is due, and its link to the invoice."""
    succeeded = outcome == "success"
    fields: StripeObject = {
        "amount": invoice["amount_due"],
        "amount_captured": invoice["amount_due"] if succeeded else 0,
        "amount_refunded": 0,
        "billing_details": dict.fromkeys(("address", "email", "name", "phone", "tax_id")),
        "captured": succeeded,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": "Subscription",
        "disputed": False,
        "metadata": {},
        "outcome": None,
        "paid": succeeded,
        "payment_intent": _intent_of(account, invoice),
        "refunded": False,
        "status": "succeeded" if succeeded else "failed",
    }
    if not succeeded:
        code = "card_declined" if outcome == "decline" else "authentication_required"
        fields |= {"failure_code": code, "failure_message": "Your card was declined."}
    charge = account.add("charge", fields)
    _record_payment(account, invoice, charge)
    account.emit(f"charge.{charge['status']}", charge)
    return charge


def _payment_of(account: Account, invoice: StripeObject) -> StripeObject | None:
    payments = account.objects["invoice_payment"].values()
    return next((one for one in payments if one["invoice"] == invoice["id"]), None)


def _intent_of(account: Account, invoice: StripeObject) -> str:
    payment = _payment_of(account, invoice)
    return str(payment["payment"]["payment_intent"]) if payment else new_id("pi")


def _record_payment(account: Account, invoice: StripeObject, charge: StripeObject) -> None:
    payment = _payment_of(account, invoice) or account.add("invoice_payment", {"invoice": invoice["id"]})
    paid_at = account.clock.now() if charge["paid"] else None
    payment.update(
        amount_paid=charge["amount_captured"] or None,
        amount_requested=charge["amount"],
        currency=charge["currency"],
        is_default=True,
        payment={"payment_intent": charge["payment_intent"], "type": "payment_intent"},
        status="paid" if charge["paid"] else "open",
        status_transitions={"canceled_at": None, "paid_at": paid_at},
    )
