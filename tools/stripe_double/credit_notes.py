"""Owns credit notes: less to pay for an open invoice, money or credit back for a paid one."""

from tools.stripe_double import refunds
from tools.stripe_double.account import Account, StripeObject, listing, merged_metadata, new_id, nulls
from tools.stripe_double.charges import payments_of
from tools.stripe_double.collection import mark_paid
from tools.stripe_double.pagination import list_equal
from tools.stripe_double.parameters import (
    EXPAND,
    LISTING,
    RETRIEVE,
    Params,
    Schema,
    count,
    metadata,
    one_of,
    text,
)
from tools.stripe_double.refusals import invalid
from tools.stripe_double.routes import Route

_WAYS = ("credit_amount", "out_of_band_amount", "refund_amount")
_CREATE = Schema(
    {
        **EXPAND,
        **dict.fromkeys(_WAYS, count(0)),
        "amount": count(1),
        "invoice": text,
        "memo": text,
        "metadata": metadata,
        "reason": one_of("duplicate", "fraudulent", "order_change", "product_unsatisfactory"),
    },
    required=("amount", "invoice"),
)
_LIST = Schema({**LISTING, "customer": text, "invoice": text})
_NULLS = nulls("customer_account customer_balance_transaction out_of_band_amount shipping_cost voided_at")


def create(account: Account, params: Params) -> StripeObject:
    """Issue a credit note: before payment for an open invoice, after payment for a paid one."""
    invoice = account.referred("invoice", params["invoice"], "invoice")
    if invoice["status"] not in ("open", "paid"):
        message = (
            f"Credit notes can only be created for open or paid invoices, not for {invoice['status']} ones."
        )
        raise invalid(message, param="invoice")
    is_paid, amount = invoice["status"] == "paid", params["amount"]
    left = invoice["amount_remaining"]
    if is_paid:
        left = invoice["total"] - sum(
            invoice[f"{time}_payment_credit_notes_amount"] for time in ("pre", "post")
        )
    if amount > left:
        message = f"The sum of credit notes must not be greater than the invoice's amount; {left} is left."
        raise invalid(message, param="amount")
    ways = {name: params.get(name, 0) for name in _WAYS}
    if sum(ways.values()) != (amount if is_paid else 0):
        message = "The sum of `credit_amount`, `refund_amount` and `out_of_band_amount` must be"
        raise invalid(f"{message} {amount if is_paid else 0} for this invoice.")
    refunded = _refund(account, invoice, ways["refund_amount"])
    note = account.add("credit_note", _fields(account, invoice, params, refunded))
    account.emit("credit_note.created", note)
    if is_paid:
        _give_credit(account, invoice, ways["credit_amount"])
        with account.changing(invoice, "invoice.updated"):
            invoice["post_payment_credit_notes_amount"] += amount
    else:
        _lower(account, invoice, amount)
    return note


def _refund(account: Account, invoice: StripeObject, amount: int) -> list[StripeObject]:
    if amount == 0:
        return []
    paid = [one for one in payments_of(account, invoice["id"]) if one["status"] == "paid"]
    if not paid:
        raise invalid("There is no payment to refund.", param="refund_amount")
    refund = refunds.create(
        account, {"amount": amount, "payment_intent": paid[0]["payment"]["payment_intent"]}
    )
    shown = {"amount_refunded": amount, "payment_record_refund": None, "refund": refund["id"]}
    return [{**shown, "type": "refund"}]


def _give_credit(account: Account, invoice: StripeObject, amount: int) -> None:
    customer = account.objects["customer"][invoice["customer"]]
    if amount and "deleted" not in customer:
        with account.changing(customer, "customer.updated"):
            customer["balance"] -= amount


def _lower(account: Account, invoice: StripeObject, amount: int) -> None:
    with account.changing(invoice, "invoice.updated"):
        invoice["pre_payment_credit_notes_amount"] += amount
        invoice["amount_due"] -= amount
        invoice["amount_remaining"] -= amount
    if invoice["amount_remaining"] == 0:
        mark_paid(account, invoice)


def _fields(
    account: Account, invoice: StripeObject, params: Params, refunded: list[StripeObject]
) -> StripeObject:
    amount, is_paid = params["amount"], invoice["status"] == "paid"
    issued = [one for one in account.objects["credit_note"].values() if one["invoice"] == invoice["id"]]
    number = f"{invoice['number']}-CN-{len(issued) + 1:02d}"
    line = {
        **nulls("invoice_line_item taxes unit_amount_decimal"),
        "id": new_id("cnli"),
        "object": "credit_note_line_item",
        "amount": amount,
        "description": params.get("memo"),
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": 1,
        "tax_rates": [],
        "type": "custom_line_item",
        "unit_amount": amount,
    }
    return {
        **_NULLS,
        **dict.fromkeys(("amount", "subtotal", "subtotal_excluding_tax", "total"), amount),
        "amount_shipping": 0,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": account.clock.now(),
        "invoice": invoice["id"],
        "lines": listing("/v1/credit_notes/lines", [line]),
        "memo": params.get("memo"),
        "metadata": merged_metadata({}, params.get("metadata", {})),
        "number": number,
        "pdf": f"{invoice['hosted_invoice_url']}/pdf",
        "post_payment_amount": amount if is_paid else 0,
        "pre_payment_amount": 0 if is_paid else amount,
        "pretax_credit_amounts": [],
        "reason": params.get("reason"),
        "refunds": refunded,
        "status": "issued",
        "total_excluding_tax": amount,
        "total_taxes": [],
        "type": "post_payment" if is_paid else "pre_payment",
    }


def list_all(account: Account, params: Params) -> StripeObject:
    """List credit notes, by customer and invoice if asked."""
    return list_equal(account, "credit_note", params, ("customer", "invoice"))


def _retrieve(account: Account, _params: Params, note_id: str) -> StripeObject:
    return account.find("credit_note", note_id)


ROUTES = (
    Route(method="POST", path="/v1/credit_notes", schema=_CREATE, answer=create),
    Route(method="GET", path="/v1/credit_notes", schema=_LIST, answer=list_all),
    Route(method="GET", path="/v1/credit_notes/<note_id>", schema=RETRIEVE, answer=_retrieve),
)
