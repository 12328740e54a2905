"""Grants by hand: what they add to the limits of a plan, and what they leave alone."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.periods import period_at
from shared.domain.limits.decisions import decide
from shared.domain.limits.entitlement import Entitlement
from shared.domain.limits.grants import Grant, raised_plan
from shared.domain.limits.limits import LimitOverrides, LimitPolicy, status
from shared.domain.limits.metrics import Consumption, UsageRequest
from shared.domain.limits.plans import MAX_LIMIT, Plan
from shared.domain.people.tenants import Tenant
from shared.usecases.limits.check_limits import plan_of
from tests.plans import FREE, PLANS, THRESHOLDS
from tests.sample_events import NOON

ACME = Tenant(id="acme", name="Acme", plan="free", created_at=NOON)
HOUR = timedelta(hours=1)

plans = st.sampled_from(PLANS.plans)
amounts = st.integers(1, MAX_LIMIT) | st.integers(1, 1_000)
ends = st.none() | st.integers(-3, 3).map(lambda hours: NOON + hours * HOUR)
gifts = (
    plans.map(lambda plan: {"plan": plan.id})
    | amounts.map(lambda tokens: {"tokens": tokens})
    | amounts.map(lambda runs: {"runs": runs})
)
instants = st.integers(-5, 5).map(lambda hours: NOON + hours * HOUR)
overrides = st.builds(LimitOverrides, tokens=st.none() | amounts, runs=st.none() | amounts)


def grant(number: int = 0, until: datetime | None = None, **gift: object) -> Grant:
    fields: dict[str, object] = {"id": f"gr_{number}", "reason": "pilot", "granted_at": NOON - 9 * HOUR}
    return Grant(**fields, until=until, **gift)  # type: ignore[arg-type]  # plain words for typed ones


@st.composite
def granted(draw: st.DrawFn) -> tuple[Grant, ...]:
    drawn = draw(st.lists(st.tuples(gifts, ends), max_size=6))
    return tuple(grant(number, until, **gift) for number, (gift, until) in enumerate(drawn))


def limits_of(tenant: Tenant, now: datetime = NOON) -> LimitPolicy:
    policy = THRESHOLDS.policy_of(tenant.at(now))
    assert policy is not None
    return policy


def valid(grants: Collection[Grant], now: datetime) -> list[Grant]:
    return [each for each in grants if each.until is None or now < each.until]


@given(plans, granted(), instants)
def test_limits_are_never_below_the_plan_or_any_grant(
    plan: Plan, grants: tuple[Grant, ...], now: datetime
) -> None:
    policy = limits_of(replace(ACME, plan=plan.id, grants=grants), now)
    current = valid(grants, now)
    named = [found for each in current if each.plan and (found := PLANS.find(each.plan))]
    tokens, runs = sum(each.tokens or 0 for each in current), sum(each.runs or 0 for each in current)
    for source in (plan, *named):
        assert policy.token_limit >= min(source.token_limit + tokens, MAX_LIMIT)
        assert policy.run_limit >= min(source.run_limit + runs, MAX_LIMIT)
        assert policy.requests_per_minute >= source.requests_per_minute


@given(plans, granted(), overrides, instants)
def test_limits_are_those_of_one_source_with_the_granted_amounts_and_no_more(
    plan: Plan, grants: tuple[Grant, ...], own: LimitOverrides, now: datetime
) -> None:
    policy = limits_of(replace(ACME, plan=plan.id, grants=grants, overrides=own), now)
    current = valid(grants, now)
    sources = [plan, *(found for each in current if each.plan and (found := PLANS.find(each.plan)))]
    tokens = max(each.token_limit for each in sources) if own.tokens is None else own.tokens
    runs = max(each.run_limit for each in sources) if own.runs is None else own.runs
    assert policy.token_limit == min(tokens + sum(each.tokens or 0 for each in current), MAX_LIMIT)
    assert policy.run_limit == min(runs + sum(each.runs or 0 for each in current), MAX_LIMIT)


@given(plans, granted().flatmap(lambda each: st.tuples(st.just(each), st.permutations(each))), instants)
def test_the_order_of_grants_does_not_matter(
    plan: Plan, orders: tuple[tuple[Grant, ...], list[Grant]], now: datetime
) -> None:
    for plan_id in (plan.id, "gone"):
        one, other = (replace(ACME, plan=plan_id, grants=tuple(order)).at(now) for order in orders)
        assert plan_of(one, PLANS) == plan_of(other, PLANS)
        assert THRESHOLDS.policy_of(one) == THRESHOLDS.policy_of(other)


entitlements = st.none() | st.builds(
    Entitlement,
    plan=plans.map(lambda plan: plan.id),
    until=ends,
    anchor=st.none() | instants,
    then=st.none() | st.builds(Entitlement, plan=plans.map(lambda plan: plan.id), anchor=instants),
)


@given(entitlements, st.none() | instants, granted(), instants)
def test_a_grant_never_changes_the_anchor_the_plan_or_the_period(
    entitlement: Entitlement | None, anchor: datetime | None, grants: tuple[Grant, ...], now: datetime
) -> None:
    without = replace(ACME, anchor=anchor, entitlement=entitlement)
    one, other = without.at(now), replace(without, grants=grants).at(now)
    assert (one.anchor, one.plan, one.entitlement) == (other.anchor, other.plan, other.entitlement)
    assert period_at(one.anchor, now) == period_at(other.anchor, now)
    assert other.grants == tuple(valid(grants, now))


def test_a_grant_ends_at_its_instant_by_itself() -> None:
    tenant = replace(ACME, grants=(grant(until=NOON, tokens=7),))
    before = NOON - timedelta(microseconds=1)
    assert limits_of(tenant, before).token_limit == FREE.token_limit + 7
    assert limits_of(tenant, NOON) == limits_of(ACME, NOON)
    assert tenant.at(before) is tenant
    assert tenant.at(NOON).grants == ()


def test_a_grant_raises_a_plan_that_is_not_in_the_catalog_and_is_not_lost_with_it() -> None:
    gone = replace(ACME, plan="gone", grants=(grant(0, plan="starter"), grant(1, runs=5)))
    policy = limits_of(gone)
    assert (policy.token_limit, policy.run_limit) == (500_000, 100 + 5)
    assert THRESHOLDS.policy_of(replace(gone, grants=(grant(1, runs=5),))) is None


def test_a_granted_plan_without_a_limit_of_the_cost_lifts_that_of_the_paid_plan() -> None:
    raised = raised_plan(replace(FREE, cost_limit_nanousd=5), [grant(0, plan="starter")], PLANS)
    assert raised is not None
    assert (raised.id, raised.cost_limit_nanousd) == ("free", MAX_LIMIT)


def test_a_refusal_says_that_grants_are_part_of_the_limit() -> None:
    policy = limits_of(replace(ACME, grants=(grant(tokens=10_000),)))
    november = period_at(None, datetime.fromisoformat("2026-11-22T00:00:00Z"))
    used = Consumption(60_000, 1)
    current = status(FREE, policy, november, used)
    decision = decide(policy, current, used, UsageRequest(tokens=1))
    assert decision.reason == (
        "Plan free with its grants allows 60,000 tokens per period and 60,000 are used; "
        "it resets at 2026-12-01T00:00:00Z."
    )


@pytest.mark.parametrize("own", [0, 20_000, MAX_LIMIT])
def test_a_limit_of_the_tenants_own_replaces_that_of_a_granted_plan_and_gets_granted_tokens_added(
    own: int,
) -> None:
    grants = (grant(0, plan="enterprise"), grant(1, tokens=500))
    policy = limits_of(replace(ACME, overrides=LimitOverrides(tokens=own), grants=grants))
    assert policy.token_limit == min(own + 500, MAX_LIMIT)
    assert policy.run_limit == 2_000
