"""Owns the way to the price catalog: the data that genai-prices bundles, loaded on first use only."""

from functools import cache
from typing import TYPE_CHECKING

# Imported on first use: the library and its data take half a second, and only recording prices anything.
if TYPE_CHECKING:
    from genai_prices.types import Provider
    from genai_prices.units import UnitRegistry


@cache
def catalog_version() -> str:
    """What a price is marked with, so that it can be traced: `genai-prices/0.2.3`."""
    from genai_prices import __version__

    return f"genai-prices/{__version__}"


@cache
def catalog_providers() -> list["Provider"]:
    """Every provider of the catalog, with its models, their dated prices and its response extractors."""
    from genai_prices.data_snapshot import get_snapshot

    return get_snapshot().providers


def find_provider(provider: str) -> "Provider | None":
    """The catalog's provider for a caller's name of it (`bedrock` is `aws`), or None."""
    from genai_prices.data_snapshot import find_provider_by_id

    return find_provider_by_id(catalog_providers(), provider)


@cache
def catalog_units() -> "UnitRegistry":
    """What can be counted and priced: each unit with its price key and the units it is a part of."""
    from genai_prices.data_units import unit_data
    from genai_prices.units import UnitRegistry

    return UnitRegistry(unit_data)
