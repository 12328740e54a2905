"""Tests of the decision whether a request fits the limits of a tenant."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.limits.decisions import Decision, decide
from shared.domain.limits.limits import LimitPolicy, status
from shared.domain.limits.metrics import Consumption, UsageRequest
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.prices.money import nanousd_from_decimal
from tests.domain.limits.limit_strategies import NOVEMBER, amounts, consumptions, counts, policies
from tests.plans import FREE

requested = st.none() | st.integers(0, 400) | counts
requests = st.builds(UsageRequest, requested, requested, requested)
NOTHING = UsageRequest()


def decision(policy: LimitPolicy, used: Consumption, request: UsageRequest = NOTHING) -> Decision:
    return decide(policy, status(FREE, policy, NOVEMBER, used), used, request)


@given(policies, consumptions, requests)
def test_a_decision_says_why_exactly_when_it_denies(
    policy: LimitPolicy, used: Consumption, request: UsageRequest
) -> None:
    decided = decision(policy, used, request)
    assert decided.allowed == (decided.code is None) == (decided.reason is None)


@given(policies, consumptions, requests)
def test_a_decision_allows_exactly_what_fits(
    policy: LimitPolicy, used: Consumption, request: UsageRequest
) -> None:
    def fits(limit: int, taken: int, more: int | None) -> bool:
        cap = limit * policy.hard_percent // 100
        return limit == MAX_LIMIT or (taken < cap and taken + (more or 0) <= cap)

    tokens_fit = fits(policy.token_limit, used.tokens + used.tokens_held, request.tokens)
    runs_fit = fits(policy.run_limit, used.runs, request.runs)
    cost_fits = fits(policy.cost_limit_nanousd, used.cost_nanousd, request.cost_nanousd)
    runs_matter = request == NOTHING or (request.runs is not None and request.runs > 0)
    decided = decision(policy, used, request)
    assert decided.allowed == (tokens_fit and cost_fits and (runs_fit or not runs_matter))


@given(policies, consumptions, st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_using_more_never_turns_a_denial_into_a_permission(
    policy: LimitPolicy, used: Consumption, tokens: int, runs: int, cost: int
) -> None:
    request = UsageRequest(5, 1, 7)
    more = replace(
        used,
        tokens=used.tokens + tokens,
        runs=used.runs + runs,
        cost_nanousd=used.cost_nanousd + cost,
        cost_is_complete=False,
    )
    assert decision(policy, used, request).allowed or not decision(policy, more, request).allowed


@given(policies, amounts)
def test_the_remaining_tokens_may_be_requested_but_not_one_more(policy: LimitPolicy, used: int) -> None:
    policy = replace(policy, token_limit=min(policy.token_limit, MAX_LIMIT - 1), cost_limit_nanousd=MAX_LIMIT)
    asked = Consumption(used, 0)
    remaining = status(FREE, policy, NOVEMBER, asked).tokens_remaining
    assert decision(policy, asked, UsageRequest(tokens=remaining)).allowed == (remaining > 0)
    assert not decision(policy, asked, UsageRequest(tokens=remaining + 1)).allowed


@given(policies, amounts)
def test_the_remaining_cost_may_be_requested_but_not_a_nano_dollar_more(
    policy: LimitPolicy, used: int
) -> None:
    limit = min(policy.cost_limit_nanousd, MAX_LIMIT - 1)
    policy = replace(policy, token_limit=MAX_LIMIT, cost_limit_nanousd=limit)
    asked = Consumption(0, 0, cost_nanousd=used)
    reported = status(FREE, policy, NOVEMBER, asked).cost_remaining_usd
    assert reported is not None
    remaining = nanousd_from_decimal(Decimal(reported))
    assert decision(policy, asked, UsageRequest(cost_nanousd=remaining)).allowed == (remaining > 0)
    assert not decision(policy, asked, UsageRequest(cost_nanousd=remaining + 1)).allowed


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
    assert decision(policy, Consumption(100, 10), UsageRequest(tokens, runs)).allowed is allowed


def test_tokens_are_checked_even_when_only_a_run_is_requested() -> None:
    policy = LimitPolicy(token_limit=1_000, run_limit=10)
    for runs in (0, 1):
        decided = decision(policy, Consumption(1_000, 0), UsageRequest(runs=runs))
        assert decided.code == "token_limit_reached"


@pytest.mark.parametrize(
    "request_of", [UsageRequest(tokens=1), UsageRequest(runs=1), UsageRequest(), UsageRequest(0)]
)
def test_the_cost_is_checked_whatever_is_requested(request_of: UsageRequest) -> None:
    policy = LimitPolicy(token_limit=1_000, run_limit=10, cost_limit_nanousd=7)
    assert decision(policy, Consumption(0, 0, cost_nanousd=7), request_of).code == "cost_limit_reached"


def test_the_last_run_of_a_period_may_go_on_costing() -> None:
    policy = LimitPolicy(token_limit=1_000, run_limit=10, cost_limit_nanousd=7)
    assert decision(policy, Consumption(0, 10), UsageRequest(cost_nanousd=7)).allowed


def test_tokens_are_named_first_when_both_are_used_up() -> None:
    policy = LimitPolicy(token_limit=1_000, run_limit=10)
    assert decision(policy, Consumption(1_000, 10), UsageRequest(1, 1)).code == "token_limit_reached"


def test_reserved_tokens_are_named_in_the_reason_for_a_request_that_no_longer_fits() -> None:
    policy = LimitPolicy(token_limit=1_000, run_limit=10)
    decided = decision(policy, Consumption(400, 0, 500), UsageRequest(tokens=101))
    assert decided.code == "token_limit_exceeded"
    assert decided.reason == (
        "Plan free allows 1,000 tokens per period and 400 are used and 500 reserved, so 101 more would not fit;"
        " it resets at 2026-12-01T00:00:00Z."
    )


def test_one_is_singular_in_the_reason() -> None:
    decided = decision(LimitPolicy(token_limit=1_000, run_limit=1), Consumption(0, 1))
    assert decided.reason == (
        "Plan free allows 1 run per period and 1 is used; it resets at 2026-12-01T00:00:00Z."
    )


@pytest.mark.parametrize("request_of", [{"tokens": -1}, {"tokens": 5, "runs": -1}, {"cost_nanousd": -1}])
def test_a_negative_request_is_refused_rather_than_allowed(request_of: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"(tokens|runs|cost_nanousd) is -1, which is negative"):
        UsageRequest(**request_of)
