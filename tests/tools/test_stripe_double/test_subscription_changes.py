"""Changes to a subscription: switch, cancel, list; and its periods."""

from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.shop import DAY, PROFESSIONAL_CENTS, STARTER_CENTS, Shop
from tools.stripe_double.periods import boundary, period_at


def _unix(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[misc,arg-type]


def _period(subscription: stripe.Subscription) -> tuple[int, int]:
    item = subscription["items"].data[0]
    return item.current_period_start, item.current_period_end


def _switch(
    shop: Shop, subscription: stripe.Subscription, price: str, **params: object
) -> stripe.Subscription:
    items = [{"id": subscription["items"].data[0].id, "price": price}]
    changes: Any = {"items": items, **params}
    return shop.stripe.v1.subscriptions.update(subscription.id, changes)


def test_canceling_at_the_period_end_keeps_it_until_then(shop: Shop) -> None:
    made = shop.subscribe()
    end = _period(made)[1]
    asked = shop.stripe.v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    assert (asked.status, asked.cancel_at_period_end, asked.cancel_at) == ("active", True, end)
    shop.control("clock/advance", to=end - 60)
    assert shop.now_of(made.id).status == "active"
    shop.control("clock/advance", to=end)
    ended = shop.now_of(made.id)
    assert (ended.status, ended.ended_at, ended.canceled_at) == ("canceled", end, asked.canceled_at)
    assert len(shop.invoices_of(made.id)) == 1


def test_a_cancellation_to_come_can_be_withdrawn(shop: Shop) -> None:
    made = shop.subscribe()
    shop.stripe.v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    kept = shop.stripe.v1.subscriptions.update(made.id, {"cancel_at": ""})
    assert (kept.cancel_at, kept.canceled_at) == (None, None)


def test_a_date_in_the_period_ends_it_then_without_a_word_about_the_periods_end(shop: Shop) -> None:
    made = shop.subscribe()
    day = made.created + 10 * DAY
    asked = shop.stripe.v1.subscriptions.update(made.id, {"cancel_at": day})
    assert (asked.status, asked.cancel_at, asked.cancel_at_period_end) == ("active", day, False)
    (event,) = shop.events("customer.subscription.updated")[:1]
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict()["cancel_at"] is None
    shop.control("clock/advance", to=day - 60)
    assert shop.now_of(made.id).status == "active"
    shop.control("clock/advance", to=day)
    assert (shop.now_of(made.id).status, shop.now_of(made.id).ended_at) == ("canceled", day)


def test_a_date_after_a_renewal_ends_it_after_that_renewal(shop: Shop) -> None:
    made = shop.subscribe()
    day = _period(made)[1] + 5 * DAY
    shop.stripe.v1.subscriptions.update(made.id, {"cancel_at": day})
    shop.control("clock/advance", to=day)
    assert (shop.now_of(made.id).status, shop.now_of(made.id).ended_at) == ("canceled", day)
    assert [invoice.status for invoice in shop.invoices_of(made.id)] == ["paid", "paid"]


def test_a_date_that_has_passed_is_refused(shop: Shop) -> None:
    made = shop.subscribe()
    with pytest.raises(stripe.InvalidRequestError, match="in the future") as refused:
        shop.stripe.v1.subscriptions.update(made.id, {"cancel_at": made.created - DAY})
    assert refused.value.param == "cancel_at"
    assert shop.now_of(made.id).cancel_at is None


def test_an_ended_subscription_cannot_be_changed_or_ended_again(shop: Shop) -> None:
    made = shop.subscribe()
    ended = shop.stripe.v1.subscriptions.cancel(made.id)
    assert (ended.status, ended.ended_at is not None) == ("canceled", True)
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription can only update"):
        shop.stripe.v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        shop.stripe.v1.subscriptions.cancel(made.id)


def test_an_upgrade_is_prorated_on_the_next_invoice(shop: Shop) -> None:
    made = shop.subscribe()
    start, end = _period(made)
    half = start + (end - start) // 2
    shop.control("clock/advance", to=half)
    upgraded = _switch(shop, made, shop.professional)
    assert upgraded["items"].data[0].price.id == shop.professional
    assert _period(upgraded) == (start, end)
    shop.control("clock/advance", to=end)
    amounts = [line.amount for line in shop.invoices_of(made.id)[0].lines.data]
    # The clock runs on while the test does: a second of a month is less than a cent.
    assert amounts == [
        pytest.approx(-STARTER_CENTS // 2, abs=1),
        pytest.approx(PROFESSIONAL_CENTS // 2, abs=1),
        PROFESSIONAL_CENTS,
    ]


def test_an_upgrade_can_be_billed_at_once(shop: Shop) -> None:
    made = shop.subscribe()
    _switch(shop, made, shop.professional, proration_behavior="always_invoice")
    invoice = shop.invoices_of(made.id)[0]
    assert (invoice.billing_reason, invoice.status) == ("subscription_update", "paid")
    assert invoice.amount_paid == pytest.approx(PROFESSIONAL_CENTS - STARTER_CENTS, abs=1)


def test_another_interval_begins_a_new_period(shop: Shop) -> None:
    made = shop.subscribe()
    shop.control("clock/advance", seconds=DAY)
    yearly = _switch(shop, made, shop.yearly, proration_behavior="none")
    start, end = _period(yearly)
    assert (start, end) == (yearly.billing_cycle_anchor, boundary(start, "year", 1))
    assert start >= made.created + DAY
    assert shop.invoices_of(made.id)[0].amount_paid == 10 * STARTER_CENTS


def test_a_downgrade_leaves_a_credit_that_is_used_up(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.professional}])
    _switch(shop, made, shop.starter, proration_behavior="always_invoice")
    credit = shop.stripe.v1.customers.retrieve(str(made.customer)).balance
    assert credit == pytest.approx(STARTER_CENTS - PROFESSIONAL_CENTS, abs=1)
    shop.control(f"subscriptions/{made.id}/renew")
    renewal = shop.invoices_of(made.id)[0]
    assert (renewal.total, renewal.amount_due, renewal.status) == (STARTER_CENTS, 0, "paid")
    left = shop.stripe.v1.customers.retrieve(str(made.customer)).balance
    assert left == credit + STARTER_CENTS  # type: ignore[operator]


def test_items_must_fit_together(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="same recurring interval"):
        shop.subscribe(items=[{"price": shop.starter}, {"price": shop.yearly}])
    both = shop.subscribe(items=[{"price": shop.starter}, {"price": shop.professional, "quantity": 2}])
    assert shop.invoices_of(both.id)[0].amount_paid == STARTER_CENTS + 2 * PROFESSIONAL_CENTS


def test_lists_by_customer_and_status(shop: Shop) -> None:
    customer = shop.customer()
    first, second = shop.subscribe(customer), shop.subscribe(customer)
    shop.stripe.v1.subscriptions.cancel(first.id)
    listed = shop.stripe.v1.subscriptions.list
    assert [one.id for one in listed({"customer": customer}).data] == [second.id]
    assert [one.id for one in listed({"customer": customer, "status": "all"}).data] == [second.id, first.id]
    assert [one.id for one in listed({"customer": customer, "status": "canceled"}).data] == [first.id]


@pytest.mark.parametrize(
    ("anchor", "interval", "instant", "expected"),
    [
        (_unix(2026, 1, 31), "month", _unix(2026, 2, 1), (_unix(2026, 1, 31), _unix(2026, 2, 28))),
        (_unix(2026, 1, 31), "month", _unix(2026, 2, 28), (_unix(2026, 2, 28), _unix(2026, 3, 31))),
        (_unix(2024, 2, 29), "year", _unix(2025, 3, 1), (_unix(2025, 2, 28), _unix(2026, 2, 28))),
        (_unix(2026, 1, 1), "week", _unix(2026, 1, 8), (_unix(2026, 1, 8), _unix(2026, 1, 15))),
    ],
)
def test_periods_clamp_and_come_back(
    anchor: int, interval: str, instant: int, expected: tuple[int, int]
) -> None:
    assert period_at(anchor, interval, 1, instant) == expected
