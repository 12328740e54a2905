"""Prices a call in nano-USD by its provider, model, time and usage, and names what has no price."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.prices.catalog import (
    MAX_CACHED_NAMES,
    ResolvedProvider,
    catalog_providers,
    catalog_units,
    catalog_version,
    resolve_provider,
)
from shared.domain.prices.costs import LOCAL_PRICE
from shared.domain.prices.models import NamedModel, find_model
from shared.domain.prices.money import nanousd_from_decimal
from shared.domain.prices.providers import CLOUD_SUFFIXES, GATEWAYS, LOCAL_PROVIDERS
from shared.domain.prices.rates import FREE_RATES, Rates, cost_nanousd, rates_of
from shared.domain.prices.token_pools import CallUsage, TokenPools

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, PriceVariant, Provider

FREE_MODEL_SUFFIX = ":free"
"""OpenRouter's suffix of free model variants, which the catalog lists without a price."""

EXACT_DIGITS = 60  # 2**53 tokens (16 digits) at a price of 18 decimals, summed, with room to spare


class Price(NamedTuple):
    """The price of a call: in nano-USD, or None if nothing of it is known."""

    nanousd: int | None
    source: str | None = None
    """`local`, or the version of the price catalog."""
    unpriced: tuple[str, ...] = ()
    """The units and the properties of the call that have no price of their own."""


UNKNOWN_PRICE: Final = Price(None)
LOCAL: Final = Price(0, LOCAL_PRICE)


class PricedModel:
    """One model of the catalog, with the integer rates of each of its dated prices."""

    def __init__(self, provider: "Provider", model: "ModelInfo", *, adds_fee: bool = False) -> None:
        self.provider = provider
        self.model = model
        self.adds_fee = adds_fee
        # Resellers have no variants, only the model's own provider.
        self.has_variants = any(model is each for each in provider.models)
        self.own_units: Mapping[str, Decimal] = {}
        """USD per unit that the catalog does not know."""
        self.source = catalog_version()
        # The catalog lives as long as the process, so the identities of its prices are stable keys.
        self._rates = {id(prices): _rates(model, prices) for prices in _every_price(model)}
        self._only_rates = next(iter(self._rates.values())) if len(self._rates) == 1 else None
        self._last: tuple[datetime, tuple[Rates, ...]] | None = None

    def rates_at(self, at: datetime) -> tuple[Rates, ...]:
        """Return the rates in force at `at`."""
        if self._only_rates is not None:
            return self._only_rates
        # Prices change on full minutes, and the events of a batch are of one or two of them.
        minute = at.replace(second=0, microsecond=0)
        last = self._last
        if last is None or last[0] != minute:
            last = self._last = (minute, self._rates[id(self.model.get_prices(at))])
        return last[1]

    def variant_at(self, at: datetime, context: Mapping[str, str]) -> "PriceVariant | None":
        """Return the price for exactly this context at `at`."""
        return next(
            (
                variant
                for variant in (self.model.price_variants or () if self.has_variants else ())
                if variant.when == context and (variant.constraint is None or variant.constraint.active(at))
            ),
            None,
        )


def price_of(provider: ResolvedProvider, model: str, at: datetime, usage: CallUsage) -> Price:
    """Return the price of a call made at `at`.

    It is unknown, never 0, if the catalog lacks the model or the price of its tokens, or if only the total is known
    and not its input and output. A unit or a service tier without a price of its own is named; what is priced is
    kept.
    """
    if is_local(provider, model):
        return LOCAL
    priced = listed_price(provider, model)
    return UNKNOWN_PRICE if priced is None else priced_at(priced, at, usage)


def priced_at(priced: PricedModel, at: datetime, usage: CallUsage) -> Price:
    """Return the price of a call to this model at `at`."""
    pools = usage.pools
    if pools.total != pools.input + pools.output:
        return UNKNOWN_PRICE
    if usage.other_units or usage.price_context or priced.adds_fee:
        return _special_price(priced, at, usage)
    nanousd = cost_nanousd(priced.rates_at(at), pools)
    return UNKNOWN_PRICE if nanousd is None else Price(nanousd, priced.source)


@lru_cache(maxsize=MAX_CACHED_NAMES)
def listed_price(provider: ResolvedProvider, name: str) -> PricedModel | None:
    """Return the model that a caller names. The catalog's own search is not used: its caches are unbounded."""
    found = _listed_model(provider, name)
    if found is None or not found.named.model.prices:
        return None
    return PricedModel(found.seller, found.named.model, adds_fee=found.named.adds_fee)


class _ListedModel(NamedTuple):
    seller: "Provider"
    named: NamedModel


def _listed_model(provider: ResolvedProvider, name: str) -> _ListedModel | None:
    if provider.name in GATEWAYS:
        prefix, slash, rest = name.partition("/")
        behind = resolve_provider(prefix)
        return _listed_model(behind, rest) if slash and behind.name not in GATEWAYS else None
    if provider.listed is None:
        return None
    named = find_model(provider.listed, name, catalog_providers())
    return None if named is None else _ListedModel(provider.listed, named)


@lru_cache(maxsize=MAX_CACHED_NAMES)
def canonical_names(provider: ResolvedProvider, model: str) -> tuple[str, str] | None:
    """Return the catalog's ids of the provider and the model; None if it does not list them.

    A gateway stays the provider, whoever sells the model behind it.
    """
    found = _listed_model(provider, model)
    if found is None or provider.id is None:
        return None
    return provider.id, found.named.model.id


def is_local(provider: ResolvedProvider, model: str) -> bool:
    """Return whether the model runs on the caller's own machines."""
    return provider.name in LOCAL_PROVIDERS and not model.endswith(CLOUD_SUFFIXES)


