"""The price of a call: by the tenant's price, the platform's price or the catalog, in this order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.prices.catalog import MAX_CACHED_NAMES, ResolvedProvider, catalog_units, resolve_provider
from shared.domain.prices.price_book import EMPTY_BOOK, PriceBook, PriceEntry
from shared.domain.prices.priced_models import Price, PricedModel
from shared.domain.prices.pricing import canonical_names, is_priced, listed_price, price_of, priced_at
from shared.domain.prices.token_pools import CallUsage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

_UNITS: Final[Mapping[str, str]] = {
    "requests": "requests",
    "web_searches": "web_searches",
    "file_searches": "storage_searches",
    "pages": "input_document_pages",
    "seconds": "audio_seconds",
    "characters": "input_characters",
}
_OWN_UNITS: Final[Mapping[str, str]] = {"images": "images", "sessions": "code_executions"}
"""Units that no model of the catalog has a price for."""


class Prices(NamedTuple):
    """The prices that hold for one tenant."""

    tenant_id: str = ""
    book: PriceBook = EMPTY_BOOK

    def price_of(self, provider: ResolvedProvider, model: str, at: datetime, usage: CallUsage) -> Price:
        """Return the price of a call made at `at`; unknown if neither the book nor the catalog has one."""
        priced = self._booked(provider, model, at)
        return price_of(provider, model, at, usage) if priced is None else priced_at(priced, at, usage)

    def is_priced(self, provider: ResolvedProvider, model: str, at: datetime) -> bool:
        """Return whether the model has a price."""
        return self._booked(provider, model, at) is not None or is_priced(provider, model)

    def model_at(self, provider: ResolvedProvider, model: str, at: datetime) -> PricedModel | None:
        """Return the model at the price that holds at `at`, of the book or else of the catalog."""
        return self._booked(provider, model, at) or listed_price(provider, model)

    def _booked(self, provider: ResolvedProvider, model: str, at: datetime) -> PricedModel | None:
        if not self.book.entries:
            return None
        listed = canonical_names(provider, model)
        names = dict.fromkeys((model.strip().lower(), *((listed[1].lower(),) if listed else ())))
        entry = self.book.find(self.tenant_id, provider.id or provider.name, tuple(names), at)
        return None if entry is None else _booked_model(self.book, entry, provider, model)


LIST_PRICES: Final = Prices()


@lru_cache(maxsize=MAX_CACHED_NAMES)
def _booked_model(
    book: PriceBook, entry: PriceEntry, provider: ResolvedProvider, model: str
) -> PricedModel | None:
    """Return the model at the price of an entry; None if the entry refers to a price that the catalog lacks."""
    has_rates = bool(entry.per_million or entry.per_unit)
    priced = _at_rates(entry, provider, model) if has_rates else _as_listed(entry, provider, model)
    if priced is not None:
        priced.source = f"book:{book.version}"
    return priced


def _at_rates(entry: PriceEntry, provider: ResolvedProvider, model: str) -> PricedModel:
    from genai_prices.types import ClauseEquals, ModelInfo, ModelPrice
    from genai_prices.types import Provider as Seller

    units = catalog_units().units
    rates = {f"{kind}_mtok": usd for kind, usd in entry.per_million.items()}
    for kind, usd in entry.per_unit.items():
        if kind in _UNITS:
            unit = units[_UNITS[kind]]
            rates[unit.price_key] = usd * unit.per
    info = ModelInfo(id=model, match=ClauseEquals(model), prices=ModelPrice(**rates))
    seller = provider.listed or Seller(id=provider.name, name=provider.name, api_pattern="")
    priced = PricedModel(seller, info)
    priced.own_units = {_OWN_UNITS[kind]: usd for kind, usd in entry.per_unit.items() if kind in _OWN_UNITS}
    return priced


def _as_listed(entry: PriceEntry, provider: ResolvedProvider, model: str) -> PricedModel | None:
    """Return the catalog's price of the model, or of the one it is `same_as`, changed by the entry's percentage."""
    if entry.same_as is not None:
        seller, _, model = entry.same_as.partition("/")
        provider = resolve_provider(seller)
    listed = listed_price(provider, model)
    if listed is None:
        return None
    info = listed.model if entry.percent is None else _scaled(listed.model, 1 + entry.percent / 100)
    priced = PricedModel(listed.provider, info, adds_fee=listed.adds_fee)
    priced.has_variants = listed.has_variants
    return priced


def _scaled(model: "ModelInfo", factor: Decimal) -> "ModelInfo":
    """Return the model with each of its prices times `factor`."""
    prices = model.prices
    variants = [replace(each, prices=_times(each.prices, factor)) for each in model.price_variants or ()]
    if isinstance(prices, list):
        dated = [replace(each, prices=_times(each.prices, factor)) for each in prices]
        return replace(model, prices=dated, price_variants=variants)
    return replace(model, prices=_times(prices, factor), price_variants=variants)


def _times(prices: "ModelPrice", factor: Decimal) -> "ModelPrice":
    from genai_prices.types import ModelPrice

    scaled = {key: _price_times(price, factor) for key, price in vars(prices).items() if price is not None}
    return ModelPrice(**scaled)


def _price_times(price: "Decimal | TieredPrices", factor: Decimal) -> "Decimal | TieredPrices":
    if isinstance(price, Decimal):
        return price * factor
    tiers = [replace(tier, price=tier.price * factor) for tier in price.tiers]
    return replace(price, base=price.base * factor, tiers=tiers)
