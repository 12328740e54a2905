"""The exact arithmetic of token prices: a dated price of the catalog as integer rates."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from shared.domain.prices.money import divide_half_even
from shared.domain.prices.token_pools import TokenPools

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice, TieredPrices

NANOUSD_PER_TOKEN = Fraction(10**9, 10**6)  # at 1 USD per million tokens
NANOUSD_PER_REQUEST = Fraction(10**9, 10**3)  # at 1 USD per thousand requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The price per token of each pool in `1 / divisor` nano-USD, for calls with more than `above` input tokens."""

    above: int = -1
    divisor: int = 1
    prices_input: bool = True
    prices_output: bool = True
    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    reasoning: int = 0
    request: int = 0


FREE_RATES = (Rates(),)


def rates_of(prices: "ModelPrice") -> tuple[Rates, ...]:
    """Return the rates of a dated price, highest tier first; empty if it prices no tokens.

    Beyond a tier's threshold, all tokens of the call are priced at that tier. A pool without its own price has
    the price of the pool that includes it, as in genai-prices.
    """
    if prices.input_mtok is None and prices.output_mtok is None:
        return ()
    starts = {tier.start for price in vars(prices).values() for tier in getattr(price, "tiers", ())}
    return tuple(_band(prices, above) for above in (*sorted(starts, reverse=True), -1))


def cost_nanousd(bands: tuple[Rates, ...], pools: TokenPools) -> int | None:
    """Return the cost of `pools` at their tier, rounded once, half to even; None if a price is missing."""
    input_, output, _, cache_read, cache_write, cache_write_1h, reasoning = pools
    for rates in bands:
        if input_ > rates.above:
            break
    else:
        return None
    if (input_ and not rates.prices_input) or (output and not rates.prices_output):
        return None
    uncached = input_ - cache_read - cache_write
    if uncached < 0:  # what was written had been read: some gateways count these tokens in both
        uncached = input_ - max(cache_read, cache_write)
    amount = (
        uncached * rates.input
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
    usd_mtok = {
        "input": _first(above, input_),
        "cache_read": _first(above, prices.cache_read_mtok, input_),
        "cache_write_5m": _first(above, prices.cache_write_5m_mtok, cache_write, input_),
        "cache_write_1h": _first(above, prices.cache_write_1h_mtok, cache_write, input_),
        "output": _first(above, output),
        "reasoning": _first(above, prices.output_reasoning_mtok, output),
    }
    nanousd = {pool: usd * NANOUSD_PER_TOKEN for pool, usd in usd_mtok.items()}
    nanousd["request"] = _first(above, prices.requests_kcount) * NANOUSD_PER_REQUEST
    divisor = lcm(*(rate.denominator for rate in nanousd.values()))
    return Rates(
        above=above,
        divisor=divisor,
        prices_input=input_ is not None,
        prices_output=output is not None,
        **{pool: int(rate * divisor) for pool, rate in nanousd.items()},
    )


def _first(above: int, *prices: "Decimal | TieredPrices | None") -> Fraction:
    """Return the first price that is given, at the tier for more than `above` input tokens; 0 if there is none."""
    for price in prices:
        if price is not None:
            return Fraction(price if isinstance(price, Decimal) else _tier_price(price, above))
    return Fraction(0)


def _tier_price(price: "TieredPrices", above: int) -> Decimal:
    reached = [tier.price for tier in price.tiers if tier.start <= above]
    return reached[-1] if reached else price.base
