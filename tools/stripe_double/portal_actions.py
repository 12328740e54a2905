"""Owns what the buttons of the portal's page do."""

from collections.abc import Callable, Mapping

from tools.stripe_double import portal_views, schedule_states, schedules, subscription_update
from tools.stripe_double.account import CARD_OUTCOMES, PAYING, Account, StripeObject
from tools.stripe_double.collection import collect
from tools.stripe_double.refusals import card_declined, invalid
from tools.stripe_double.subscription_update import end_trial_now

Form = Mapping[str, str]


def act(account: Account, session: StripeObject, form: Form) -> None:
    """Do what the form asks; 400 if the session's flow or configuration does not allow it."""
    action = form.get("action", "")
    needed = {"keep": "cancel"}.get(action, action)
    if needed not in portal_views.allowed_actions(account, session):
        raise invalid(f"This session does not allow: {action}")
    _DONE[action](account, session, form)


def _own(account: Account, session: StripeObject, kind: str, form: Form) -> StripeObject:
    subject = portal_views.flow_subject(session)
    named = form.get(kind) or (subject if kind == "subscription" else None)
    found = account.find(kind, named or "")
    if found["customer"] != session["customer"]:
        raise invalid(f"This {kind} belongs to somebody else")
    if kind == "subscription" and subject not in (None, found["id"]):
        raise invalid("This session is about another subscription")
    return found


def _own_changeable(account: Account, session: StripeObject, form: Form) -> StripeObject:
    """Return the subscription of the form, free of a schedule that has nothing more to change."""
    subscription = _own(account, session, "subscription", form)
    if schedule_states.coming_phase(account, subscription):
        raise invalid("A change of this subscription is scheduled.")
    schedule = schedule_states.schedule_of(account, subscription)
    if schedule is not None:
        schedule_states.release(account, schedule)
    return subscription


def _confirm(account: Account, session: StripeObject, form: Form) -> None:
    subscription = _own_changeable(account, session, form)
    wanted = portal_views.proposed_item(session, subscription["items"]["data"][0])
    assert wanted is not None, "only sessions that propose an item have this button"  # noqa: S101
    _change(account, session, subscription, wanted)


def _change(account: Account, session: StripeObject, subscription: StripeObject, item: StripeObject) -> None:
    features = portal_views.features_of(account, session)["subscription_update"]
    if portal_views.waits_for_period_end(account, session, subscription, item):
        schedules.change_at_period_end(
            account, subscription, {name: item[name] for name in ("price", "quantity")}
        )
        return
    subscription_update.refuse_if_unpayable(account, subscription, [item])
    params = {"items": [item], "proration_behavior": features["proration_behavior"]}
    subscription_update.apply(account, params, subscription)
    if subscription["status"] == "trialing":
        end_trial_now(account, subscription)


def _cancel(account: Account, session: StripeObject, form: Form) -> None:
    subscription = _own_changeable(account, session, form)
    subscription_update.apply(account, {"cancel_at_period_end": True}, subscription)


def _keep(account: Account, session: StripeObject, form: Form) -> None:
    subscription = _own(account, session, "subscription", form)
    subscription_update.apply(account, {"cancel_at": None}, subscription)


def _set_card(account: Account, session: StripeObject, form: Form) -> None:
    outcome = form.get("outcome", "")
    if outcome not in CARD_OUTCOMES:
        raise invalid(f"Invalid outcome: {outcome}")
    account.cards[session["customer"]] = outcome


def _pay(account: Account, session: StripeObject, form: Form) -> None:
    invoice = _own(account, session, "invoice", form)
    if invoice["status"] != "open":
        raise invalid(f"This invoice is {invoice['status']}.")
    if collect(account, invoice, automatic=False) not in PAYING:
        raise card_declined()


_DONE: dict[str, Callable[[Account, StripeObject, Form], None]] = {
    "confirm": _confirm,
    "cancel": _cancel,
    "keep": _keep,
    "card": _set_card,
    "pay": _pay,
}
