"""The cost that the calls of a sum would have at some price. An estimate: a sum does not say what each call was."""

from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from shared.domain.prices.priced_models import PricedModel
from shared.domain.prices.rates import cost_nanousd
from shared.domain.prices.token_pools import TokenPools

ESTIMATED_KINDS: Final = frozenset(
    {"input", "output", "cache_read", "cache_write", "cache_write_5m", "output_reasoning"}
)
"""The kinds of tokens that sums distinguish. All writes to a cache count as those for five minutes."""


class UsageSum(NamedTuple):
    """The tokens of many calls, and how many calls they were."""

    pools: TokenPools
    calls: int


def estimate_nanousd(priced: PricedModel, at: datetime, usage: UsageSum) -> int | None:
    """Return what the calls would cost at the price of `at`; None if their tokens have no price.

    All calls get the price of their mean number of input tokens.
    """
    pools, calls = usage
    mean_input = pools.input // max(calls, 1)
    band = next((each for each in priced.rates_at(at) if mean_input > each.above), None)
    if band is None:
        return None if pools.total else 0
    return cost_nanousd((replace(band, above=-1, request=band.request * calls),), pools)
