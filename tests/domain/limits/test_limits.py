"""Tests of limits: the status of a tenant, and the decision on a request."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.ledger.periods import period_at
from shared.domain.limits.limits import (
    Consumption,
    Decision,
    LimitOverrides,
    LimitPolicy,
    LimitStatus,
    decide,
    policy_for,
    status,
)
from tests.plans import FREE, PLANS

NOVEMBER = period_at(None, datetime(2026, 11, 22, tzinfo=UTC))

counts = st.integers(0, 2**53)
policies = st.builds(
    LimitPolicy,
    token_limit=counts | st.integers(0, 300),
    run_limit=counts | st.integers(0, 300),
    soft_percent=st.integers(1, 200),
    hard_percent=st.integers(1, 200),
)
amounts = counts | st.integers(0, 400)
consumptions = st.builds(Consumption, amounts, amounts, amounts)
requested = st.none() | st.integers(0, 400) | counts


def current_status(policy: LimitPolicy, *, tokens: int = 0, runs: int = 0, reserved: int = 0) -> LimitStatus:
    return status(FREE, policy, NOVEMBER, Consumption(tokens, runs, reserved))


def decision(
    policy: LimitPolicy, used: tuple[int, int], tokens: int | None = None, runs: int | None = None
) -> Decision:
    return decide(policy, status(FREE, policy, NOVEMBER, Consumption(*used)), tokens=tokens, runs=runs)


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
    assert (policy.soft_token_cap, policy.hard_token_cap) == (17, 29)  # 16.5, 29.7
    assert (policy.soft_run_cap, policy.hard_run_cap) == (4, 6)  # 3.5, 6.3


def test_the_status_has_exactly_the_agreed_names_in_the_agreed_order() -> None:
    agreed = """plan token_usage_percent run_usage_percent soft_limit_reached hard_limit_reached tokens_used
        runs_used tokens_remaining runs_remaining tokens_held period_start period_resets_at"""
    assert list(LimitStatus.model_fields) == agreed.split()


@given(policies, consumptions, requested, requested)
def test_a_decision_says_why_exactly_when_it_denies(
    policy: LimitPolicy, used: Consumption, tokens: int | None, runs: int | None
) -> None:
    decided = decide(policy, status(FREE, policy, NOVEMBER, used), tokens, runs)
    assert decided.allowed == (decided.code is None) == (decided.reason is None)


@given(policies, consumptions, requested, requested)
def test_a_decision_allows_exactly_what_fits(
    policy: LimitPolicy, used: Consumption, tokens: int | None, runs: int | None
) -> None:
    token_cap, taken = policy.token_limit * policy.hard_percent // 100, used.tokens + used.tokens_held
    run_cap = policy.run_limit * policy.hard_percent // 100
    tokens_fit = taken < token_cap and taken + (tokens or 0) <= token_cap
    runs_fit = used.runs < run_cap and used.runs + (runs or 0) <= run_cap
    runs_matter = runs is not None and runs > 0 if (tokens, runs) != (None, None) else True
    decided = decide(policy, status(FREE, policy, NOVEMBER, used), tokens, runs)
    assert decided.allowed == (tokens_fit and (runs_fit or not runs_matter))


@given(policies, consumptions, st.integers(0, 400), st.integers(0, 400))
def test_using_more_never_turns_a_denial_into_a_permission(
    policy: LimitPolicy, used: Consumption, more_tokens: int, more_runs: int
) -> None:
    before = decision(policy, (used.tokens, used.runs), 5, 1)
    after = decision(policy, (used.tokens + more_tokens, used.runs + more_runs), 5, 1)
    assert before.allowed or not after.allowed


@given(policies, amounts)
def test_the_remaining_tokens_may_be_requested_but_not_one_more(
    policy: LimitPolicy, tokens_used: int
) -> None:
    remaining = current_status(policy, tokens=tokens_used).tokens_remaining
    assert decision(policy, (tokens_used, 0), tokens=remaining).allowed == (remaining > 0)
    assert not decision(policy, (tokens_used, 0), tokens=remaining + 1).allowed


@pytest.mark.parametrize(
    ("tokens", "runs", "allowed"),
    [
        (None, None, False),
        (None, 1, False),
        (500, 1, False),
        (500, None, True),
        (0, None, True),
        (None, 0, True),
    ],
)
def test_the_last_run_of_a_period_may_go_on_using_tokens(
    tokens: int | None, runs: int | None, allowed: bool
) -> None:
    policy = LimitPolicy(token_limit=1_000, run_limit=10)
    assert decision(policy, (100, 10), tokens, runs).allowed is allowed


def test_tokens_are_checked_even_when_only_a_run_is_requested() -> None:
    policy = LimitPolicy(token_limit=1_000, run_limit=10)
    assert decision(policy, (1_000, 0), runs=1).code == "token_limit_reached"
    assert decision(policy, (1_000, 0), runs=0).code == "token_limit_reached"


def test_tokens_are_named_first_when_both_are_used_up() -> None:
    policy = LimitPolicy(token_limit=1_000, run_limit=10)
    assert decision(policy, (1_000, 10), tokens=1, runs=1).code == "token_limit_reached"


def test_reserved_tokens_are_named_in_the_reason_for_a_request_that_no_longer_fits() -> None:
    policy = LimitPolicy(token_limit=1_000, run_limit=10)
    decided = decide(policy, current_status(policy, tokens=400, reserved=500), tokens=101)
    assert decided.code == "token_limit_exceeded"
    assert decided.reason == (
        "Plan free allows 1,000 tokens per period and 400 are used and 500 reserved, so 101 more would not fit;"
        " it resets at 2026-12-01T00:00:00Z."
    )


def test_one_is_singular_in_the_reason() -> None:
    decided = decision(LimitPolicy(token_limit=1_000, run_limit=1), (0, 1))
    assert decided.reason == (
        "Plan free allows 1 run per period and 1 is used; it resets at 2026-12-01T00:00:00Z."
    )


@pytest.mark.parametrize("request_of", [{"tokens": -1}, {"runs": -1}, {"tokens": 5, "runs": -1}])
def test_a_negative_request_is_refused_rather_than_allowed(request_of: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"(tokens|runs) is -1, which is negative"):
        decision(LimitPolicy(token_limit=10, run_limit=10), (0, 0), **request_of)


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
    overrides = LimitOverrides(tokens=0, hard_percent=120)
    stored = overrides.model_dump(exclude_none=True)
    assert stored == {"tokens": 0, "hard_percent": 120}
    assert LimitOverrides.model_validate(stored) == overrides


def test_policies_statuses_and_decisions_cannot_be_changed() -> None:
    policy = LimitPolicy(token_limit=10, run_limit=10)
    shown = current_status(policy)
    with pytest.raises(AttributeError):
        policy.token_limit = 99  # type: ignore[misc]
    with pytest.raises(ValidationError):
        shown.tokens_used = 99
    with pytest.raises(AttributeError):
        decide(policy, shown).allowed = False  # type: ignore[misc]
    assert (policy.token_limit, shown.tokens_used, decide(policy, shown).allowed) == (10, 0, True)
