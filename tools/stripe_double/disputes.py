"""Owns disputes: a cardholder's bank takes a payment back, and gives it back if the dispute is won."""

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.refusals import invalid

OUTCOMES = ("lost", "won")
_DAYS_TO_ANSWER = 7


def open_dispute(account: Account, charge: StripeObject) -> StripeObject:
    """Dispute the whole charge."""
    if not charge["paid"] or charge["disputed"]:
        raise invalid(f"Charge {charge['id']} cannot be disputed.")
    details = {
        "due_by": account.clock.now() + _DAYS_TO_ANSWER * 86_400,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
        "submission_method": "not_submitted",
    }
    fields: StripeObject = {
        "amount": charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
    }
    fields |= {"currency": charge["currency"], "enhanced_eligibility_types": [], "evidence_details": details}
    fields |= {"evidence": {"enhanced_evidence": {}}, "is_charge_refundable": False, "metadata": {}}
    fields |= {"payment_intent": charge["payment_intent"], "reason": "fraudulent"}
    charge["disputed"] = True
    dispute = account.add("dispute", {**fields, "status": "needs_response"})
    account.emit("charge.dispute.created", dispute)
    account.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(account: Account, dispute: StripeObject, outcome: str) -> StripeObject:
    """Decide a dispute; the charge stays disputed either way."""
    if dispute["status"] in OUTCOMES:
        raise invalid(f"The dispute {dispute['id']} is {dispute['status']}.")
    before = account.present(dispute)
    dispute["status"] = outcome
    account.emit("charge.dispute.closed", dispute, before)
    if outcome == "won":
        account.emit("charge.dispute.funds_reinstated", dispute)
    return dispute
