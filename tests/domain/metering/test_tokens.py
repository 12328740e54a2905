"""Tests of token counts beyond the golden cases."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from shared.domain.metering.tokens import TokenCounts, normalise
from shared.domain.prices.token_pools import MAX_TOKENS, TokenPools

COUNT = st.integers(0, MAX_TOKENS)
FIELDS = sorted(TokenCounts.model_fields)


class Envelope(BaseModel):
    tokens: TokenCounts


@st.composite
def consistent_pools(draw: st.DrawFn) -> TokenPools:
    """Draw pools that a real call can have, in any proportion."""
    fresh, read, short, long, visible, reasoning = (draw(st.integers(0, 10**9)) for _ in range(6))
    input_, output = fresh + read + short + long, visible + reasoning
    return TokenPools(input_, output, input_ + output, read, short + long, long, reasoning)


def test_a_contradiction_is_reported_at_the_tokens_of_the_event() -> None:
    with pytest.raises(ValidationError) as refusal:
        Envelope.model_validate({"tokens": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 4}})
    problem = refusal.value.errors()[0]
    assert (problem["loc"], problem["type"], problem["ctx"]) == (
        ("tokens",),
        "contradictory_tokens",
        {"field": "total_tokens"},
    )


def test_a_malformed_count_is_reported_at_its_own_field() -> None:
    with pytest.raises(ValidationError) as refusal:
        Envelope.model_validate({"tokens": {"input_tokens": -5}})
    assert refusal.value.errors()[0]["loc"] == ("tokens", "input_tokens")


def test_pools_are_neither_serialised_nor_compared() -> None:
    counts = TokenCounts(input_tokens=500, output_tokens=300)
    assert counts.model_dump(exclude_none=True) == {"input_tokens": 500, "output_tokens": 300}
    assert counts == TokenCounts(input_tokens=500, output_tokens=300)


def test_pools_of_unvalidated_counts_are_computed_on_access() -> None:
    unchecked = TokenCounts.model_construct(prompt_tokens=5, total_tokens=12)
    assert unchecked.pools == TokenPools(5, 12 - 5, 12)


def test_counts_cannot_be_changed_after_validation() -> None:
    counts = TokenCounts(input_tokens=500)
    with pytest.raises(ValidationError, match="frozen"):
        counts.input_tokens = 1


@given(consistent_pools())
def test_every_consistent_set_of_counts_survives_the_round_trip(pools: TokenPools) -> None:
    counts = TokenCounts(
        input_tokens=pools.input,
        output_tokens=pools.output,
        total_tokens=pools.total,
        cache_read_tokens=pools.cache_read,
        cache_write_tokens=pools.cache_write,
        cache_write_1h_tokens=pools.cache_write_1h,
        reasoning_tokens=pools.reasoning,
    )
    assert counts.pools == pools


@given(st.dictionaries(st.sampled_from(FIELDS), st.none() | COUNT | st.integers(0, 9)))
def test_any_counts_give_consistent_pools_or_are_refused(sent: dict[str, Any]) -> None:
    pools = pools_or_code(sent)
    if isinstance(pools, str):
        assert pools in {"contradictory_tokens", "empty_tokens"}
    else:
        assert min(pools) >= 0
        assert pools.cache_read + pools.cache_write <= pools.input
        assert pools.cache_write_1h <= pools.cache_write
        assert pools.reasoning <= pools.output
        assert pools.total == pools.input + pools.output or (pools.input == 0 and pools.output == 0)


def pools_or_code(sent: dict[str, Any]) -> TokenPools | str:
    try:
        return normalise(TokenCounts.model_construct(**sent))
    except PydanticCustomError as refusal:
        return refusal.type
