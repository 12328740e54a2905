"""Subscription schedules: made by the API, followed by the clock, let go of."""

from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.shop import (
    DAY,
    HOUR,
    PROFESSIONAL_CENTS,
    STARTER_CENTS,
    Shop,
    browse,
)
from tools.stripe_double.periods import boundary


def _period(subscription: stripe.Subscription) -> tuple[int, int]:
    item = subscription["items"].data[0]
    return item.current_period_start, item.current_period_end


def _price(subscription: stripe.Subscription) -> str:
    return str(subscription["items"].data[0].price.id)


def _phases(made: stripe.Subscription, *prices: str, **last: Any) -> Any:
    """The current phase of `made`, and one phase for each price."""
    start, end = _period(made)
    current: dict[str, Any] = {"items": [{"price": _price(made)}], "start_date": start, "end_date": end}
    coming: list[dict[str, Any]] = [{"items": [{"price": price}]} for price in prices]
    coming[-1] |= last
    return [current, *coming]


def _scheduled(shop: Shop, made: stripe.Subscription, price: str, **last: Any) -> stripe.SubscriptionSchedule:
    schedule = shop.stripe.v1.subscription_schedules.create({"from_subscription": made.id})
    phases = _phases(made, price, proration_behavior="none", **last)
    return shop.stripe.v1.subscription_schedules.update(schedule.id, {"phases": phases})


def test_a_schedule_begins_with_the_current_period(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.starter, "quantity": 2}])
    schedule = shop.stripe.v1.subscription_schedules.create({"from_subscription": made.id})
    assert (schedule.status, schedule.end_behavior, schedule.subscription) == ("active", "release", made.id)
    (phase,) = schedule.phases
    assert (phase.start_date, phase.end_date) == _period(made)
    assert [(item.price, item.quantity) for item in phase["items"]] == [(shop.starter, 2)]
    assert shop.now_of(made.id).schedule == schedule.id
    assert shop.event_types()[-2:] == ["subscription_schedule.created", "customer.subscription.updated"]


def test_a_coming_phase_bills_its_price_from_the_periods_end(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.professional}])
    schedule = _scheduled(shop, made, shop.starter)
    start, end = _period(made)
    shop.control("clock/advance", to=end - HOUR)
    assert _price(shop.now_of(made.id)) == shop.professional
    shop.control("clock/advance", to=end + HOUR)
    renewed = shop.now_of(made.id)
    assert (_price(renewed), _period(renewed)) == (shop.starter, (end, boundary(start, "month", 2)))
    invoice = shop.invoices_of(made.id)[0]
    assert (invoice.billing_reason, invoice.status, invoice.amount_paid) == (
        "subscription_cycle",
        "paid",
        STARTER_CENTS,
    )
    (change,) = [one for one in shop.events("customer.subscription.updated") if one.created == end]
    assert change.data.previous_attributes is not None
    assert set(change.data.previous_attributes.to_dict()) == {"items", "latest_invoice"}
    assert renewed.schedule == schedule.id, "the schedule stays until its last phase has ended"


def test_a_schedule_lets_go_after_its_last_phase(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.professional}])
    schedule = _scheduled(shop, made, shop.starter, duration={"interval": "month", "interval_count": 2})
    shop.control("clock/advance", to=boundary(_period(made)[0], "month", 3) + HOUR)
    after = shop.now_of(made.id)
    assert (after.schedule, _price(after), after.status) == (None, shop.starter, "active")
    ended = shop.stripe.v1.subscription_schedules.retrieve(schedule.id)
    assert (ended.status, ended.subscription, ended.released_subscription) == ("released", None, made.id)
    assert shop.event_types(about=schedule.id) == [
        "subscription_schedule.created",
        "subscription_schedule.updated",
        "subscription_schedule.updated",
        "subscription_schedule.released",
    ]


def test_a_phase_that_begins_within_a_period_is_prorated(shop: Shop) -> None:
    made = shop.subscribe()
    start, end = _period(made)
    schedule = shop.stripe.v1.subscription_schedules.create({"from_subscription": made.id})
    phases = _phases(made, shop.professional, proration_behavior="always_invoice")
    phases[0]["end_date"] = start + (end - start) // 2
    shop.stripe.v1.subscription_schedules.update(schedule.id, {"phases": phases})
    shop.control("clock/advance", to=phases[0]["end_date"])
    assert (_price(shop.now_of(made.id)), _period(shop.now_of(made.id))) == (shop.professional, (start, end))
    assert shop.invoices_of(made.id)[0].amount_paid == (PROFESSIONAL_CENTS - STARTER_CENTS) // 2


