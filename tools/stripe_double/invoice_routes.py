"""Owns the API of invoices: list, read, pay, delete a draft."""

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.collection import collect, finalize, mark_paid
from tools.stripe_double.pagination import list_page
from tools.stripe_double.parameters import (
    EXPAND,
    LISTING,
    RETRIEVE,
    Params,
    Schema,
    flag,
    one_of,
    text,
)
from tools.stripe_double.refusals import action_required, card_declined, invalid, no_payment_method
from tools.stripe_double.routes import Route
from tools.stripe_double.states import invoices_of, subscription_of

_STATUSES = ("draft", "open", "paid", "uncollectible", "void")
_LIST = Schema({**LISTING, "customer": text, "status": one_of(*_STATUSES), "subscription": text})
_PAY = Schema({**EXPAND, "off_session": flag, "paid_out_of_band": flag})
_REFUSED_BY_CARD = {
    "decline": card_declined,
    "authenticate": action_required,
    "none": no_payment_method,
}


def list_all(account: Account, params: Params) -> StripeObject:
    """List invoices, by customer, subscription and status if asked."""

    def fits(one: StripeObject) -> bool:
        return (
            all(one[name] == params[name] for name in ("customer", "status") if name in params)
            and params.get("subscription", subscription_of(one)) == subscription_of(one)
        )  # fmt: skip

    return list_page(account, "invoice", params, fits)


def retrieve(account: Account, _params: Params, invoice_id: str) -> StripeObject:
    """Return an invoice."""
    return account.find("invoice", invoice_id)


def pay(account: Account, params: Params, invoice_id: str) -> StripeObject:
    """Pay an invoice now; 402 if the card refuses, and then the attempt stands."""
    invoice = account.find("invoice", invoice_id)
    if invoice["status"] == "paid":
        raise invalid("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] == "void":
        raise invalid("Voided invoices cannot be paid.", code="invoice_not_editable")
    if invoice["status"] == "draft":
        finalize(account, invoice)
    if params.get("paid_out_of_band"):
        mark_paid(account, invoice)
        return invoice
    outcome = collect(account, invoice, automatic=False)
    if outcome != "success":
        raise _REFUSED_BY_CARD[outcome]()
    return invoice


def delete(account: Account, _params: Params, invoice_id: str) -> StripeObject:
    """Delete a draft for good."""
    invoice = account.find("invoice", invoice_id)
    if invoice["status"] != "draft":
        raise invalid("You can only delete draft invoices.")
    del account.objects["invoice"][invoice_id]
    subscription = account.objects["subscription"][subscription_of(invoice)]
    left = invoices_of(account, subscription)
    with account.changing(subscription, "customer.subscription.updated"):
        subscription["latest_invoice"] = left[-1]["id"] if left else None
    account.emit("invoice.deleted", invoice)
    return {"id": invoice_id, "object": "invoice", "deleted": True}


ROUTES = (
    Route(method="GET", path="/v1/invoices", schema=_LIST, answer=list_all),
    Route(method="GET", path="/v1/invoices/<invoice_id>", schema=RETRIEVE, answer=retrieve),
    Route(method="POST", path="/v1/invoices/<invoice_id>/pay", schema=_PAY, answer=pay),
    Route(method="DELETE", path="/v1/invoices/<invoice_id>", schema=Schema({}), answer=delete),
)
