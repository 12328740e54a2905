"""Owns what takes paid money back: refunds, and the disputes and credit notes that a test puts into the account."""

from tools.stripe_double.account import Account, StripeObject, nulls
from tools.stripe_double.pagination import list_page
from tools.stripe_double.parameters import EXPAND, LISTING, RETRIEVE, Params, Schema, count, one_of, text
from tools.stripe_double.refusals import invalid
from tools.stripe_double.routes import Route

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_REFUND = Schema(
    {**EXPAND, "charge": text, "payment_intent": text, "amount": count(1), "reason": one_of(*_REASONS)}
)
_PAYMENT = Schema({"type": one_of("payment_intent"), "payment_intent": text}, required=("type",))
_PAYMENTS = Schema({**LISTING, "invoice": text, "payment": _PAYMENT})
_REFUND_NULLS = nulls("balance_transaction receipt_number source_transfer_reversal transfer_reversal")


def _refund(account: Account, params: Params) -> StripeObject:
    """Pay back a charge or a part of it; by default all that is left."""
    charge = _charge_of(account, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid(message, param="amount")
    fields = {name: charge[name] for name in ("currency", "payment_intent")}
    given: StripeObject = {"charge": charge["id"], "amount": amount, "reason": params.get("reason")}
    refund = account.add(
        "refund", {**_REFUND_NULLS, **fields, **given, "metadata": {}, "status": "succeeded"}
    )
    del refund["livemode"]  # a refund is the only object without it
    with account.changing(charge, "charge.refunded"):
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    account.emit("refund.created", refund)
    return refund


def _charge_of(account: Account, params: Params) -> StripeObject:
    if "charge" in params:
        return account.referred("charge", params["charge"], "charge")
    intent = params.get("payment_intent")
    paid = [
        one for one in account.objects["charge"].values() if one["payment_intent"] == intent and one["paid"]
    ]
    if not paid:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    return paid[0]


def _list_payments(account: Account, params: Params) -> StripeObject:
    intent, invoice_id = params.get("payment", {}).get("payment_intent"), params.get("invoice")

    def fits(one: StripeObject) -> bool:
        is_of_intent = intent is None or one["payment"]["payment_intent"] == intent
        return is_of_intent and invoice_id in (None, one["invoice"])

    return list_page(account, "invoice_payment", params, fits)


def _retrieve_refund(account: Account, _params: Params, refund_id: str) -> StripeObject:
    return account.find("refund", refund_id)


def _retrieve_dispute(account: Account, _params: Params, dispute_id: str) -> StripeObject:
    return account.find("dispute", dispute_id)


def _retrieve_credit_note(account: Account, _params: Params, credit_note_id: str) -> StripeObject:
    return account.find("credit_note", credit_note_id)


ROUTES = (
    Route(method="POST", path="/v1/refunds", schema=_REFUND, answer=_refund),
    Route(method="GET", path="/v1/refunds/<refund_id>", schema=RETRIEVE, answer=_retrieve_refund),
    Route(method="GET", path="/v1/invoice_payments", schema=_PAYMENTS, answer=_list_payments),
    Route(method="GET", path="/v1/disputes/<dispute_id>", schema=RETRIEVE, answer=_retrieve_dispute),
    Route(
        method="GET", path="/v1/credit_notes/<credit_note_id>", schema=RETRIEVE, answer=_retrieve_credit_note
    ),
)
