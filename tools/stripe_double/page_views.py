"""Owns what the pages show: amounts, names, dates and choices, from the account's objects."""

from datetime import UTC, datetime
from typing import Any

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.checkout import line_items
from tools.stripe_double.checkout_page import known_address

# https://docs.stripe.com/currencies#zero-decimal
_WITHOUT_MINOR_UNIT = "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf"


def money(amount: int, currency: str) -> str:
    """Return minor units as people write them: `29.00 USD`."""
    if currency in _WITHOUT_MINOR_UNIT:
        return f"{amount} {currency.upper()}"
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d} {currency.upper()}"


def day(instant: int) -> str:
    """Return an instant as people write it."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M UTC")


def price_label(account: Account, price: StripeObject) -> str:
    """Return a price with its product and interval: `Starter, 29.00 USD per month`."""
    name = account.objects["product"][price["product"]]["name"]
    amount, interval = money(price["unit_amount"], price["currency"]), price["recurring"]["interval"]
    return f"{name}, {amount} per {interval}"


def checkout_view(account: Account, session: StripeObject) -> dict[str, Any]:
    """Return what the payment page shows."""
    items = [
        {
            "description": f"{item['quantity']} × {item['description']}",
            "amount": money(item["amount_subtotal"], item["currency"]),
            "interval": item["price"]["recurring"]["interval"],
        }
        for item in line_items(account, session)["data"]
    ]
    total = money(session["amount_total"], session["currency"])
    asked = account.asked_of_checkout[session["id"]]
    return {
        "title": "Pay",
        "items": items,
        "total": total,
        "trial": "trial_period_days" in asked.get("subscription_data", {}),
        "needs_no_card": needs_no_card(session),
        "known_address": known_address(account, session),
        "discount": _discount(session["total_details"]["amount_discount"], session["currency"]),
        "promotion_codes": session["allow_promotion_codes"] and not session["discounts"],
    }


def _discount(amount: int, currency: str) -> str | None:
    return money(-amount, currency) if amount else None


def needs_no_card(session: StripeObject) -> bool:
    """Return True if the page can be completed without a card."""
    return (session["amount_total"], session["payment_method_collection"]) == (0, "if_required")


def invoice_row(invoice: StripeObject) -> dict[str, Any]:
    """Return what a list of invoices shows of one."""
    return {
        "id": invoice["id"],
        "number": invoice["number"],
        "amount": money(invoice["amount_due"], invoice["currency"]),
        "status": invoice["status"],
        "is_open": invoice["status"] == "open",
        "url": invoice["hosted_invoice_url"],
    }


def invoice_view(invoice: StripeObject) -> dict[str, Any]:
    """Return what an invoice's page shows."""
    lines = [
        {"description": one["description"], "amount": money(one["amount"], one["currency"])}
        for one in invoice["lines"]["data"]
    ]
    off = sum(one["amount"] for one in invoice["total_discount_amounts"])
    title = f"Invoice {invoice['number']}"
    shown = {"title": title, "lines": lines, "discount": _discount(off, invoice["currency"])}
    return {**invoice_row(invoice), **shown}
