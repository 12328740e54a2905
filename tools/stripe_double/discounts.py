"""Owns the two promotion codes, and what they take off: always, as long as the subscription lives."""

from tools.stripe_double.account import Account, StripeObject, new_id

PERCENT_OFF = {"FREE100": 100, "HALF50": 50}


def redeem(account: Account, session: StripeObject, code: str) -> bool:
    """Put a code on a Checkout session; False if it is none, or if the session takes none any more."""
    percent = PERCENT_OFF.get(code.strip().upper())
    if percent is None or not session["allow_promotion_codes"] or session["subscription"]:
        return False
    discount = new_id("di")
    account.percent_of_discount[discount] = percent
    account.discount_of_checkout[session["id"]] = discount
    session["discounts"] = [{"coupon": None, "promotion_code": f"promo_{code.strip().upper()}"}]
    amount = taken_off(account, [discount], session["amount_subtotal"])
    session["amount_total"] = session["amount_subtotal"] - amount
    session["total_details"]["amount_discount"] = amount
    return True


def of_session(account: Account, session: StripeObject) -> list[str]:
    """Return the discounts of a Checkout session: one or none."""
    return [account.discount_of_checkout[session["id"]]] if session["discounts"] else []


def taken_off(account: Account, discounts: list[str], amount: int) -> int:
    """Return what the discounts take off an amount, to whole minor units."""
    percent = sum(account.percent_of_discount[each] for each in discounts)
    return (amount * percent + 50) // 100


def after_discounts(account: Account, discounts: list[str], amount: int) -> int:
    """Return what is left of an amount."""
    return amount - taken_off(account, discounts, amount)
