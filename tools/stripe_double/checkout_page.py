"""Owns what the Checkout page's form does: pay, or be declined and stay open."""

from tools.stripe_double import customers, subscriptions
from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.charges import presenting_card
from tools.stripe_double.checkout_states import complete
from tools.stripe_double.collection import collect
from tools.stripe_double.discounts import of_session
from tools.stripe_double.parameters import Params


def submit(account: Account, session: StripeObject, outcome: str) -> bool:
    """Do what the page's form asks with a card of `outcome`; True if the session is complete.

    A card is checked also when nothing is due, and a refused one starts no trial.
    """
    if session["amount_total"] == 0 and outcome not in ("success", "none"):
        return False
    if session["customer"] is None:
        session["customer"] = customers.guest(account, session["customer_email"])["id"]
    with presenting_card(account, session["customer"], outcome):
        subscription = _pay(account, session)
    if subscription["status"] not in ("active", "trialing"):
        return False
    if session["status"] == "open":
        complete(account, session)
    return True


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
