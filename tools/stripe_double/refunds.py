"""Owns refunds: money that goes back to a card; the charge tells it, its invoice stays as it is."""

from tools.stripe_double.account import Account, StripeObject, merged_metadata, nulls
from tools.stripe_double.page_views import money
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

_CREATE = Schema(
    {
        **EXPAND,
        "amount": count(1),
        "charge": text,
        "metadata": metadata,
        "payment_intent": text,
        "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
    }
)
_LIST = Schema({**LISTING, "charge": text, "payment_intent": text})
_NULLS = nulls(
    "balance_transaction customer_account description failure_balance_transaction failure_reason"
    " instructions_email next_action payment_method pending_reason presentment_details receipt_number"
    " source_transfer_reversal transfer_reversal"
)


def create(account: Account, params: Params) -> StripeObject:
    """Refund a charge, in part if an amount is given."""
    charge = _charge(account, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"]:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise invalid(message, code="charge_disputed")
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    amount = params.get("amount", left)
    if amount > left:
        asked, unrefunded = (money(each, charge["currency"]) for each in (amount, left))
        message = f"Refund amount ({asked}) is greater than unrefunded amount on charge ({unrefunded})"
        raise invalid(message, param="amount")
    fields: StripeObject = {**_NULLS, "amount": amount, "charge": charge["id"]}
    fields |= {name: charge[name] for name in ("currency", "customer", "payment_intent")}
    fields |= {"destination_details": None, "reason": params.get("reason"), "status": "succeeded"}
    refund = account.add("refund", {**fields, "metadata": merged_metadata({}, params.get("metadata", {}))})
    del refund["livemode"]  # the one object that does not say it
    account.emit("refund.created", refund)
    with account.changing(charge, "charge.refunded"):
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    return refund


def _charge(account: Account, params: Params) -> StripeObject:
    if ("charge" in params) == ("payment_intent" in params):
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    if "charge" in params:
        charge = account.referred("charge", params["charge"], "charge")
        if not charge["paid"]:
            raise invalid(f"Charge {charge['id']} is not refundable: it has failed.", param="charge")
        return charge
    for charge in account.objects["charge"].values():
        if charge["paid"] and charge["payment_intent"] == params["payment_intent"]:
            return charge
    message = f"No such payment_intent: '{params['payment_intent']}'"
    raise invalid(message, param="payment_intent", code="resource_missing")


def list_all(account: Account, params: Params) -> StripeObject:
    """List refunds, by charge and payment intent if asked."""
    return list_equal(account, "refund", params, ("charge", "payment_intent"))


def _retrieve(account: Account, _params: Params, refund_id: str) -> StripeObject:
    return account.find("refund", refund_id)


ROUTES = (
    Route(method="POST", path="/v1/refunds", schema=_CREATE, answer=create),
    Route(method="GET", path="/v1/refunds", schema=_LIST, answer=list_all),
    Route(method="GET", path="/v1/refunds/<refund_id>", schema=RETRIEVE, answer=_retrieve),
)
