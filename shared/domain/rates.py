"""Owns the arithmetic of token prices: one dated price as integer rates, exact for every price there is."""

from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.money import divide_half_even
from shared.domain.tokens import TokenPools

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice, TieredPrices

NANOUSD_PER_TOKEN = Fraction(10**9, 10**6)  # of a price in USD per million tokens
NANOUSD_PER_REQUEST = Fraction(10**9, 10**3)  # of a price in USD per thousand requests


class Rates(NamedTuple):
    """What each pool costs, in `1 / divisor` nano-USD, in calls of more than `above` input tokens."""

    above: int
    divisor: int
    prices_input: bool
    prices_output: bool
    input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int
    request: int


FREE_RATES = (Rates(-1, 1, True, True, 0, 0, 0, 0, 0, 0, 0),)


def rates_of(prices: "ModelPrice") -> tuple[Rates, ...]:
    """The rates of a dated price, highest band first; empty if it has no price for any token.

    Crossing a tier's threshold prices all tokens of the call at that tier. A pool without its own price
    costs what the pool around it costs, as in genai-prices.
    """
    if prices.input_mtok is None and prices.output_mtok is None:
        return ()
    starts = {tier.start for price in vars(prices).values() for tier in getattr(price, "tiers", ())}
    return tuple(_band(prices, above) for above in (*sorted(starts, reverse=True), -1))


def cost_nanousd(bands: tuple[Rates, ...], pools: TokenPools) -> int | None:
    """What `pools` cost by the band they fall in, rounded once, half to even; None if a price is missing."""
    input_, output, _, cache_read, cache_write, cache_write_1h, reasoning = pools
    for rates in bands:
        if input_ > rates.above:
            break
    else:
        return None
    if (input_ and not rates.prices_input) or (output and not rates.prices_output):
        return None
    amount = (
        (input_ - cache_read - cache_write) * rates.input
        + cache_read * rates.cache_read
        + (cache_write - cache_write_1h) * rates.cache_write_5m
        + cache_write_1h * rates.cache_write_1h
        + (output - reasoning) * rates.output
        + reasoning * rates.reasoning
        + rates.request
    )
    return amount if rates.divisor == 1 else divide_half_even(amount, rates.divisor)


def _band(prices: "ModelPrice", above: int) -> Rates:
    input_, output, cache_write = prices.input_mtok, prices.output_mtok, prices.cache_write_mtok
    per_token = (
        _first(above, input_),
        _first(above, prices.cache_read_mtok, input_),
        _first(above, prices.cache_write_5m_mtok, cache_write, input_),
        _first(above, prices.cache_write_1h_mtok, cache_write, input_),
        _first(above, output),
        _first(above, prices.output_reasoning_mtok, output),
    )
    exact = [price * NANOUSD_PER_TOKEN for price in per_token]
    exact.append(_first(above, prices.requests_kcount) * NANOUSD_PER_REQUEST)
    divisor = lcm(*(rate.denominator for rate in exact))
    whole = [int(rate * divisor) for rate in exact]
    return Rates(above, divisor, input_ is not None, output is not None, *whole)


def _first(above: int, *prices: "Decimal | TieredPrices | None") -> Fraction:
    """The first price that there is, at the tier for calls of more than `above` input tokens; else 0."""
    for price in prices:
        if price is not None:
            return Fraction(price if isinstance(price, Decimal) else _tier_price(price, above))
    return Fraction(0)


def _tier_price(price: "TieredPrices", above: int) -> Decimal:
    reached = [tier.price for tier in price.tiers if tier.start <= above]
    return reached[-1] if reached else price.base
