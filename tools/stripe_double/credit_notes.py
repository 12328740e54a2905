"""Owns credit notes on paid invoices: the amount becomes credit of the customer."""

from tools.stripe_double.account import Account, StripeObject, merged_metadata
from tools.stripe_double.parameters import EXPAND, Params, Schema, count, metadata, text
from tools.stripe_double.refusals import invalid
from tools.stripe_double.routes import post

_CREATE = Schema(
    {**EXPAND, "amount": count(1), "credit_amount": count(0), "invoice": text, "metadata": metadata},
    required=("amount", "invoice"),
)


def create(account: Account, params: Params) -> StripeObject:
    """Issue a credit note."""
    invoice, amount = account.referred("invoice", params["invoice"], "invoice"), params["amount"]
    if invoice["status"] != "paid":
        raise invalid("The double creates credit notes for paid invoices only.", param="invoice")
    left = invoice["total"] - invoice["post_payment_credit_notes_amount"]
    if amount > left:
        message = f"The sum of credit notes must not be greater than the invoice's amount; {left} is left."
        raise invalid(message, param="amount")
    if params.get("credit_amount", 0) != amount:
        message = "The sum of `credit_amount`, `refund_amount` and `out_of_band_amount` must be"
        raise invalid(f"{message} {amount} for this invoice.")
    fields: StripeObject = {
        "amount": amount,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
    }
    fields |= {"invoice": invoice["id"], "metadata": merged_metadata({}, params), "refunds": []}
    note = account.add("credit_note", {**fields, "status": "issued", "type": "post_payment"})
    account.emit("credit_note.created", note)
    _give_credit(account, invoice, amount)
    with account.changing(invoice, "invoice.updated"):
        invoice["post_payment_credit_notes_amount"] += amount
    return note


def _give_credit(account: Account, invoice: StripeObject, amount: int) -> None:
    customer = account.objects["customer"][invoice["customer"]]
    if "deleted" not in customer:
        with account.changing(customer, "customer.updated"):
            customer["balance"] -= amount


ROUTES = (post("/v1/credit_notes", _CREATE, create),)
