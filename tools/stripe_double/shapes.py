"""Owns older shapes: what subscriptions, invoices, charges and sessions looked like from acacia on."""

import re
from typing import Any

from tools.stripe_double.account import Account, StripeObject, plan_of
from tools.stripe_double.refusals import invalid

NAMES = ("acacia", "basil", "clover", "dahlia", "endive")
VERSIONS = {
    "acacia": "2024-12-18.acacia",
    "basil": "2025-03-31.basil",
    "clover": "2025-09-30.clover",
    "dahlia": "2026-03-25.dahlia",
    "endive": "2026-10-28.endive",
}


def version_of(given: str) -> str:
    """Return the full version for a name (`acacia`) or a version (`2025-03-31.basil`); 400 for others."""
    if given in VERSIONS:
        return VERSIONS[given]
    match = re.fullmatch(r"\d{4}-\d{2}-\d{2}\.([a-z]+)", given)
    if match is None or match[1] not in NAMES:
        raise invalid(f"Invalid Stripe API version: {given}")
    return given


def render(account: Account, shown: Any, version: str) -> Any:
    """Return `shown` in the shape of `version`; the current one is returned as it is."""
    age = NAMES.index(version.rsplit(".", 1)[1])
    return shown if age == len(NAMES) - 1 else _render(account, shown, age)


def render_event(account: Account, event: StripeObject, version: str) -> StripeObject:
    """Return an event whose object, and former values, have the shape of `version`."""
    after = event["data"]["object"]
    content = {"object": render(account, after, version)}
    if "previous_attributes" in event["data"]:
        before = render(account, {**after, **event["data"]["previous_attributes"]}, version)
        changed = {name for name, value in before.items() if value != content["object"].get(name)}
        content["previous_attributes"] = {name: before[name] for name in sorted(changed)}
    return {**event, "api_version": version, "data": content}


def _render(account: Account, shown: Any, age: int) -> Any:
    if isinstance(shown, list):
        return [_render(account, one, age) for one in shown]
    if not isinstance(shown, dict):
        return shown
    old = {name: _render(account, value, age) for name, value in shown.items()}
    if old.get("object") == "checkout.session" and "ui_mode" in old and age < NAMES.index("dahlia"):
        old["ui_mode"] = "hosted"
    if age == NAMES.index("acacia"):
        _OLDEST.get(str(old.get("object")), _unchanged)(account, old)
    return old


def _unchanged(_account: Account, _old: StripeObject) -> None:
    """Leave an object whose shape did not change."""


def _subscription(_account: Account, old: StripeObject) -> None:
    """Before basil the period was the subscription's, and one plan was shown at the top."""
    if "items" not in old:
        return
    for name in ("billing_mode", "billing_schedules", "managed_payments", "status_details"):
        old.pop(name, None)
    items = old["items"]["data"]
    old["current_period_start"] = items[0]["current_period_start"]
    old["current_period_end"] = items[0]["current_period_end"]
    old |= {"discount": None, "plan": None, "quantity": None}
    if len(items) == 1:
        old |= {"plan": items[0]["plan"], "quantity": items[0]["quantity"]}
    for item in items:
        del item["current_period_start"], item["current_period_end"]


def _invoice(account: Account, old: StripeObject) -> None:
    """Before basil an invoice named its subscription and its payment at the top."""
    details = old.pop("parent")["subscription_details"]
    payments = [one for one in account.objects["invoice_payment"].values() if one["invoice"] == old["id"]]
    intent = payments[0]["payment"]["payment_intent"] if payments else None
    old |= {
        "subscription": details["subscription"],
        "subscription_details": {"metadata": details["metadata"]},
    }
    old |= {"paid": old["status"] == "paid", "payment_intent": intent, "charge": _charge_of(account, intent)}
    old |= {"discount": None, "paid_out_of_band": False, "quote": None, "tax": None, "total_tax_amounts": []}
    for name in ("amount_overpaid", "confirmation_secret", "status_details", "total_taxes"):
        old.pop(name, None)


def _charge_of(account: Account, intent: str | None) -> str | None:
    charges = [one["id"] for one in account.objects["charge"].values() if one["payment_intent"] == intent]
    return charges[-1] if charges else None


def _line(account: Account, old: StripeObject) -> None:
    """Before basil a line carried its whole price and plan, and said itself whether it is a proration."""
    details = old.pop("parent")["subscription_item_details"]
    price = account.present(account.objects["price"][old.pop("pricing")["price_details"]["price"]])
    kind = "invoiceitem" if details["proration"] else "subscription"
    old |= {"price": price, "plan": plan_of(price), "type": kind, "tax_amounts": [], "tax_rates": []}
    for name in ("proration", "proration_details", "subscription", "subscription_item"):
        old[name] = details[name]
    del old["taxes"], old["subtotal"], old["quantity_decimal"]


def _charge(account: Account, old: StripeObject) -> None:
    """Before basil a charge named its invoice."""
    payments = account.objects["invoice_payment"].values()
    wanted = old["payment_intent"]
    invoices = [one["invoice"] for one in payments if one["payment"]["payment_intent"] == wanted]
    old["invoice"] = invoices[0] if invoices else None


_OLDEST = {
    "charge": _charge,
    "invoice": _invoice,
    "line_item": _line,
    "subscription": _subscription,
}
