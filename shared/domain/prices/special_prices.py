"""Prices calls with more than tokens, or at a price that a word selects, and names what has no price of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Final

from shared.domain.prices.catalog import catalog_units
from shared.domain.prices.money import nanousd_from_decimal
from shared.domain.prices.priced_models import Price, PricedModel, model_rates
from shared.domain.prices.rates import cost_nanousd
from shared.domain.prices.token_pools import CallUsage, TokenPools

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

EXACT_DIGITS: Final = 60  # 2**53 tokens (16 digits) at a price of 18 decimals, summed, with room to spare
_GOOGLE_INPUT: Final = frozenset(
    f"{unit}_tokens"
    for modality in ("image", "video")
    for unit in (f"input_{modality}", f"cache_{modality}_read", f"input_{modality}_tool")
)
"""Google lists one input price for text, images and video, and audio beside it (ai.google.dev, pricing)."""
_IMAGE_MODELS: Final = "gpt-image-"
"""OpenAI's models that answer with images alone, so that their output price is the one of images."""
_SAME_UNIT: Final[Mapping[str, str]] = {"audio_seconds": "input_audio_seconds"}


def special_price(priced: PricedModel, at: datetime, usage: CallUsage) -> Price:
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
        nanousd = cost_nanousd(model_rates(priced.model, prices), pools)
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
        elif not _is_covered(priced, unit):
            unpriced.append(unit)
    return units, unpriced


def _is_covered(priced: PricedModel, unit: str) -> bool:
    """Return whether the price of input or output is known to be the unit's too."""
    if unit == "output_image_tokens":
        return priced.model.id.startswith(_IMAGE_MODELS)
    return priced.provider.id == "google" and unit in _GOOGLE_INPUT


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
