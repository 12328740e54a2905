"""The most that planned calls can cost: what as many events of that size would cost when they are recorded."""

from datetime import datetime
from typing import NamedTuple

from shared.domain.prices.book_prices import Prices
from shared.domain.prices.catalog import resolve_provider
from shared.domain.prices.token_pools import CallUsage, TokenPools


class PlannedCalls(NamedTuple):
    """So many calls of one model, and the most tokens of each."""

    provider: str
    model: str
    calls: int
    max_input_tokens: int
    max_output_tokens: int


def most_nanousd(planned: PlannedCalls, prices: Prices, at: datetime) -> int | None:
    """Return the most that the calls cost at the prices of `at`; None if a part of that is not known.

    No token counts as read from a cache. Each call is rounded as its event is, so the calls add up to the hold.
    """
    input_, output = planned.max_input_tokens, planned.max_output_tokens
    usage = CallUsage(TokenPools(input_, output, input_ + output))
    price = prices.price_of(resolve_provider(planned.provider), planned.model, at, usage)
    if price.nanousd is None or price.unpriced:
        return None
    return planned.calls * price.nanousd
