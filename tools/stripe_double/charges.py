"""Owns charges and what follows them: invoice payments, refunds, disputes."""

from tools.stripe_double.account import Account, StripeObject, merged_metadata, new_id, nulls
from tools.stripe_double.pagination import list_page
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

_CHARGE_NULLS = nulls(
    "application application_fee application_fee_amount balance_transaction calculated_statement_descriptor"
    " failure_balance_transaction failure_code failure_message fraud_details level3 on_behalf_of"
    " payment_method payment_method_details radar_options receipt_email receipt_number receipt_url review"
    " shipping source source_transfer statement_descriptor statement_descriptor_suffix transfer"
    " transfer_data transfer_group"
)
_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_REFUND_CREATE = Schema(
    {**EXPAND, "amount": count(1), "charge": text, "metadata": metadata, "payment_intent": text}
    | {"reason": one_of(*_REASONS)}
)
_CHARGE_LIST = Schema({**LISTING, "customer": text, "payment_intent": text})
_OF_CHARGE = Schema({**LISTING, "charge": text, "payment_intent": text})
_PAYMENT = Schema({"payment_intent": text, "type": one_of("payment_intent")})
_PAYMENT_LIST = Schema(
    {**LISTING, "invoice": text, "payment": _PAYMENT, "status": one_of("open", "paid", "canceled")}
)


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


def refund(account: Account, params: Params) -> StripeObject:
    """Give back all or a part of a charge."""
    charge = _charge_named(account, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid(message, param="amount")
    fields = {"amount": amount, "balance_transaction": None, "charge": charge["id"]}
    fields |= {name: charge[name] for name in ("currency", "customer", "payment_intent")}
    fields |= {"metadata": merged_metadata({}, params.get("metadata", {})), "reason": params.get("reason")}
    fields |= {"receipt_number": None, "status": "succeeded"}
    made = account.add("refund", fields)
    del made["livemode"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    account.emit("refund.created", made)
    account.emit("charge.refunded", charge)
    return made


def _charge_named(account: Account, params: Params) -> StripeObject:
    if "charge" in params:
        return account.referred("charge", params["charge"], "charge")
    intent = params.get("payment_intent")
    for charge in account.objects["charge"].values():
        if intent is not None and charge["payment_intent"] == intent and charge["paid"]:
            return charge
    raise invalid("One of the following params should be provided: payment_intent or charge.")


def open_dispute(account: Account, charge_id: str, reason: str = "general") -> StripeObject:
    """Let the cardholder's bank dispute a charge."""
    charge = account.find("charge", charge_id)
    charge["disputed"] = True
    due_by = account.clock.now() + 7 * 86_400
    fields = {name: charge[name] for name in ("amount", "currency", "payment_intent")}
    fields |= {"balance_transactions": [], "charge": charge_id, "enhanced_eligibility_types": []}
    fields |= {"evidence": {"enhanced_evidence": {}}, "is_charge_refundable": False, "metadata": {}}
    details = {"due_by": due_by, "enhanced_eligibility": {}, "has_evidence": False, "past_due": False}
    fields["evidence_details"] = details | {"submission_count": 0, "submission_method": "not_submitted"}
    dispute = account.add("dispute", fields | {"reason": reason, "status": "needs_response"})
    account.emit("charge.dispute.created", dispute)
    return dispute


def close_dispute(account: Account, dispute_id: str, status: str) -> StripeObject:
    """End a dispute as `won` or `lost`."""
    dispute = account.find("dispute", dispute_id)
    dispute["status"] = status
    account.emit("charge.dispute.closed", dispute)
    return dispute


def payments_of(account: Account, invoice_id: str) -> list[StripeObject]:
    """Return the payments of an invoice."""
    return [one for one in account.objects["invoice_payment"].values() if one["invoice"] == invoice_id]


def _retrieving(kind: str, path: str) -> Route:
    return Route(
        method="GET",
        path=path,
        schema=RETRIEVE,
        answer=lambda account, _params, object_id: account.find(kind, object_id),
    )


def _listing(kind: str, url: str, schema: Schema, names: tuple[str, ...]) -> Route:
    def answer(account: Account, params: Params) -> StripeObject:
        def fits(one: StripeObject) -> bool:
            return all(one[name] == params[name] for name in names if name in params) and all(
                one["payment"].get(name) == wanted for name, wanted in params.get("payment", {}).items()
            )

        return list_page(account, kind, params, fits)

    return Route(method="GET", path=url, schema=schema, answer=answer)


ROUTES = (
    _retrieving("charge", "/v1/charges/<charge_id>"),
    _listing("charge", "/v1/charges", _CHARGE_LIST, ("customer", "payment_intent")),
    Route(method="POST", path="/v1/refunds", schema=_REFUND_CREATE, answer=refund),
    _retrieving("refund", "/v1/refunds/<refund_id>"),
    _listing("refund", "/v1/refunds", _OF_CHARGE, ("charge", "payment_intent")),
    _retrieving("dispute", "/v1/disputes/<dispute_id>"),
    _listing("dispute", "/v1/disputes", _OF_CHARGE, ("charge", "payment_intent")),
    _retrieving("invoice_payment", "/v1/invoice_payments/<payment_id>"),
    _listing("invoice_payment", "/v1/invoice_payments", _PAYMENT_LIST, ("invoice", "status")),
)
