"""Tests of limits: the limits and the status of a tenant."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.limits.limits import LimitOverrides, LimitPolicy, LimitStatus, policy_for, status
from shared.domain.limits.metrics import Consumption
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.prices.money import NANOUSD_PER_USD, usd_string
from tests.domain.limits.limit_strategies import NOVEMBER, amounts, consumptions, counts, policies
from tests.plans import FREE, PLANS


def current_status(policy: LimitPolicy, *, tokens: int = 0, runs: int = 0, reserved: int = 0) -> LimitStatus:
    return status(FREE, policy, NOVEMBER, Consumption(tokens, runs, reserved))


@given(policies, consumptions)
def test_a_hard_limit_is_always_a_soft_one_too(policy: LimitPolicy, used: Consumption) -> None:
    reached = status(FREE, policy, NOVEMBER, used)
    assert reached.soft_limit_reached or not reached.hard_limit_reached


@pytest.mark.parametrize(
    ("tokens", "runs", "soft", "hard"),
    [
        (799, 7, False, False),
        (800, 0, True, False),
        (0, 8, True, False),
        (999, 9, True, False),
        (1_000, 0, True, True),
        (0, 10, True, True),
    ],
)
def test_either_metric_reaches_a_threshold_at_its_cap(tokens: int, runs: int, soft: bool, hard: bool) -> None:
    reached = current_status(LimitPolicy(token_limit=1_000, run_limit=10), tokens=tokens, runs=runs)
    assert (reached.soft_limit_reached, reached.hard_limit_reached) == (soft, hard)


@given(policies, consumptions)
def test_what_remains_is_the_cap_less_used_and_reserved_and_never_negative(
    policy: LimitPolicy, used: Consumption
) -> None:
    left = status(FREE, policy, NOVEMBER, used)
    token_cap = policy.token_limit * policy.hard_percent // 100
    cost_cap = policy.cost_limit_nanousd * policy.hard_percent // 100
    is_limited = policy.cost_limit_nanousd < MAX_LIMIT
    cost_left = usd_string(max(0, cost_cap - used.cost_nanousd)) if is_limited else None
    assert left.cost_remaining_usd == cost_left
    assert left.tokens_remaining == max(0, token_cap - used.tokens - used.tokens_held)
    assert left.runs_remaining == max(0, policy.run_limit * policy.hard_percent // 100 - used.runs)


@given(amounts, st.integers(1, 2**53))
def test_a_percentage_is_cut_to_two_decimals_and_never_rounded_up(tokens: int, limit: int) -> None:
    shown = current_status(LimitPolicy(token_limit=limit, run_limit=1), tokens=tokens).token_usage_percent
    assert shown == tokens * 10_000 // limit / 100


@pytest.mark.parametrize(
    ("tokens", "limit", "percent"),
    [
        (0, 3, 0.0),
        (1, 3, 33.33),
        (2, 3, 66.66),
        (3, 3, 100.0),
        (49_999, 50_000, 99.99),
        (65_000, 50_000, 130.0),
    ],
)
def test_a_percentage_of_the_limit(tokens: int, limit: int, percent: float) -> None:
    policy = LimitPolicy(token_limit=limit, run_limit=limit)
    shown = current_status(policy, tokens=tokens, runs=tokens)
    assert (shown.token_usage_percent, shown.run_usage_percent) == (percent, percent)


def test_a_limit_of_zero_is_reached_before_anything_is_used() -> None:
    nothing = current_status(LimitPolicy(token_limit=0, run_limit=0))
    assert (nothing.soft_limit_reached, nothing.hard_limit_reached) == (True, True)
    assert (nothing.token_usage_percent, nothing.run_usage_percent) == (0.0, 0.0)


def test_any_usage_of_a_limit_of_zero_is_100_percent() -> None:
    over = current_status(LimitPolicy(token_limit=0, run_limit=0), tokens=1, runs=7)
    assert (over.token_usage_percent, over.run_usage_percent) == (100.0, 100.0)
    assert (over.tokens_remaining, over.runs_remaining) == (0, 0)


def test_reserved_tokens_reduce_what_remains_but_are_not_used() -> None:
    left = current_status(LimitPolicy(token_limit=100, run_limit=10), tokens=60, reserved=40)
    assert (left.tokens_remaining, left.tokens_held, left.token_usage_percent) == (100 - 60 - 40, 40, 60.0)
    assert (left.soft_limit_reached, left.hard_limit_reached) == (False, False)


def test_the_percentage_refers_to_the_limit_and_the_remainder_to_the_hard_cap() -> None:
    generous = current_status(LimitPolicy(token_limit=100, run_limit=10, hard_percent=150), tokens=120)
    assert (generous.token_usage_percent, generous.tokens_remaining) == (120.0, 100 * 150 // 100 - 120)
    assert (generous.soft_limit_reached, generous.hard_limit_reached) == (True, False)


def test_the_hard_cap_is_rounded_down_and_the_soft_cap_up() -> None:
    policy = LimitPolicy(token_limit=33, run_limit=7, soft_percent=50, hard_percent=90)
    assert (policy.tokens.soft, policy.tokens.hard) == (17, 29)  # 16.5, 29.7
    assert (policy.runs.soft, policy.runs.hard) == (4, 6)  # 3.5, 6.3


def test_the_status_has_exactly_the_agreed_names_in_the_agreed_order() -> None:
    agreed = """plan token_usage_percent run_usage_percent soft_limit_reached hard_limit_reached tokens_used
        runs_used tokens_remaining runs_remaining tokens_held period_start period_resets_at
        cost_used_usd cost_limit_usd cost_remaining_usd cost_usage_percent cost_is_complete cost_held_usd"""
    assert list(LimitStatus.model_fields) == agreed.split()


@pytest.mark.parametrize("plan", PLANS.plans, ids=lambda plan: plan.id)
def test_without_overrides_the_plan_and_the_defaults_apply(plan: Any) -> None:
    policy = policy_for(plan, LimitOverrides(), default_soft_percent=70, default_hard_percent=110)
    assert policy == LimitPolicy(
        token_limit=plan.token_limit,
        run_limit=plan.run_limit,
        soft_percent=70,
        hard_percent=110,
        alert_percents=(50, 70, 80, 90, 100, 110),
        requests_per_minute=plan.requests_per_minute,
    )


@given(counts)
def test_the_cost_that_a_plan_allows_is_the_limit_unless_it_is_overridden(cost: int) -> None:
    plan = replace(FREE, cost_limit_nanousd=5 * NANOUSD_PER_USD)
    for overrides, expected in (
        (LimitOverrides(), 5 * NANOUSD_PER_USD),
        (LimitOverrides(cost_nanousd=cost), cost),
    ):
        assert policy_for(plan, overrides, 80, 100).cost_limit_nanousd == expected


@given(counts, counts, st.integers(1, 1_000), st.integers(1, 1_000))
def test_every_override_replaces_the_plan_and_the_defaults(
    tokens: int, runs: int, soft: int, hard: int
) -> None:
    thresholds: dict[str, Any] = {"soft_percent": soft, "hard_percent": hard, "alert_percents": (7, 33)}
    overrides = LimitOverrides(tokens=tokens, runs=runs, requests_per_minute=7, **thresholds)
    policy = policy_for(FREE, overrides, default_soft_percent=80, default_hard_percent=100)
    assert policy == LimitPolicy(token_limit=tokens, run_limit=runs, requests_per_minute=7, **thresholds)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token_limit", -1),
        ("run_limit", -1),
        ("cost_limit_nanousd", -1),
        ("soft_percent", 0),
        ("hard_percent", 0),
        ("hard_percent", 1_001),
    ],
)
def test_an_invalid_policy_is_refused(field: str, value: int) -> None:
    limits: dict[str, Any] = {"token_limit": 10, "run_limit": 10, field: value}
    with pytest.raises(ValueError, match=f"{field} is {value}"):
        LimitPolicy(**limits)


@pytest.mark.parametrize(
    "overrides",
    [
        {"tokens": -1},
        {"tokens": 2**53 + 1},
        {"tokens": 1.5},
        {"tokens": "5"},
        {"runs": True},
        {"cost_nanousd": 2**53 + 1},
        {"cost_nanousd": "5"},
        {"soft_percent": 0},
        {"hard_percent": 1_001},
        {"token": 5},
        {"alert_percents": tuple(range(1, 12))},
    ],
    ids=str,
)
def test_an_invalid_override_is_refused(overrides: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refusal:
        LimitOverrides.model_validate(overrides)
    assert [error["loc"] for error in refusal.value.errors()] == [tuple(overrides)]


def test_overrides_survive_being_stored() -> None:
    overrides = LimitOverrides(tokens=0, cost_nanousd=5, hard_percent=120)
    stored = overrides.model_dump(exclude_none=True)
    assert stored == {"tokens": 0, "cost_nanousd": 5, "hard_percent": 120}
    assert LimitOverrides.model_validate(stored) == overrides


def test_policies_and_statuses_cannot_be_changed() -> None:
    policy = LimitPolicy(token_limit=10, run_limit=10)
    shown = current_status(policy)
    with pytest.raises(AttributeError):
        policy.token_limit = 99  # type: ignore[misc]
    with pytest.raises(ValidationError):
        shown.tokens_used = 99
    assert (policy.token_limit, shown.tokens_used) == (10, 0)


def test_thresholds_come_from_the_deployment_then_the_plan_then_the_tenant() -> None:
    plan = replace(FREE, soft_percent=60, alert_percents=(75,))
    own = LimitOverrides(soft_percent=50)
    assert policy_for(plan, LimitOverrides(), 80, 100).soft_percent == 60
    assert policy_for(plan, LimitOverrides(), 80, 90).hard_percent == 90
    assert policy_for(plan, LimitOverrides(), 80, 100).alert_percents == (75,)
    assert policy_for(plan, own, 80, 100).soft_percent == 50
    assert policy_for(plan, LimitOverrides(alert_percents=(10,)), 80, 100).alert_percents == (10,)
