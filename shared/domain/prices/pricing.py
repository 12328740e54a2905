"""Prices a call in nano-USD by its provider, model, time and usage; the price may be unknown."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.prices.catalog import (
    MAX_CACHED_NAMES,
    ResolvedProvider,
    catalog_providers,
    catalog_units,
    catalog_version,
)
from shared.domain.prices.money import nanousd_from_decimal
from shared.domain.prices.rates import FREE_RATES, Rates, cost_nanousd, rates_of
from shared.domain.prices.token_pools import CallUsage, TokenPools

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
"""OpenRouter's suffix of free model variants, which the catalog lists without a price."""

EXACT_DIGITS = 60  # 2**53 tokens (16 digits) at a price of 18 decimals, summed, with room to spare


class Cost(NamedTuple):
    """The cost of a call, and its source: `local`, `client`, or the version of the price catalog."""

    nanousd: int
    source: str


LOCAL_COST = Cost(0, "local")


class PricedModel:
    """One model of the catalog, with the integer rates of each of its dated prices."""

    def __init__(self, provider: "Provider", model: "ModelInfo") -> None:
        self.provider = provider
        self.model = model
        self.source = catalog_version()
        # The catalog lives as long as the process, so the identities of its prices are stable keys.
        self._rates = {id(prices): _rates(model, prices) for prices in _every_price(model)}
        self._only_rates = next(iter(self._rates.values())) if len(self._rates) == 1 else None

    def rates_at(self, at: datetime, context: Mapping[str, str] | None = None) -> tuple[Rates, ...]:
        """Return the rates in force at `at`; a `context` may name a service tier with rates of its own."""
        if context and self.model.price_variants:
            return _rates(self.model, self.prices_at(at, context))
        if self._only_rates is not None:
            return self._only_rates
        return self._rates[id(self.model.get_prices(at))]

    def prices_at(self, at: datetime, context: Mapping[str, str]) -> "ModelPrice":
        """Return the prices in force at `at`; variants exist only at the model's own provider, not at resellers."""
        is_own = any(self.model is model for model in self.provider.models)
        return self.model.get_prices(at, context if is_own else None)


def cost_of(provider: ResolvedProvider, model: str, at: datetime, usage: CallUsage) -> Cost | None:
    """Return the cost of a call made at `at`; None, never 0, if its price is unknown.

    A price is unknown if the catalog lacks the model or a price for some of its tokens or units, or if only the
    total is known and not its input and output.
    """
    if provider.name in LOCAL_PROVIDERS:
        return LOCAL_COST
    pools = usage.pools
    priced = _priced_model(provider, model)
    if priced is None or pools.total != pools.input + pools.output:
        return None
    if usage.other_units:
        nanousd = _cost_by_library(priced, at, usage)
    else:
        nanousd = cost_nanousd(priced.rates_at(at, usage.price_context), pools)
    return None if nanousd is None else Cost(nanousd, priced.source)


@lru_cache(maxsize=MAX_CACHED_NAMES)
def _priced_model(provider: ResolvedProvider, name: str) -> PricedModel | None:
    """Return the model that a caller names. The catalog's own search is not used: its caches are unbounded."""
    seller = provider.listed
    model = seller.find_model(name, all_providers=catalog_providers()) if seller else None
    return PricedModel(seller, model) if seller and model and model.prices else None


def _every_price(model: "ModelInfo") -> "Iterable[ModelPrice]":
    if isinstance(model.prices, list):
        return [dated.prices for dated in model.prices]
    return [model.prices]


def _rates(model: "ModelInfo", prices: "ModelPrice") -> tuple[Rates, ...]:
    if not vars(prices) and model.id.endswith(FREE_MODEL_SUFFIX):
        return FREE_RATES
    return rates_of(prices)


def _cost_by_library(priced: PricedModel, at: datetime, usage: CallUsage) -> int | None:
    from genai_prices.types import Usage

    counts = _counts_by_name(usage.pools) | dict(usage.other_units)
    if not _has_price_for_each(priced.prices_at(at, usage.price_context), counts):
        return None
    try:
        with localcontext(prec=EXACT_DIGITS):
            price = priced.model.calc_price(
                Usage(**counts),
                priced.provider,
                genai_request_timestamp=at,
                price_context=usage.price_context,
            )
    except ValueError:  # the units contradict each other, or the prices do not cover how they overlap
        return None
    return nanousd_from_decimal(price.total_price)


def _counts_by_name(pools: TokenPools) -> dict[str, int]:
    """Return all pools by the library's names, even zeros: the library takes an absent unit for unknown."""
    return {
        "input_tokens": pools.input,
        "output_tokens": pools.output,
        "cache_read_tokens": pools.cache_read,
        "cache_write_tokens": pools.cache_write,
        "cache_write_5m_tokens": pools.cache_write - pools.cache_write_1h,
        "cache_write_1h_tokens": pools.cache_write_1h,
        "output_reasoning_tokens": pools.reasoning,
    }


def _has_price_for_each(prices: "ModelPrice", counts: Mapping[str, int]) -> bool:
    registry = catalog_units()
    for usage_key, count in counts.items():
        unit = registry.units.get(usage_key)
        if unit is None:
            return False
        wider = (registry.units[key] for key in registry.ancestor_usage_keys(usage_key))
        if count and all(getattr(prices, each.price_key) is None for each in (unit, *wider)):
            return False
    return True
