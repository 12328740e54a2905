"""The metering anchor of a tenant's paid life: the events that move or end it, and those that do not."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.billing.billing_account import BillingAccount, with_subscription
from shared.domain.billing.entitlements import entitlement
from shared.domain.billing.stripe_subscription_shapes import read_subscription
from shared.domain.billing.subscriptions import ApiSnapshot, Subscription, SubscriptionObservation, observe
from shared.domain.ledger.periods import period_at
from shared.domain.people.tenants import Tenant
from tests.golden.stripe_payloads import changed, read_cases
from tests.plans import PLANS, TERMS
from tests.sample_subscriptions import START, observed, on_day

SUBSCRIPTION: dict[str, Any] = read_cases("stripe_endive")["subscription"]
NOW = on_day(400)


def account_after(scenario: Iterable[SubscriptionObservation]) -> BillingAccount:
    """Return the account of a tenant on plan free after these events, in this order."""
    account = BillingAccount(tenant=Tenant(id="acme", name="Acme", plan="free", created_at=on_day(-9)))
    for event in scenario:
        known = account.known_subscriptions.get(event.snapshot.id)
        account = with_subscription(account, observe(known, event), TERMS, NOW)
    return account


def anchor_on(account: BillingAccount, day: float) -> datetime | None:
    return account.tenant.at(on_day(day)).anchor


def plain(subscription_id: str = "sub_1", began: float = 0, **changes: Any) -> SubscriptionObservation:
    """Return the beginning of a subscription that is paid for at once."""
    return seen(began, "created", subscription_id, began, **changes)


def seen(
    at: float, report: str, subscription_id: str = "sub_1", began: float = 0, **changes: Any
) -> SubscriptionObservation:
    """Return an event of a subscription; a trial among `changes` is its initial trial."""
    trial = {"trial_start": on_day(began)} if "trial_end" in changes else {}
    shown = {"id": subscription_id, "created": on_day(began), **trial, **changes}
    return observed(at, report, event_id=f"evt_{subscription_id}_{at}_{report}", **shown)


def ended(
    at: float, subscription_id: str = "sub_1", began: float = 0, **changes: Any
) -> SubscriptionObservation:
    return seen(at, "deleted", subscription_id, began, ended_at=on_day(at), **changes)


TRIAL: dict[str, Any] = {"trial_end": on_day(14)}
YEARLY: dict[str, Any] = {"interval": "year", "price_id": "price_year", "period_end": on_day(2 + 365)}
SECOND_TRIAL: dict[str, Any] = {"trial_end": on_day(60)}
"""Stripe keeps the start of the first trial during a second one."""

# The events of each scenario, and the day of the anchor by day; None is the calendar month.
SCENARIOS: dict[str, tuple[list[SubscriptionObservation], dict[float, float | None]]] = {
    "plain": ([plain()], {0: 0, 31: 0, 399: 0}),
    "a-year-is-metered-by-months": ([plain(**YEARLY)], {0: 0, 200: 0}),
    "a-trial-runs": ([seen(0, "created", status="trialing", **TRIAL)], {0: 0, 13.9: 0, 14: 14, 50: 14}),
    "a-trial-became-paid": (
        [seen(0, "created", status="trialing", **TRIAL), seen(14, "active", **TRIAL)],
        {14: 14, 50: 14},
    ),
    "a-trial-was-extended": (
        [
            seen(0, "created", status="trialing", **TRIAL),
            seen(7, "trialing", trial_end=on_day(21)),
            seen(21, "active", trial_end=on_day(21)),
        ],
        {13: 0, 14: 0, 20: 0, 21: 21},
    ),
    "a-trial-was-ended-early": (
        [seen(0, "created", status="trialing", **TRIAL), seen(3, "active", trial_end=on_day(3))],
        {2: 0, 3: 3, 14: 3},
    ),
    "a-trial-is-to-be-canceled": (
        [seen(0, "trialing", **TRIAL), seen(2, "trialing", cancel_at=on_day(14), **TRIAL)],
        {13: 0, 14: None, 20: None},
    ),
    "a-trial-was-canceled": ([seen(0, "trialing", **TRIAL), ended(5, **TRIAL)], {4: 0, 5: None, 14: None}),
    "a-trial-ended-without-a-card-and-is-paid-later": (
        [seen(0, "trialing", **TRIAL), seen(14, "paused", **TRIAL), seen(20, "active", **TRIAL)],
        {13: 0, 14: 14, 21: 14},
    ),
    "a-trial-granted-later": (
        [plain(), seen(30, "trialing", trial_start=on_day(30), trial_end=on_day(44))],
        {30: 0, 44: 0, 50: 0},
    ),
    "a-second-trial": (
        [
            seen(0, "trialing", **TRIAL),
            seen(14, "active", **TRIAL),
            seen(30, "trialing", **SECOND_TRIAL),
            seen(60, "active", **SECOND_TRIAL),
        ],
        {14: 14, 40: 14, 60: 14, 70: 14},
    ),
    "month-year-month": (
        [plain(), seen(2, "active", **YEARLY), seen(3, "active", period_end=on_day(34))],
        {2: 0, 3: 0, 40: 0},
    ),
    "an-upgrade": ([plain(), seen(10, "active", plan="professional")], {9: 0, 10: 0, 60: 0}),
    "grace-is-over": ([plain(), seen(31, "past_due")], {31: 0, 38: 0, 90: 0}),
    "unpaid-and-paid-again": (
        [plain(), seen(31, "past_due"), seen(45, "unpaid"), seen(90, "active")],
        {50: 0, 90: 0},
    ),
    "paused": ([plain(), seen(10, "paused")], {10: 0, 60: 0}),
    "paused-and-resumed": ([plain(), seen(10, "paused"), seen(20, "active")], {15: 0, 20: 0, 60: 0}),
    "to-be-canceled": (
        [plain(), seen(5, "active", cancel_at_period_end=True)],
        {30.9: 0, 31: None, 60: None},
    ),
    "to-be-canceled-while-unpaid": ([plain(), seen(5, "unpaid", cancel_at=on_day(40))], {39: 0, 40: None}),
    "canceled-at-once": ([plain(), ended(5)], {4: 0, 5: None, 60: None}),
    "canceled-without-its-end": ([plain(), seen(5, "deleted")], {4: 0, 5: None}),
    "subscribed-again-before-the-end": (
        [plain(), seen(5, "active", cancel_at=on_day(31)), plain("sub_2", 20)],
        {20: 0, 30: 0, 31: 0, 60: 0},
    ),
    "subscribed-again-after-the-end": (
        [plain(), ended(31), plain("sub_2", 40)],
        {40: 40, 60: 40},
    ),
    "subscribed-again-after-a-planned-end": (
        [plain(), seen(5, "active", cancel_at=on_day(31)), plain("sub_2", 40)],
        {40: 40, 60: 40},
    ),
    "two-at-once-of-which-the-first-ends": ([plain(), plain("sub_2", 10), ended(20)], {15: 0, 20: 0, 60: 0}),
    "two-at-once-of-which-both-end": (
        [plain(), plain("sub_2", 10), ended(20), ended(30, "sub_2", 10)],
        {29: 0, 30: None},
    ),
    "three-of-which-the-first-outlasts-the-second": (
        [plain(), plain("sub_2", 5), ended(8, "sub_2", 5), plain("sub_3", 10), ended(20)],
        {10: 0, 60: 0},
    ),
    "a-plan-is-bought-in-a-trial": (
        [seen(0, "trialing", **TRIAL), plain("sub_2", 5)],
        {4: 0, 5: 5, 14: 5, 60: 5},
    ),
    "a-trial-canceled-for-a-plan-that-is-bought": (
        [seen(0, "trialing", **TRIAL), plain("sub_2", 5), ended(6, **TRIAL)],
        {6: 5, 14: 5, 60: 5},
    ),
    "a-trial-beside-a-plan": (
        [plain(), seen(5, "trialing", "sub_2", 5, trial_end=on_day(19)), ended(10)],
        {5: 0, 19: 0, 60: 0},
    ),
    "a-first-payment-is-outstanding": ([seen(0, "created", status="incomplete")], {0: None, 1: None}),
    "a-first-payment-was-never-made": (
        [seen(0, "created", status="incomplete"), seen(1, "incomplete_expired", ended_at=on_day(1))],
        {0: None, 2: None},
    ),
    "a-first-payment-was-made-late": (
        [seen(0, "created", status="incomplete"), seen(0.5, "active")],
        {0.5: 0, 60: 0},
    ),
    "a-failed-attempt-before": (
        [
            seen(0, "created", status="incomplete"),
            plain("sub_2", 0.5),
            seen(1, "incomplete_expired", ended_at=on_day(1)),
        ],
        {0.5: 0.5, 60: 0.5},
    ),
    "something-else-is-sold": ([plain(plan=None)], {0: None, 60: None}),
    "a-price-that-maps-to-nothing-any-more": ([plain(), seen(9, "active", plan=None)], {9: 0, 60: 0}),
}


@pytest.mark.parametrize(("scenario", "anchors"), SCENARIOS.values(), ids=SCENARIOS)
def test_the_anchor_is_the_start_of_the_paid_life(
    scenario: list[SubscriptionObservation], anchors: dict[float, float | None]
) -> None:
    account = account_after(scenario)
    found = {day: anchor_on(account, day) for day in anchors}
    assert found == {day: None if anchor is None else on_day(anchor) for day, anchor in anchors.items()}


@pytest.mark.parametrize(("scenario", "_anchors"), SCENARIOS.values(), ids=SCENARIOS)
@settings(max_examples=settings().max_examples // 3)
@given(data=st.data())
def test_any_order_and_repetition_of_a_scenario_gives_the_same_anchors(
    scenario: list[SubscriptionObservation], _anchors: object, data: st.DataObject
) -> None:
    repeated = [*scenario, *data.draw(st.lists(st.sampled_from(scenario), max_size=3))]
    shuffled = account_after(data.draw(st.permutations(repeated)))
    expected = account_after(scenario)
    assert shuffled.tenant.entitlement == expected.tenant.entitlement
    for half_days in range(140):
        at = on_day(half_days / 2)
        assert shuffled.tenant.at(at).anchor == expected.tenant.at(at).anchor


def test_while_the_plan_lapses_it_is_free_on_the_same_anchor() -> None:
    account = account_after([plain(), seen(31, "past_due")])
    lapsed = account.tenant.at(on_day(31 + 7))
    assert (lapsed.plan, lapsed.anchor) == ("free", START)
    ended_later = account_after([plain(), seen(31, "past_due"), ended(50)]).tenant.at(on_day(50))
    assert (ended_later.plan, ended_later.anchor) == ("free", None)


def test_the_end_of_a_trial_in_an_api_snapshot_counts_like_an_event() -> None:
    event = seen(0, "created", status="trialing", **TRIAL)
    paid = seen(14, "active", **TRIAL).snapshot
    again = observe(observe(None, event, ApiSnapshot(paid, NOW)), seen(30, "trialing", **SECOND_TRIAL))
    assert entitlement([again], TERMS).at(on_day(50)).anchor == on_day(14)


def test_an_account_with_many_previous_subscriptions_keeps_only_the_newest_life() -> None:
    previous = [event for n in range(50) for event in (plain(f"sub_{n}", n), ended(n + 0.5, f"sub_{n}", n))]
    granted = account_after([*previous, plain("sub_now", 60)]).tenant.entitlement
    assert granted is not None
    assert (granted.plan, granted.anchor, granted.then) == ("starter", on_day(60), None)


days = st.floats(0, 300, allow_nan=False)
plans = st.sampled_from(["starter", "professional", "enterprise"])


@st.composite
def switches(draw: st.DrawFn) -> Subscription:
    """Draw a paid subscription after switches of its interval, price and billing anchor, in any order."""
    events = [_switched("2026-10-15T09:30:20Z", 0, "month", "starter")]
    for number, at in enumerate(draw(st.lists(st.datetimes(datetime(2026, 10, 16), datetime(2027, 12, 1))))):  # noqa: DTZ001
        second = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        events.append(_switched(second, number + 1, draw(st.sampled_from(["month", "year"])), draw(plans)))
    nothing: Subscription | None = None
    known = reduce(lambda previous, event: observe(previous, event), draw(st.permutations(events)), nothing)
    assert known is not None
    return known


def _switched(at: str, number: int, interval: str, plan: str) -> SubscriptionObservation:
    """Return the event of a switch, after which Stripe's billing period starts at the instant of the switch."""
    item = {"price.recurring.interval": interval, "price.lookup_key": f"gwi_{plan}_{interval}"}
    item |= {"current_period_start": at, "current_period_end": "2030-01-01T00:00:00Z"}
    changes = {f"items.data.0.{name}": value for name, value in item.items()}
    snapshot = read_subscription(changed(SUBSCRIPTION, changes | {"billing_cycle_anchor": at}), PLANS)
    return replace(observed(0, "active"), event_id=f"evt_{number}", created=_instant(at), snapshot=snapshot)


def _instant(at: str) -> datetime:
    return datetime.fromisoformat(at)


@given(switches(), days)
def test_no_switch_of_interval_price_or_billing_anchor_changes_a_metering_period(
    switched: Subscription, day: float
) -> None:
    subscribed = _instant("2026-10-15T09:30:20Z")
    granted = entitlement([switched], TERMS).at(on_day(day))
    assert granted.anchor == subscribed
    assert period_at(granted.anchor, on_day(day)) == period_at(subscribed, on_day(day))
