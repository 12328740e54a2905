"""Owns the two ends of a Checkout session: completed and expired."""

from tools.stripe_double.account import Account, StripeObject


def complete(account: Account, session: StripeObject) -> None:
    """Close a Checkout page whose subscription has begun."""
    customer = account.objects["customer"][session["customer"]]
    details = {name: customer[name] for name in ("address", "email", "name", "phone")}
    details |= {"business_name": None, "individual_name": None, "tax_exempt": "none", "tax_ids": []}
    invoice = account.objects["invoice"][session["invoice"]]
    paid = "unpaid" if invoice["status"] == "open" else "paid"
    paid = paid if session["amount_total"] else "no_payment_required"
    session.update(customer_details=details, payment_status=paid, status="complete", url=None)
    # The double has one card for each customer.
    subscription = account.objects["subscription"][session["subscription"]]
    subscription["default_payment_method"] = session["customer"].replace("cus_", "pm_", 1)
    account.emit("checkout.session.completed", session)


def tell_async_payment(account: Account, invoice: StripeObject, *, paid: bool) -> None:
    """Say what became of the bank debit of a page that was completed before."""
    for session in account.objects["checkout.session"].values():
        if session["invoice"] == invoice["id"]:
            session["payment_status"] = "paid" if paid else "unpaid"
            account.emit(f"checkout.session.async_payment_{'succeeded' if paid else 'failed'}", session)


def complete_paid(account: Account, subscription: StripeObject) -> None:
    """Close the page that a subscription was waiting for, when its first payment came by another way."""
    for session in account.objects["checkout.session"].values():
        if session["status"] == "open" and session["subscription"] == subscription["id"]:
            complete(account, session)


def expire(account: Account, session: StripeObject) -> None:
    """Close a Checkout page that nobody completed."""
    session.update(status="expired", url=None)
    account.emit("checkout.session.expired", session)
