"""Owns what a call cost: its provider, model, time and tokens as nano-USD, or as an unknown price."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import localcontext
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.catalog import catalog_providers, catalog_units, catalog_version, find_provider
from shared.domain.money import nanousd_from_decimal
from shared.domain.rates import FREE_RATES, Rates, cost_nanousd, rates_of
from shared.domain.tokens import TokenPools

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

LOCAL_PROVIDERS: Final = frozenset(
    {
        *("ollama", "vllm", "sglang", "tgi", "text-generation-inference", "localai"),
        *("llama.cpp", "llama-cpp", "llamacpp", "llamafile", "lm-studio", "lm_studio", "lmstudio", "mlx"),
    }
)
"""Servers that run a model on the caller's own machines: no tokens are bought, so each call costs 0."""

FREE_MODEL_SUFFIX = ":free"
"""OpenRouter's mark of a model variant that costs nothing; the catalog lists these without any price."""

MAX_CACHED_MODELS = 4096
"""Names come from callers: an unbounded cache would be theirs to fill."""

NO_OTHER_UNITS: Mapping[str, int] = MappingProxyType({})
NO_PRICE_CONTEXT: Mapping[str, str] = MappingProxyType({})
EXACT_DIGITS = 60  # 2**53 tokens (16 digits) at a price of 18 decimals, summed, and room to spare


class Cost(NamedTuple):
    """What a call cost, and who says so: `local`, or the version of the catalog that priced it."""

    nanousd: int
    source: str


LOCAL_COST = Cost(0, "local")


class PricedModel:
    """One model of the catalog, with the integer rates of each of its dated prices."""

    def __init__(self, provider: "Provider", model: "ModelInfo") -> None:
        self.provider = provider
        self.model = model
        self.source = catalog_version()
        # The catalog keeps its prices as long as the process lives, so their identities are stable keys.
        self._rates = {id(prices): _rates(model, prices) for prices in _every_price(model)}
        self._only_rates = next(iter(self._rates.values())) if len(self._rates) == 1 else None

    def rates_at(self, at: datetime, context: Mapping[str, str] = NO_PRICE_CONTEXT) -> tuple[Rates, ...]:
        """The rates in force at `at`; a `context` may name a service tier that has its own."""
        if context and self.model.price_variants:
            return _rates(self.model, self.prices_at(at, context))
        if self._only_rates is not None:
            return self._only_rates
        return self._rates[id(self.model.get_prices(at))]

    def prices_at(self, at: datetime, context: Mapping[str, str]) -> "ModelPrice":
        """The catalog's prices in force; variants are the provider's own, not those of who resells its model."""
        is_own = any(self.model is model for model in self.provider.models)
        return self.model.get_prices(at, context if is_own else None)


def cost_of(
    provider: str,
    model: str,
    at: datetime,
    pools: TokenPools,
    other_units: Mapping[str, int] = NO_OTHER_UNITS,
    price_context: Mapping[str, str] = NO_PRICE_CONTEXT,
) -> Cost | None:
    """What a call made at `at` cost, or None if its price is unknown; unknown is never 0.

    Unknown are: a model that the catalog does not have, tokens or units it has no price for, and a total
    whose split into input and output is not known. `other_units` are usage keys of genai-prices, such as
    `input_audio_tokens` (a part of the input) or `web_searches` (on top of it); `price_context` says at which
    of a model's prices the call was served, such as `{"service_tier": "flex"}`.
    """
    if _is_local(provider):
        return LOCAL_COST
    priced = _resolve(provider, model)
    if priced is None or pools.total != pools.input + pools.output:
        return None
    if other_units:
        nanousd = _cost_by_library(priced, at, pools, other_units, price_context)
    else:
        nanousd = cost_nanousd(priced.rates_at(at, price_context), pools)
    return None if nanousd is None else Cost(nanousd, priced.source)


@lru_cache(maxsize=MAX_CACHED_MODELS)
def _is_local(provider: str) -> bool:
    return provider.strip().lower() in LOCAL_PROVIDERS


@lru_cache(maxsize=MAX_CACHED_MODELS)
def _resolve(provider: str, model: str) -> PricedModel | None:
    """The catalog's model for a caller's names; not by its own lookup, whose caches have no bound."""
    found = find_provider(provider)
    known = found.find_model(model, all_providers=catalog_providers()) if found else None
    return PricedModel(found, known) if found and known and known.prices else None


def _every_price(model: "ModelInfo") -> "Iterable[ModelPrice]":
    if isinstance(model.prices, list):
        return [dated.prices for dated in model.prices]
    return [model.prices]


def _rates(model: "ModelInfo", prices: "ModelPrice") -> tuple[Rates, ...]:
    if not vars(prices) and model.id.endswith(FREE_MODEL_SUFFIX):
        return FREE_RATES
    return rates_of(prices)


def _cost_by_library(
    priced: PricedModel,
    at: datetime,
    pools: TokenPools,
    other_units: Mapping[str, int],
    context: Mapping[str, str],
) -> int | None:
    from genai_prices.types import Usage

    usage = _usage(pools) | dict(other_units)
    if not _has_price_for_each(priced.prices_at(at, context), usage):
        return None
    try:
        with localcontext(prec=EXACT_DIGITS):
            price = priced.model.calc_price(
                Usage(**usage), priced.provider, genai_request_timestamp=at, price_context=context
            )
    except ValueError:  # the units contradict each other, or the prices do not cover how they overlap
        return None
    return nanousd_from_decimal(price.total_price)


def _usage(pools: TokenPools) -> dict[str, int]:
    """The pools under the library's names. It takes an absent unit for unknown, and a 0 for none."""
    return {
        "input_tokens": pools.input,
        "output_tokens": pools.output,
        "cache_read_tokens": pools.cache_read,
        "cache_write_tokens": pools.cache_write,
        "cache_write_5m_tokens": pools.cache_write - pools.cache_write_1h,
        "cache_write_1h_tokens": pools.cache_write_1h,
        "output_reasoning_tokens": pools.reasoning,
    }


def _has_price_for_each(prices: "ModelPrice", usage: Mapping[str, int]) -> bool:
    registry = catalog_units()
    for usage_key, count in usage.items():
        unit = registry.units.get(usage_key)
        if unit is None:
            return False
        wider = (registry.units[key] for key in registry.ancestor_usage_keys(usage_key))
        if count and all(getattr(prices, each.price_key) is None for each in (unit, *wider)):
            return False
    return True
