"""The amounts an event adds, by its category, status, tokens and price."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.amounts import Measures, amounts_of, can_cost
from shared.domain.metering.events import Category, Status
from shared.domain.prices.costs import NO_COST, CostStatus, EventCost
from shared.domain.prices.token_pools import TokenPools

CATEGORIES, STATUSES = get_args(Category), get_args(Status)
POOLS = TokenPools(100, 20, 120)


@pytest.mark.parametrize("status", [None, "ok"])
@pytest.mark.parametrize("category", CATEGORIES)
def test_a_priced_call_counts_by_its_category(category: Category, status: Status | None) -> None:
    calls = {"llm": {"calls": 1}, "tool": {"tool_calls": 1}}.get(category, {})
    tokens = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 100 + 20}
    expected = calls | tokens | {"latency_ms": 350, "cost_nanousd": 72_000}
    assert amounts_of(Measures(category, status, POOLS, 350, EventCost("exact", 72_000))) == expected


@pytest.mark.parametrize("status", ["error", "failed"])
@pytest.mark.parametrize("category", CATEGORIES)
def test_a_failure_is_an_error_of_any_category(category: Category, status: Status) -> None:
    assert amounts_of(Measures(category, status, POOLS, None, EventCost("exact", 1)))["errors"] == 1
    assert amounts_of(Measures(category, status, None, None, NO_COST))["errors"] == 1


@pytest.mark.parametrize("status", ["started", "completed"])
@pytest.mark.parametrize("category", CATEGORIES)
def test_the_start_and_end_of_a_run_add_nothing(category: Category, status: Status) -> None:
    assert amounts_of(Measures(category, status, None, None, NO_COST)) == {}


@pytest.mark.parametrize("status", ["started", "completed", "failed"])
def test_the_start_or_end_of_a_run_that_carries_tokens_is_a_call(status: Status) -> None:
    amounts = amounts_of(Measures("llm", status, POOLS, None, EventCost("exact", 5)))
    assert (amounts["calls"], amounts["total_tokens"]) == (1, 120)


@pytest.mark.parametrize(
    ("category", "status", "pools", "expected"),
    [
        ("llm", None, POOLS, True),
        ("llm", "error", POOLS, True),
        ("tool", None, POOLS, True),
        ("other", "completed", POOLS, True),
        ("llm", None, None, True),
        ("llm", "ok", None, True),
        ("llm", "error", None, False),
        ("llm", "failed", None, False),
        ("llm", "started", None, False),
        ("tool", None, None, False),
        ("storage", "ok", None, False),
    ],
)
def test_tokens_and_model_calls_can_cost(
    category: Category, status: Status | None, pools: TokenPools | None, expected: bool
) -> None:
    assert can_cost(category, status, pools) is expected


@pytest.mark.parametrize("status", get_args(CostStatus))
def test_a_cost_that_is_not_known_is_counted_beside_the_sum(status: CostStatus) -> None:
    amounts = amounts_of(Measures("llm", None, POOLS, None, EventCost(status)))
    counted = {metric for metric in ("unpriced_calls", "incomplete_calls") if metric in amounts}
    expected = {"unknown": {"unpriced_calls"}, "incomplete": {"incomplete_calls"}}
    assert counted == expected.get(status, set())


def test_a_price_of_zero_is_a_price() -> None:
    assert "unpriced_calls" not in amounts_of(Measures("llm", None, POOLS, None, EventCost("exact", 0)))
    assert "cost_nanousd" not in amounts_of(Measures("llm", None, POOLS, None, EventCost("exact", 0)))


@given(
    st.sampled_from(CATEGORIES),
    st.none() | st.sampled_from(STATUSES),
    st.none() | st.builds(TokenPools, *[st.integers(0, 2**53)] * 7),
    st.none() | st.integers(0, 2**53),
    st.builds(
        EventCost, st.none() | st.sampled_from(get_args(CostStatus)), st.none() | st.integers(0, 2**53)
    ),
)
def test_amounts_are_positive_integers_and_complete(
    category: Category,
    status: Status | None,
    pools: TokenPools | None,
    latency_ms: int | None,
    cost: EventCost,
) -> None:
    amounts = amounts_of(Measures(category, status, pools, latency_ms, cost))
    assert all(type(amount) is int and amount > 0 for amount in amounts.values())
    assert amounts.get("latency_ms", 0) == (latency_ms or 0)
    assert amounts.get("cost_nanousd", 0) == (cost.nanousd or 0)
    assert amounts.get("total_tokens", 0) == (pools.total if pools else 0)
    assert amounts.get("cache_write_tokens", 0) == (pools.cache_write if pools else 0)
