"""Unusual subscriptions: two at once, several items, unmapped prices, other currencies."""

from datetime import datetime
from itertools import permutations
from typing import Any

from shared.domain.billing.stripe_events import StripeEvent
from tests.audit_trail import trail_of
from tests.billing_places import BillingPlace, MemoryBillingPlace
from tests.golden.stripe_payloads import changed
from tests.usecases.billing.billing_scenarios import (
    CREATED,
    ENDIVE,
    STARTED,
    SUBSCRIPTION_ID,
    account_of,
    billing_on,
    deliver,
    event_of,
    plan_at,
    stored_state,
    subscription_event,
)
from tests.usecases.plain_sums import new_tenant

NOVEMBER = "2026-11-01T00:00:00Z"
OF_ANOTHER_PRODUCT = {"items__data__0__price__product": "prod_1"}
ITEM: dict[str, Any] = ENDIVE["subscription"]["items"]["data"][0]


def second_event(what: str, created: str, **changes: Any) -> StripeEvent:
    """Return an event of another subscription of the same customer, to professional."""
    price = "items__data__0__price__"
    professional = {f"{price}lookup_key": "gwi_professional_month", f"{price}unit_amount": 99_00}
    return subscription_event(what, created, event_id=f"evt_2_{what}", id="sub_2", **professional, **changes)


def test_the_best_of_two_subscriptions_counts_and_raises_an_alert(place: BillingPlace) -> None:
    deliver(billing_on(place.open()), [second_event("created", NOVEMBER), CREATED])
    assert plan_at(place, NOVEMBER) == "professional"
    assert place.alerts("acme") == {"several_subscriptions": (SUBSCRIPTION_ID, "sub_2")}


def test_when_the_better_one_ends_the_other_counts_and_the_alert_is_settled(place: BillingPlace) -> None:
    billing = billing_on(place.open())
    deliver(billing, [CREATED, second_event("created", NOVEMBER)])
    deliver(billing, [second_event("deleted", "2026-11-02T00:00:00Z", status="canceled")])
    assert plan_at(place, "2026-11-02T00:00:00Z") == "starter"
    assert place.alerts("acme") == {}
    tenant = account_of(place.open()).tenant
    assert (tenant.billing.status, tenant.billing.subscription_id) == ("active", SUBSCRIPTION_ID)


def test_when_the_better_one_is_to_end_the_other_takes_over_by_itself(place: BillingPlace) -> None:
    ending = second_event("created", NOVEMBER, cancel_at=NOVEMBER.replace("-01T", "-10T"))
    deliver(billing_on(place.open()), [CREATED, ending])
    assert plan_at(place, "2026-11-09T23:59:59Z") == "professional"
    assert plan_at(place, "2026-11-10T00:00:00Z") == "starter"


def test_one_subscription_after_another_ends_the_same_in_every_order() -> None:
    ended = subscription_event("deleted", "2026-10-20T00:00:00Z", status="canceled")
    scenario = [CREATED, ended, second_event("created", NOVEMBER), second_event("updated", NOVEMBER)]
    left = []
    for order in permutations(scenario):
        place = MemoryBillingPlace()
        new_tenant(place.directory, plan="free")
        deliver(billing_on(place.open()), order)
        left.append(stored_state(place, scenario))
    assert left == [left[0]] * len(left)
    assert (left[0].tenant.plan, left[0].alerts) == ("professional", {}), "they never ran at once"


def test_b11_an_unmapped_price_raises_an_alert_until_it_is_mapped(place: BillingPlace) -> None:
    billing = billing_on(place.open())
    unmapped = {**OF_ANOTHER_PRODUCT, "items__data__0__price__lookup_key": "special_offer"}
    deliver(billing, [CREATED, subscription_event("updated", NOVEMBER, event_id="evt_odd", **unmapped)])
    assert (plan_at(place, NOVEMBER), list(place.alerts("acme"))) == ("starter", ["unmapped_price"])
    deliver(billing, [subscription_event("updated", "2026-11-02T00:00:00Z")])
    assert (plan_at(place, NOVEMBER), place.alerts("acme")) == ("starter", {})


def test_a_first_subscription_to_an_unmapped_price_grants_nothing_and_raises_an_alert(
    place: BillingPlace,
) -> None:
    unmapped = {**OF_ANOTHER_PRODUCT, "items__data__0__price__lookup_key": None}
    deliver(billing_on(place.open()), [subscription_event("created", STARTED, **unmapped)])
    assert (plan_at(place, STARTED), list(place.alerts("acme"))) == ("free", ["unmapped_price"])


def test_of_several_items_the_one_that_names_a_plan_decides(place: BillingPlace) -> None:
    seats = changed(
        ITEM,
        {"id": "si_seats", "price.id": "price_seats", "price.lookup_key": None, "price.product": "prod_1"},
    )
    both = {"items__data": [seats, ITEM]}
    deliver(billing_on(place.open()), [subscription_event("created", STARTED, **both)])
    assert (plan_at(place, STARTED), place.alerts("acme")) == ("starter", {})


def test_a_price_of_zero_in_another_currency_pays_for_its_plan_and_raises_an_alert(
    place: BillingPlace,
) -> None:
    gift = {"items__data__0__price__unit_amount": 0, "items__data__0__price__currency": "eur"}
    deliver(billing_on(place.open()), [subscription_event("created", STARTED, currency="eur", **gift)])
    assert plan_at(place, STARTED) == "starter"
    assert place.alerts("acme") == {"other_price": (SUBSCRIPTION_ID,)}


def test_an_invoice_keeps_its_currency_and_its_minor_units(place: BillingPlace) -> None:
    changes = {"status": "open", "currency": "kwd", "total": 29_500, "amount_due": 29_500}
    deliver(
        billing_on(place.open()),
        [event_of("invoice.finalized", changed(ENDIVE["invoice"], changes), STARTED)],
    )
    (row,) = place.open().list_invoices("acme", limit=10).items
    assert (row.invoice.currency, row.invoice.total, row.invoice.amount_due) == ("kwd", 29_500, 29_500)


def test_the_next_event_audits_a_plan_that_ended_by_itself(place: BillingPlace) -> None:
    billing = billing_on(place.open())
    ending = subscription_event("updated", NOVEMBER, cancel_at_period_end=True)
    deliver(billing, [CREATED, ending], datetime.fromisoformat(NOVEMBER))
    changes = {"status": "paid"}
    paid = event_of("invoice.paid", changed(ENDIVE["invoice"], changes), "2026-11-15T09:30:20Z")
    deliver(billing, [paid], datetime.fromisoformat("2026-11-15T09:30:20Z"))
    plan_changes = [each for each in trail_of(place.directory) if each.action == "plan.changed"]
    assert [(each.before, each.after) for each in plan_changes] == [("free", "starter"), ("starter", "free")]
    assert plan_changes[-1].reason == f"{paid.id} invoice.paid"
