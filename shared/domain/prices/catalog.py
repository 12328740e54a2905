"""The price catalog of genai-prices, loaded on first use, and its lookup of providers by name."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

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


@lru_cache(maxsize=MAX_CACHED_NAMES)
def resolve_provider(name: str) -> ResolvedProvider:
    """Resolve a provider by the name or alias that a caller sent. Do this once per event and pass the result on."""
    sent = name.strip().lower()
    return ResolvedProvider(sent, _providers_by_id().get(ID_OF_ALIAS.get(sent, sent)))


@cache
def _providers_by_id() -> "dict[str, Provider]":
    return {provider.id: provider for provider in catalog_providers()}


@cache
def catalog_version() -> str:
    """Return the version that is stored with each price: `genai-prices/0.2.3`."""
    from genai_prices import __version__

    return f"genai-prices/{__version__}"


@cache
def catalog_providers() -> list["Provider"]:
    """Return every provider of the catalog, with its models, their dated prices and its response extractors."""
    from genai_prices.data_snapshot import get_snapshot

    return get_snapshot().providers


@cache
def catalog_units() -> "UnitRegistry":
    """Return the units that can be counted and priced, each with its price key and the units that include it."""
    from genai_prices.data_units import unit_data
    from genai_prices.units import UnitRegistry

    return UnitRegistry(unit_data)
