"""Owns charges and the payments of invoices that they make."""

from collections.abc import Iterator
from contextlib import contextmanager

from tools.stripe_double.account import Account, StripeObject, new_id, nulls
from tools.stripe_double.pagination import list_equal, list_page
from tools.stripe_double.parameters import LISTING, RETRIEVE, Params, Schema, one_of, text
from tools.stripe_double.routes import Route

_CHARGE_NULLS = nulls(
    "application application_fee application_fee_amount balance_transaction calculated_statement_descriptor"
    " failure_balance_transaction failure_code failure_message fraud_details level3 on_behalf_of"
    " payment_method payment_method_details radar_options receipt_email receipt_number receipt_url review"
    " shipping source source_transfer statement_descriptor statement_descriptor_suffix transfer"
    " transfer_data transfer_group"
)


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


_LIST = Schema({**LISTING, "customer": text, "payment_intent": text})
_PAYMENT = Schema({"payment_intent": text, "type": one_of("payment_intent")}, required=("type",))
_LIST_PAYMENTS = Schema({**LISTING, "invoice": text, "payment": _PAYMENT})


def charge_invoice(account: Account, invoice: StripeObject, outcome: str) -> StripeObject:
    """Record one attempt on the customer's card for what is due, and its link to the invoice."""
    succeeded = outcome == "success"
    fields: StripeObject = {
        **_CHARGE_NULLS,
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


def payments_of(account: Account, invoice_id: str) -> list[StripeObject]:
    """Return the payments of an invoice."""
    return [one for one in account.objects["invoice_payment"].values() if one["invoice"] == invoice_id]


def _retrieve(account: Account, _params: Params, charge_id: str) -> StripeObject:
    return account.find("charge", charge_id)


def _list(account: Account, params: Params) -> StripeObject:
    return list_equal(account, "charge", params, ("customer", "payment_intent"))


def _list_payments(account: Account, params: Params) -> StripeObject:
    """List payments, by invoice and by what paid."""
    intent = params.get("payment", {}).get("payment_intent")

    def fits(one: StripeObject) -> bool:
        by_intent = intent in (None, one["payment"]["payment_intent"])
        return by_intent and params.get("invoice", one["invoice"]) == one["invoice"]

    return list_page(account, "invoice_payment", params, fits)


ROUTES = (
    Route(method="GET", path="/v1/charges", schema=_LIST, answer=_list),
    Route(method="GET", path="/v1/charges/<charge_id>", schema=RETRIEVE, answer=_retrieve),
    Route(method="GET", path="/v1/invoice_payments", schema=_LIST_PAYMENTS, answer=_list_payments),
)
