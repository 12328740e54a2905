"""Owns what the Checkout page's form does: pay, or be declined and stay open."""

from tools.stripe_double import customers, subscriptions
from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.charges import presenting_card
from tools.stripe_double.checkout_states import complete
from tools.stripe_double.collection import collect
from tools.stripe_double.discounts import of_session
from tools.stripe_double.parameters import Params


def known_address(account: Account, session: StripeObject) -> str | None:
    """Return the address that the page shows and does not let the payer change, None if it asks for one."""
    if session["customer"] is None:
        return str(session["customer_email"]) if session["customer_email"] else None
    email = account.objects["customer"][session["customer"]]["email"]
    return str(email) if email else None


def submit(account: Account, session: StripeObject, outcome: str, typed_address: str) -> bool:
    """Do what the page's form asks with a card of `outcome`; True if the session is complete.

    A card is checked also when nothing is due, and a refused one starts no trial.
    """
    if session["amount_total"] == 0 and outcome not in ("success", "none"):
        return False
    _set_payer(account, session, typed_address)
    with presenting_card(account, session["customer"], outcome):
        subscription = _pay(account, session)
    if subscription["status"] not in ("active", "trialing"):
        return False
    if session["status"] == "open":
        complete(account, session)
    return True


def _set_payer(account: Account, session: StripeObject, typed_address: str) -> None:
    """Make the customer if there is none; one without an address gets the one that was typed."""
    address = known_address(account, session) or typed_address or None
    if session["customer"] is None:
        session["customer"] = customers.guest(account, address)["id"]
    customer = account.objects["customer"][session["customer"]]
    with account.changing(customer, "customer.updated"):
        customer["email"] = customer["email"] or address


def _pay(account: Account, session: StripeObject) -> StripeObject:
    """Begin the subscription, or pay the one that a declined card left."""
    subscription = account.objects["subscription"].get(session["subscription"] or "")
    if subscription is None or subscription["ended_at"] is not None:
        subscription = subscriptions.create(account, _subscription_params(account, session))
        session.update(subscription=subscription["id"], invoice=subscription["latest_invoice"])
    else:
        collect(account, account.objects["invoice"][subscription["latest_invoice"]], automatic=False)
    return subscription


def _subscription_params(account: Account, session: StripeObject) -> Params:
    asked = account.asked_of_checkout[session["id"]]
    given = {name: value for name, value in asked.get("subscription_data", {}).items() if value is not None}
    return {
        "customer": session["customer"],
        "items": asked["line_items"],
        "discounts": of_session(account, session),
        **given,
    }
