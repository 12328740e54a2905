"""Prices a call in nano-USD by its provider, model, time and usage, and names what has no price."""

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.prices.catalog import (
    MAX_CACHED_NAMES,
    ResolvedProvider,
    catalog_providers,
    resolve_provider,
)
from shared.domain.prices.costs import LOCAL_PRICE
from shared.domain.prices.models import NamedModel, find_model
from shared.domain.prices.priced_models import Price, PricedModel
from shared.domain.prices.providers import CLOUD_SUFFIXES, GATEWAYS, LOCAL_PROVIDERS
from shared.domain.prices.rates import cost_nanousd
from shared.domain.prices.special_prices import special_price
from shared.domain.prices.token_pools import CallUsage

if TYPE_CHECKING:
    from genai_prices.types import Provider

UNKNOWN_PRICE: Final = Price(None)
LOCAL: Final = Price(0, LOCAL_PRICE)


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
        return special_price(priced, at, usage)
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
