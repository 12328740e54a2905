"""Downgrades in the portal: a lower amount or a shorter interval waits for the period's end."""

import pytest
import stripe

from tests.tools.test_stripe_double.shop import (
    DAY,
    HOUR,
    PROFESSIONAL_CENTS,
    RETURN_URL,
    STARTER_CENTS,
    Shop,
    browse,
)
from tools.stripe_double.periods import boundary

_CONDITIONS = {"conditions": [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}]}


def _period(subscription: stripe.Subscription) -> tuple[int, int]:
    item = subscription["items"].data[0]
    return item.current_period_start, item.current_period_end


def _price(subscription: stripe.Subscription) -> str:
    return str(subscription["items"].data[0].price.id)


def _downgrade_in_the_portal(shop: Shop, made: stripe.Subscription, price: str) -> str:
    configuration = shop.portal_configuration(schedule_at_period_end=_CONDITIONS)
    url = shop.confirm_page(made, price, configuration)
    page = browse(url).html
    assert browse(url, action="confirm").location == RETURN_URL
    return page


def test_a_downgrade_in_the_portal_waits_for_the_periods_end(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.professional}])
    page = _downgrade_in_the_portal(shop, made, shop.starter)
    assert "<strong>Starter, 29.00 USD per month</strong> from 20" in page
    scheduled = shop.stripe.v1.subscriptions.retrieve(made.id, {"expand": ["schedule"]})
    assert isinstance(scheduled.schedule, stripe.SubscriptionSchedule)
    assert [phase["items"][0].price for phase in scheduled.schedule.phases] == [
        shop.professional,
        shop.starter,
    ]
    assert scheduled.schedule.phases[1].start_date == _period(made)[1]
    assert (_price(scheduled), len(shop.invoices_of(made.id))) == (shop.professional, 1)
    shop.control("clock/advance", to=_period(made)[1] + HOUR)
    after = shop.now_of(made.id)
    assert (_price(after), after.schedule) == (shop.starter, None)
    assert shop.invoices_of(made.id)[0].amount_paid == STARTER_CENTS
    assert shop.event_types(about=scheduled.schedule.id) == [
        "subscription_schedule.created",
        "subscription_schedule.updated",
        "subscription_schedule.updated",
        "subscription_schedule.released",
    ]


def test_a_shorter_interval_waits_and_then_bills_by_the_month(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.yearly}])
    _downgrade_in_the_portal(shop, made, shop.professional)
    assert _price(shop.now_of(made.id)) == shop.yearly
    end = _period(made)[1]
    shop.control("clock/advance", to=end + HOUR)
    assert _period(shop.now_of(made.id)) == (end, boundary(end, "month", 1))
    assert shop.invoices_of(made.id)[0].amount_paid == PROFESSIONAL_CENTS


def test_a_shorter_interval_waits_also_when_it_costs_more(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.yearly}])
    product = str(shop.stripe.v1.prices.retrieve(shop.professional).product)
    shop.stripe.v1.prices.update(shop.professional, {"active": False})
    dear = shop.price(product, 11 * STARTER_CENTS, "month", "gwi_dear_month")
    _downgrade_in_the_portal(shop, made, dear)
    assert (_price(shop.now_of(made.id)), shop.now_of(made.id).schedule is None) == (shop.yearly, False)


def test_an_upgrade_does_not_wait(shop: Shop) -> None:
    made = shop.subscribe()
    page = _downgrade_in_the_portal(shop, made, shop.yearly)
    assert "per year</strong> from today" in page
    assert (_price(shop.now_of(made.id)), shop.now_of(made.id).schedule) == (shop.yearly, None)


def test_a_scheduled_downgrade_of_a_trial_begins_with_the_first_payment(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.professional}], trial_period_days=14)
    _downgrade_in_the_portal(shop, made, shop.starter)
    shop.control("clock/advance", seconds=14 * DAY + HOUR)
    after = shop.now_of(made.id)
    assert (after.status, _price(after), after.schedule) == ("active", shop.starter, None)
    assert shop.invoices_of(made.id)[0].amount_paid == STARTER_CENTS


def test_the_portal_changes_nothing_while_a_change_is_scheduled(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.professional}])
    _downgrade_in_the_portal(shop, made, shop.starter)
    url = shop.portal(made.customer)
    page = browse(url).html
    assert "Scheduled: Starter, 29.00 USD per month from" in page
    assert "Cancel at the end" not in page
    assert browse(url, action="cancel", subscription=made.id).status == 402
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        shop.portal(made.customer, type="subscription_cancel", subscription_cancel={"subscription": made.id})