def test_a_subscription_has_one_schedule_and_a_living_one(shop: Shop) -> None:
    made, ended = shop.subscribe(), shop.subscribe()
    schedule = _scheduled(shop, made, shop.professional)
    shop.stripe.v1.subscriptions.cancel(ended.id)
    create = shop.stripe.v1.subscription_schedules.create
    with pytest.raises(stripe.InvalidRequestError, match=f"already attached to a schedule: `{schedule.id}`"):
        create({"from_subscription": made.id})
    with pytest.raises(stripe.InvalidRequestError, match="currently in the `canceled` status"):
        create({"from_subscription": ended.id})


def test_a_scheduled_subscription_is_canceled_by_its_schedule_or_at_once(shop: Shop) -> None:
    made = shop.subscribe()
    schedule = _scheduled(shop, made, shop.professional)
    with pytest.raises(stripe.InvalidRequestError, match="updating any cancelation behavior directly"):
        shop.stripe.v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    shop.stripe.v1.subscriptions.cancel(made.id)
    assert shop.event_types(about=schedule.id)[-1] == "subscription_schedule.canceled"


def test_a_schedule_is_aborted_when_nobody_pays(shop: Shop) -> None:
    made = shop.subscribe()
    schedule = _scheduled(shop, made, shop.professional, duration={"interval": "month", "interval_count": 3})
    shop.control(f"customers/{made.customer}/card", outcome="decline")
    shop.control("clock/advance", to=_period(made)[1] + 16 * DAY)
    assert shop.now_of(made.id).status == "canceled"
    assert shop.event_types(about=schedule.id)[-1] == "subscription_schedule.aborted"


def test_a_direct_change_stands_until_the_next_phase(shop: Shop) -> None:
    made = shop.subscribe()
    schedule = _scheduled(shop, made, shop.starter)
    items: Any = [{"id": made["items"].data[0].id, "price": shop.professional}]
    shop.stripe.v1.subscriptions.update(made.id, {"items": items})
    phases = shop.stripe.v1.subscription_schedules.retrieve(schedule.id).phases
    assert [phase["items"][0].price for phase in phases] == [shop.professional, shop.starter]
    shop.control("clock/advance", to=_period(made)[1])
    assert _price(shop.now_of(made.id)) == shop.starter


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start_date": 1_700_000_000}, "You can not modify the start date of the current phase"),
        ({"start_date": None}, "Missing at least one phase with a `start_date`"),
        ({"end_date": None}, "Only the last phase may be without"),
        ({"end_date": 1_700_000_000}, "must end after it starts"),
        ({"items": [{"price": "price_none"}]}, "No such price"),
    ],
)
def test_refuses_phases_that_do_not_fit(shop: Shop, change: dict[str, Any], message: str) -> None:
    made = shop.subscribe()
    schedule = shop.stripe.v1.subscription_schedules.create({"from_subscription": made.id})
    phases = _phases(made, shop.professional)
    phases[0] = {name: value for name, value in {**phases[0], **change}.items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError, match=message):
        shop.stripe.v1.subscription_schedules.update(schedule.id, {"phases": phases})


def test_a_longer_interval_of_a_phase_counts_from_its_beginning(shop: Shop) -> None:
    made = shop.subscribe()
    _scheduled(shop, made, shop.yearly)
    end = _period(made)[1]
    shop.control("clock/advance", to=end)
    renewed = shop.now_of(made.id)
    assert (_period(renewed), renewed.billing_cycle_anchor) == ((end, boundary(end, "year", 1)), end)


def test_the_portal_cancels_after_the_last_phase_has_begun(shop: Shop) -> None:
    made = shop.subscribe(items=[{"price": shop.professional}])
    schedule = _scheduled(shop, made, shop.starter)
    shop.control("clock/advance", to=_period(made)[1] + HOUR)
    browse(shop.portal(made.customer), action="cancel", subscription=made.id)
    assert shop.now_of(made.id).cancel_at == boundary(_period(made)[0], "month", 2)
    assert shop.stripe.v1.subscription_schedules.retrieve(schedule.id).status == "released"
