"""Tests of rates with prices that a future catalog may have."""

from decimal import Decimal

import pytest
from genai_prices.types import ModelPrice, Tier, TieredPrices

from shared.domain.prices.rates import cost_nanousd, rates_of
from shared.domain.prices.token_pools import TokenPools


def mtok_nanousd(usd: str, tokens: int) -> Decimal:
    """Return the cost of `tokens` at `usd` per million tokens."""
    return Decimal(usd) * tokens * 10**9 / 10**6


def test_short_cache_writes_can_have_a_price_of_their_own() -> None:
    prices = ModelPrice(
        input_mtok=Decimal(4),
        cache_write_mtok=Decimal(5),
        cache_write_5m_mtok=Decimal(6),
        output_mtok=Decimal(9),
    )
    pools = TokenPools(100, 7, 107, 0, 90, 30)
    expected = mtok_nanousd("4", 10) + mtok_nanousd("6", 60) + mtok_nanousd("5", 30) + mtok_nanousd("9", 7)
    assert cost_nanousd(rates_of(prices), pools) == expected


def test_a_pool_without_a_price_has_the_price_of_the_pool_that_includes_it() -> None:
    pools = TokenPools(100, 50, 150, 30, 40, 15, 20)
    flat = rates_of(ModelPrice(input_mtok=Decimal(4), output_mtok=Decimal(9)))
    assert cost_nanousd(flat, pools) == mtok_nanousd("4", 100) + mtok_nanousd("9", 50)


@pytest.mark.parametrize(
    ("tokens", "usd"),
    [(10, "1"), (11, "2"), (20, "2"), (21, "3"), (2**53, "3")],
    ids=lambda value: str(value),
)
def test_the_highest_tier_that_is_crossed_prices_all_tokens(tokens: int, usd: str) -> None:
    tiers = [Tier(start=20, price=Decimal(3)), Tier(start=10, price=Decimal(2))]
    rates = rates_of(ModelPrice(input_mtok=TieredPrices(base=Decimal(1), tiers=tiers)))
    assert cost_nanousd(rates, TokenPools(tokens, 0, tokens)) == mtok_nanousd(usd, tokens)


def test_tiers_of_different_thresholds_apply_each_on_its_own() -> None:
    prices = ModelPrice(
        input_mtok=TieredPrices(base=Decimal(1), tiers=[Tier(start=10, price=Decimal(2))]),
        output_mtok=TieredPrices(base=Decimal(5), tiers=[Tier(start=20, price=Decimal(6))]),
    )
    between, beyond = TokenPools(15, 1, 16), TokenPools(25, 1, 26)
    assert cost_nanousd(rates_of(prices), between) == mtok_nanousd("2", 15) + mtok_nanousd("5", 1)
    assert cost_nanousd(rates_of(prices), beyond) == mtok_nanousd("2", 25) + mtok_nanousd("6", 1)


@pytest.mark.parametrize(("tokens", "nanousd"), [(1, 0), (3, 2), (5, 2), (7, 4)])
def test_half_a_nano_dollar_rounds_to_even_once_for_the_whole_call(tokens: int, nanousd: int) -> None:
    half_a_nano = ModelPrice(input_mtok=Decimal("0.0005"), output_mtok=Decimal("0.0005"))
    assert cost_nanousd(rates_of(half_a_nano), TokenPools(tokens - 1, 1, tokens)) == nanousd


def test_a_direction_without_a_price_is_unknown_only_if_it_has_tokens() -> None:
    only_input = rates_of(ModelPrice(input_mtok=Decimal(1)))
    assert cost_nanousd(only_input, TokenPools(5, 0, 5)) == 5 * 1000
    assert cost_nanousd(only_input, TokenPools(5, 1, 6)) is None


def test_a_price_of_zero_is_a_price() -> None:
    free = rates_of(ModelPrice(input_mtok=Decimal(0), output_mtok=Decimal(0)))
    assert cost_nanousd(free, TokenPools(5, 1, 6)) == 0


def test_a_price_by_the_hour_is_no_price_of_tokens() -> None:
    assert rates_of(ModelPrice(audio_hours=Decimal(3))) == ()
    assert cost_nanousd((), TokenPools(0, 0, 0)) is None