def is_priced(provider: ResolvedProvider, model: str) -> bool:
    """Return whether the model has a price."""
    return is_local(provider, model) or listed_price(provider, model) is not None


def _every_price(model: "ModelInfo") -> "Iterable[ModelPrice]":
    if isinstance(model.prices, list):
        return [dated.prices for dated in model.prices]
    return [model.prices]


def _rates(model: "ModelInfo", prices: "ModelPrice") -> tuple[Rates, ...]:
    if not vars(prices) and model.id.endswith(FREE_MODEL_SUFFIX):
        return FREE_RATES
    return rates_of(prices)


# Calls with more than tokens, or with a price that a word selects

_INPUT_COVERS: Final[Mapping[str, frozenset[str]]] = {
    # Google lists one input price for text, images and video, and audio beside it (ai.google.dev, pricing).
    "google": frozenset(
        f"{unit}_tokens"
        for modality in ("image", "video")
        for unit in (f"input_{modality}", f"cache_{modality}_read", f"input_{modality}_tool")
    )
}
_SAME_UNIT: Final[Mapping[str, str]] = {"audio_seconds": "input_audio_seconds"}


def _special_price(priced: PricedModel, at: datetime, usage: CallUsage) -> Price:
    variant = priced.variant_at(at, usage.price_context) if usage.price_context else None
    context = usage.price_context if variant else {}
    prices = priced.model.get_prices(at, context)
    units, unpriced = _priced_units(priced, prices, usage)
    if priced.adds_fee:
        unpriced.append("model")
    if variant is None:
        unpriced += usage.price_context
    elif variant.prices is not None:
        unpriced += _not_in_variant(variant.prices, priced.model.get_prices(at), usage.pools)
    pools = _without(usage.pools, unpriced, usage.other_units)
    if units:
        nanousd = _cost_by_library(priced, at, CallUsage(pools, units, context))
    elif priced.own_units and not pools.total:
        nanousd = 0
    else:
        nanousd = cost_nanousd(_rates(priced.model, prices), pools)
    if nanousd is not None and priced.own_units:
        nanousd += _own_units_nanousd(priced, usage)
    is_known = nanousd is not None and (nanousd > 0 or not unpriced)
    return Price(nanousd if is_known else None, priced.source if is_known else None, tuple(unpriced))


def _own_units_nanousd(priced: PricedModel, usage: CallUsage) -> int:
    counted = priced.own_units.keys() & usage.other_units.keys()
    return nanousd_from_decimal(
        sum((priced.own_units[unit] * usage.other_units[unit] for unit in counted), Decimal(0))
    )


def _priced_units(
    priced: PricedModel, prices: "ModelPrice", usage: CallUsage
) -> tuple[dict[str, int | Decimal], list[str]]:
    """Return the units that have a price of their own, and the names of those that have none."""
    units: dict[str, int | Decimal] = {}
    unpriced: list[str] = []
    for unit, count in usage.other_units.items():
        if unit in priced.own_units:
            continue
        named = next(
            (each for each in (unit, _SAME_UNIT.get(unit)) if each and _has_price(prices, each)), None
        )
        if named is not None:
            units[named] = count
        elif unit not in _INPUT_COVERS.get(priced.provider.id, ()):
            unpriced.append(unit)
    return units, unpriced


def _has_price(prices: "ModelPrice", unit: str) -> bool:
    listed = catalog_units().units.get(unit)
    return listed is not None and getattr(prices, listed.price_key) is not None


def _not_in_variant(variant: "ModelPrice", standard: "ModelPrice", pools: TokenPools) -> list[str]:
    """Return the pools that the variant leaves at the standard price, without saying that it is meant to."""
    return [
        unit
        for unit, count in _counts_by_name(pools).items()
        if count and _has_price(standard, unit) and vars(variant) and not _has_price(variant, unit)
    ]


def _without(pools: TokenPools, unpriced: Sequence[str], units: Mapping[str, int | Decimal]) -> TokenPools:
    """Return the pools without tokens of a modality that has no price: they are not priced as text."""
    counts = {unit: int(units[unit]) for unit in unpriced if unit in units and unit.endswith("_tokens")}
    input_ = sum(count for unit, count in counts.items() if unit.startswith("input_"))
    output = sum(count for unit, count in counts.items() if unit.startswith("output_"))
    cached = sum(count for unit, count in counts.items() if unit.startswith("cache_"))
    left = TokenPools(
        max(pools.input - input_, 0),
        max(pools.output - output, 0),
        0,
        max(pools.cache_read - cached, 0),
        pools.cache_write,
        pools.cache_write_1h,
        pools.reasoning,
    )
    fitting = left._replace(
        cache_read=min(left.cache_read, left.input), reasoning=min(left.reasoning, left.output)
    )
    return fitting._replace(total=fitting.input + fitting.output)


def _cost_by_library(priced: PricedModel, at: datetime, usage: CallUsage) -> int | None:
    from genai_prices.types import Usage

    if not _has_price_for_each_side(priced.model.get_prices(at, usage.price_context), usage.pools):
        return None
    counts = _counts_by_name(usage.pools) | dict(usage.other_units)
    try:
        with localcontext(prec=EXACT_DIGITS):
            price = priced.model.calc_price(
                Usage(**counts),
                priced.provider,
                genai_request_timestamp=at,
                price_context=usage.price_context or None,
            )
    except ValueError:  # the units contradict each other, or the prices do not cover how they overlap
        return None
    return nanousd_from_decimal(price.total_price)


def _counts_by_name(pools: TokenPools) -> "dict[str, int | Decimal]":
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


def _has_price_for_each_side(prices: "ModelPrice", pools: TokenPools) -> bool:
    return not (pools.input and prices.input_mtok is None) and not (
        pools.output and prices.output_mtok is None
    )
