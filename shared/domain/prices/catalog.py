"""The price catalog of genai-prices, loaded on first use, and its lookup of providers by name."""

from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.prices.providers import ID_OF_ALIAS

# Imported on first use: the library and its data take half a second, and only recording prices anything.
if TYPE_CHECKING:
    from genai_prices.types import Provider
    from genai_prices.units import UnitRegistry

MAX_CACHED_NAMES: Final = 4096
"""Names come from callers, so a cache of them must be bounded."""


# Compared by identity, which makes it a cheap key of caches: resolve_provider returns one object per name.
@dataclass(frozen=True, slots=True, eq=False)
class ResolvedProvider:
    """The provider of an event: its `name` as sent, trimmed and in lower case, and its entry in the catalog."""

    name: str
    listed: "Provider | None"

    @property
    def id(self) -> str | None:
        """The catalog's id of the provider (`aws` for `bedrock`); None if the catalog does not list it."""
        return self.listed.id if self.listed else None


class Catalog(NamedTuple):
    """A price catalog: every provider with its models and their dated prices."""

    providers: "list[Provider]"
    version: str
    """As it is stored with each price: `genai-prices/0.2.3`."""


@cache
def pinned_catalog() -> Catalog:
    """Return the catalog of the installed package."""
    from genai_prices import __version__
    from genai_prices.data_snapshot import get_snapshot

    return Catalog(get_snapshot().providers, f"genai-prices/{__version__}")


_in_use: list[Catalog] = []
"""The newer catalog that is used instead of the pinned one, if there is one."""


def use_catalog(catalog: Catalog) -> None:
    """Price what is recorded from now on by another catalog. Names are resolved anew, and with them all prices."""
    _in_use[:] = [catalog]
    _providers_by_id.cache_clear()
    resolve_provider.cache_clear()


def _catalog() -> Catalog:
    return _in_use[0] if _in_use else pinned_catalog()


def newest_price_of(catalog: Catalog) -> date:
    """Return the day on which the newest dated price of a catalog begins."""
    from genai_prices.types import StartDateConstraint

    return max(
        (
            each.constraint.start_date
            for provider in catalog.providers
            for model in provider.models
            for each in (
                *(model.prices if isinstance(model.prices, list) else ()),
                *(model.price_variants or ()),
            )
            if isinstance(each.constraint, StartDateConstraint)
        ),
        default=date.min,
    )


@lru_cache(maxsize=MAX_CACHED_NAMES)
def resolve_provider(name: str) -> ResolvedProvider:
    """Resolve a provider by the name or alias that a caller sent. Do this once per event and pass the result on."""
    sent = name.strip().lower()
    return ResolvedProvider(sent, _providers_by_id().get(ID_OF_ALIAS.get(sent, sent)))


@cache
def _providers_by_id() -> "dict[str, Provider]":
    return {provider.id: provider for provider in catalog_providers()}


def catalog_version() -> str:
    """Return the version that is stored with each price: `genai-prices/0.2.3`."""
    return _catalog().version


def catalog_providers() -> "list[Provider]":
    """Return every provider of the catalog, with its models and their dated prices."""
    return _catalog().providers


@cache
def catalog_units() -> "UnitRegistry":
    """Return the units that can be counted and priced, each with its price key and the units that include it."""
    from genai_prices.data_units import unit_data
    from genai_prices.units import UnitRegistry

    return UnitRegistry(unit_data)
