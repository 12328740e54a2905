"""Tests of the entitlement that subscriptions grant: plan, end and the plan after it."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.billing.entitlements import (
    DEFAULT_GRACE,
    GRANTS,
    BillingTerms,
    billing_alerts,
    entitlement,
)
from shared.domain.billing.subscription_states import SubscriptionState
from shared.domain.billing.subscriptions import Subscription, SubscriptionObservation, observe
from shared.domain.limits.entitlement import FREE, Entitlement
from tests.plans import PLANS, TERMS
from tests.sample_subscriptions import DAY, PERIOD, START, observed, on_day

JUST_BEFORE = timedelta(microseconds=1)


def known(first: SubscriptionObservation, *others: SubscriptionObservation) -> Subscription:
    subscription = observe(None, first)
    for each in others:
        subscription = observe(subscription, each)
    return subscription


def active(plan: str, ends_on_day: int | None = None, *, id: str = "sub_1") -> Subscription:  # noqa: A002
    cancel_at = None if ends_on_day is None else on_day(ends_on_day)
    return known(observed(0, "active", plan=plan, id=id, cancel_at=cancel_at))


def plans_over_time(granted: Entitlement, days: range) -> list[str]:
    return [granted.at(on_day(day)).plan for day in days]


def test_without_subscriptions_the_plan_is_free_on_the_calendar_month() -> None:
    assert entitlement([], TERMS) == FREE == Entitlement(plan="free", anchor=None)


@pytest.mark.parametrize("status", ["trialing", "active"])
def test_a_running_subscription_grants_its_plan_without_end_on_its_anchor(status: str) -> None:
    granted = entitlement([known(observed(0, status))], TERMS)
    assert granted == Entitlement(plan="starter", subscription_id="sub_1", anchor=START, interval="month")
    assert granted.at(on_day(10_000)) is granted


@pytest.mark.parametrize("status", ["incomplete", "incomplete_expired", "canceled", "deleted"])
def test_an_unpaid_or_ended_subscription_grants_nothing(status: str) -> None:
    assert entitlement([known(observed(0, status))], TERMS) == FREE


@pytest.mark.parametrize("status", ["unpaid", "paused"])
def test_a_lapse_grants_nothing_and_keeps_the_anchor(status: str) -> None:
    assert entitlement([known(observed(0, status))], TERMS) == replace(FREE, anchor=START)


def test_every_state_says_whether_it_grants() -> None:
    assert set(GRANTS) == set(SubscriptionState)


def test_a_planned_end_keeps_the_plan_until_then() -> None:
    granted = entitlement([known(observed(5, "active", cancel_at_period_end=True))], TERMS)
    assert granted.until == START + PERIOD
    assert granted.at(START + PERIOD - JUST_BEFORE).plan == "starter"
    assert granted.at(START + PERIOD) is FREE


def test_a_date_of_cancellation_beats_the_end_of_the_period() -> None:
    granted = entitlement(
        [known(observed(5, "active", cancel_at_period_end=True, cancel_at=on_day(20)))], TERMS
    )
    assert granted.until == on_day(20)


def test_past_due_keeps_the_plan_for_the_grace_and_no_longer() -> None:
    granted = entitlement(
        [known(observed(0, "active"), observed(31, "past_due"), observed(33, "past_due"))], TERMS
    )
    assert granted.until == on_day(31) + DEFAULT_GRACE == on_day(31 + 7)
    assert plans_over_time(granted, range(36, 40)) == ["starter", "starter", "free", "free"]


def test_the_grace_is_configurable_and_may_be_zero() -> None:
    failed = known(observed(31, "past_due"))
    assert entitlement([failed], BillingTerms(PLANS, 3 * DAY)).until == on_day(31 + 3)
    assert entitlement([failed], BillingTerms(PLANS, 0 * DAY)).at(on_day(31)) == replace(FREE, anchor=START)


def test_the_earlier_of_the_planned_end_and_the_end_of_grace_counts() -> None:
    planned = known(observed(31, "past_due", cancel_at=on_day(33)))
    assert entitlement([planned], TERMS).until == on_day(33)
    assert entitlement([planned], BillingTerms(PLANS, DAY)).until == on_day(31 + 1)


def test_the_best_of_several_counts_whatever_their_order() -> None:
    several = [active("starter"), active("enterprise", id="sub_2"), active("professional", id="sub_3")]
    assert {entitlement(order, TERMS).plan for order in permutations(several)} == {"enterprise"}


def test_the_longer_of_two_subscriptions_to_one_plan_counts() -> None:
    ending, lasting = active("starter", 10), active("starter", id="sub_2")
    for order in permutations([ending, lasting]):
        assert entitlement(order, TERMS).subscription_id == "sub_2"


def test_after_the_best_ends_the_best_of_the_rest_counts() -> None:
    several = [
        active("enterprise", 2),
        active("professional", 1, id="sub_2"),
        active("starter", 4, id="sub_3"),
    ]
    for order in permutations(several):
        granted = plans_over_time(entitlement(order, TERMS), range(6))
        assert granted == ["enterprise", "enterprise", "starter", "starter", "free", "free"]


@given(
    st.lists(
        st.tuples(st.sampled_from(PLANS.plans[1:]), st.none() | st.integers(1, 9)), min_size=1, max_size=5
    )
)
def test_at_any_time_the_best_plan_that_still_runs_is_granted(terms: list[tuple[object, int | None]]) -> None:
    ranks = [plan.id for plan in PLANS.plans]
    sold = [(plan.id, end) for plan, end in terms]  # type: ignore[attr-defined]
    subscriptions = [active(plan, end, id=f"sub_{n}") for n, (plan, end) in enumerate(sold)]
    granted = entitlement(subscriptions, TERMS)
    for day in range(11):
        running = [plan for plan, end in sold if end is None or day < end]
        assert granted.at(on_day(day)).plan == max(running, key=ranks.index, default="free")


def test_an_unmapped_price_keeps_the_plan_and_raises_an_alert() -> None:
    switched = known(observed(0, "active"), observed(5, "active", plan=None, price_id="price_odd"))
    assert entitlement([switched], TERMS).plan == "starter"
    (alert,) = billing_alerts([switched], "acme", PLANS)
    assert (alert.kind, alert.subscription_ids) == ("unmapped_price", ("sub_1",))
    assert alert.message == "price price_odd of sub_1 maps to no plan: the plan stays starter"


def test_a_price_that_never_mapped_grants_nothing_and_raises_an_alert() -> None:
    odd = known(observed(0, "active", plan=None, price_id="price_odd"))
    assert entitlement([odd], TERMS) == FREE
    assert [alert.message for alert in billing_alerts([odd], "acme", PLANS)] == [
        "price price_odd of sub_1 maps to no plan: no plan is granted"
    ]


def test_two_paid_subscriptions_raise_an_alert_that_names_both() -> None:
    for order in permutations([active("starter"), active("professional", id="sub_2")]):
        (alert,) = billing_alerts(order, "acme", PLANS)
        assert (alert.kind, alert.subscription_ids) == ("several_subscriptions", ("sub_1", "sub_2"))


def test_an_ended_subscription_raises_no_alert() -> None:
    ended = known(observed(1, "deleted", id="sub_2", plan=None))
    assert billing_alerts([active("starter"), ended], "acme", PLANS) == ()


def test_a_renewal_keeps_the_anchor_and_the_plan() -> None:
    renewed = observed(31, "active", period_start=on_day(31), period_end=on_day(61))
    granted = entitlement([known(observed(0, "created"), renewed)], TERMS)
    assert (granted.plan, granted.until, granted.anchor) == ("starter", None, START)


def test_an_end_is_decided_by_the_instant_given() -> None:
    granted = Entitlement(plan="starter", until=datetime.fromisoformat("2026-12-01T00:00:00Z"))
    assert granted.at(datetime.fromisoformat("2026-12-01T01:00:00+02:00")) is granted
    assert granted.at(datetime.fromisoformat("2026-12-01T01:00:00+01:00")) is FREE


def test_b45_a_trial_whose_card_is_declined_at_its_end_has_no_grace() -> None:
    trial: Any = {"trial_start": on_day(0), "trial_end": on_day(7), "created": on_day(0)}
    begun = observed(0, "trialing", period_start=on_day(0), period_end=on_day(7), **trial)
    declined = observed(7.1, "past_due", period_start=on_day(7), period_end=on_day(37), **trial)
    for order in ([begun, declined], [declined, begun]):
        granted = entitlement([known(*order)], TERMS)
        assert plans_over_time(granted, range(6, 10)) == ["starter", "starter", "free", "free"]


def test_b45_after_its_first_payment_a_subscription_has_its_grace() -> None:
    trial: Any = {"trial_start": on_day(0), "trial_end": on_day(7), "created": on_day(0)}
    paid = observed(8, "active", period_start=on_day(7), period_end=on_day(37), **trial)
    renewal = observed(37.1, "past_due", period_start=on_day(37), period_end=on_day(67), **trial)
    upgrade = observed(20, "past_due", period_start=on_day(7), period_end=on_day(37), **trial)
    for failed, last in ((renewal, 44), (upgrade, 26)):
        granted = entitlement([known(paid, failed)], TERMS)
        assert plans_over_time(granted, range(last, last + 2)) == ["starter", "free"]
    # Known only from the API after a lost history: the period says that it was paid before.
    assert entitlement([known(renewal)], TERMS).at(on_day(40)).plan == "starter"
