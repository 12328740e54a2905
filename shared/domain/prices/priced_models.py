"""One model of the catalog or of the platform's prices, with its dated prices as integer rates."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.prices.catalog import catalog_version
from shared.domain.prices.rates import FREE_RATES, Rates, rates_of

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, PriceVariant, Provider

FREE_MODEL_SUFFIX: Final = ":free"
"""OpenRouter's suffix of free model variants, which the catalog lists without a price."""


class Price(NamedTuple):
    """The price of a call: in nano-USD, or None if nothing of it is known."""

    nanousd: int | None
    source: str | None = None
    """`local`, or the version of the price catalog."""
    unpriced: tuple[str, ...] = ()
    """The units and the properties of the call that have no price of their own."""


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
        self._rates = {id(prices): model_rates(model, prices) for prices in _every_price(model)}
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


def _every_price(model: "ModelInfo") -> "Iterable[ModelPrice]":
    if isinstance(model.prices, list):
        return [dated.prices for dated in model.prices]
    return [model.prices]


def model_rates(model: "ModelInfo", prices: "ModelPrice") -> tuple[Rates, ...]:
    if not vars(prices) and model.id.endswith(FREE_MODEL_SUFFIX):
        return FREE_RATES
    return rates_of(prices)
