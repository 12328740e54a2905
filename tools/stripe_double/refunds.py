"""Owns refunds: money that goes back to a card; the charge shows it, its invoice stays as it is."""

from tools.stripe_double.account import Account, StripeObject, given, merged_metadata
from tools.stripe_double.page_views import money
from tools.stripe_double.parameters import (
    EXPAND,
    Params,
    Schema,
    count,
    metadata,
    one_of,
    text,
)
from tools.stripe_double.refusals import invalid
from tools.stripe_double.routes import post

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
    fields: StripeObject = {"amount": amount, "charge": charge["id"]}
    fields |= given(charge, "currency", "customer", "payment_intent")
    fields |= {"reason": params.get("reason"), "status": "succeeded"}
    refund = account.add("refund", {**fields, "metadata": merged_metadata({}, params)})
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


ROUTES = (post("/v1/refunds", _CREATE, create),)
