"""Owns the making of invoices: lines, sums and the draft that a subscription is billed by."""

from copy import deepcopy
from dataclasses import dataclass

from tools.stripe_double.account import Account, StripeObject, listing, new_id
from tools.stripe_double.discounts import taken_off

SECONDS_AS_DRAFT = 3_600
_UNSET = ("automatically_finalizes_at", "hosted_invoice_url", "invoice_pdf", "next_payment_attempt", "number")
_ZEROS = ("amount_paid", "attempt_count", "post_payment_credit_notes_amount")


@dataclass(frozen=True, kw_only=True)
class Billed:
    """An amount, in minor units, for the period [start, end) of an item."""

    amount: int
    period: tuple[int, int]
    description: str | None = None
    """None: the quantity and the product."""
    is_proration: bool = False


def line(account: Account, subscription: StripeObject, item: StripeObject, billed: Billed) -> StripeObject:
    """Return the line that bills one item."""
    price = account.objects["price"][item["price"]]
    product = account.objects["product"][price["product"]]
    details: StripeObject = {"proration": billed.is_proration, "subscription": subscription["id"]}
    details |= {"subscription_item": item["id"]}
    discounts = [] if billed.is_proration else subscription["discounts"]
    off = [{"amount": taken_off(account, [one], billed.amount), "discount": one} for one in discounts]
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": billed.amount,
        "currency": price["currency"],
        "description": billed.description or f"{item['quantity']} × {product['name']}",
        "discount_amounts": off,
        "parent": {"subscription_item_details": details, "type": "subscription_item_details"},
        "period": {"start": billed.period[0], "end": billed.period[1]},
        "quantity": item["quantity"],
    }


def period_lines(account: Account, subscription: StripeObject, *, free: bool = False) -> list[StripeObject]:
    """Return a line for each item's current period; `free` is a trial, which costs nothing."""
    lines = []
    for item in subscription["items"]["data"]:
        price = account.objects["price"][item["price"]]
        amount = 0 if free else price["unit_amount"] * item["quantity"]
        period = item["current_period_start"], item["current_period_end"]
        billed = Billed(amount=amount, period=period, description="Trial period" if free else None)
        lines.append(line(account, subscription, item, billed))
    return lines


@dataclass(frozen=True)
class Occasion:
    """The reason of an invoice, and the time [start, end) that it closes, not the time that it buys."""

    reason: str
    start: int
    end: int


def draft(
    account: Account,
    subscription: StripeObject,
    lines: list[StripeObject],
    occasion: Occasion,
    **fields: object,
) -> StripeObject:
    """Make a draft of `lines` and what is pending; `fields` are set before it is announced."""
    all_lines = account.pending_lines.pop(subscription["id"], []) + lines
    customer = account.objects["customer"][subscription["customer"]]
    invoice = account.add("invoice", _blank(customer, subscription, all_lines))
    closed = {"period_start": occasion.start, "period_end": occasion.end}
    invoice.update(billing_reason=occasion.reason, **closed, **fields)
    invoice["lines"] = listing(f"/v1/invoices/{invoice['id']}/lines", all_lines)
    subscription["latest_invoice"] = invoice["id"]
    account.emit("invoice.created", invoice)
    return invoice


def _blank(customer: StripeObject, subscription: StripeObject, lines: list[StripeObject]) -> StripeObject:
    subtotal = sum(one["amount"] for one in lines)
    off = sum(each["amount"] for one in lines for each in one["discount_amounts"])
    total = subtotal - off
    due = max(0, total + customer["balance"])
    snapshot = {"metadata": deepcopy(subscription["metadata"]), "subscription": subscription["id"]}
    return {
        **dict.fromkeys(_UNSET),
        **dict.fromkeys(_ZEROS, 0),
        "amount_due": due,
        "amount_remaining": due,
        "attempted": False,
        "auto_advance": True,
        "collection_method": "charge_automatically",
        "currency": subscription["currency"],
        "customer": customer["id"],
        "discounts": list(subscription["discounts"]),
        "metadata": {},
        "parent": {"subscription_details": snapshot, "type": "subscription_details"},
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "paid_at", "voided_at")),
        "subtotal": subtotal,
        "total": total,
        "total_excluding_tax": total,
        "total_discount_amounts": [{"amount": off, "discount": one} for one in subscription["discounts"]],
    }
