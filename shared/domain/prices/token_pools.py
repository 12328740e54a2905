"""The seven token pools that are counted and priced, and the usage of one call."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple

MAX_TOKENS: Final = 2**53
"""Largest accepted count: beyond it a JSON number is no longer exact in every client."""


class TokenPools(NamedTuple):
    """Normalised token counts of one call.

    `input` includes the cached tokens, `output` includes the reasoning tokens, and `cache_write` includes
    `cache_write_1h`. `input` and `output` are both 0 with a positive `total` when only the total is known.
    """

    input: int
    output: int
    total: int
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0


NO_TOKENS: Final = TokenPools(0, 0, 0)


class CallUsage(NamedTuple):
    """The usage of one call, and the context that selects its price.

    `other_units` are usage keys of genai-prices, such as `input_audio_tokens` (a part of the input) or
    `web_searches` (on top of it); `price_context` selects one of a model's prices: `{"service_tier": "flex"}`.
    """

    pools: TokenPools
    other_units: Mapping[str, int | Decimal] = MappingProxyType({})
    price_context: Mapping[str, str] = MappingProxyType({})
    model: str | None = None
    """The model that was called; None if it is the event's own."""
