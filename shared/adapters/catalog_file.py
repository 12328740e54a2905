"""Reads a newer price catalog from a file in the data format of genai-prices."""

import hashlib
import json
from pathlib import Path

from shared.domain.prices.catalog import Catalog, newest_price_of, pinned_catalog
from shared.ports import BrokenCatalog

MAX_BYTES = 50 * 1024 * 1024
_LEAST_SHARE = 0.5
"""A file with fewer than half of the models that are known is no catalog, but a part of one."""


class CatalogFile:
    """A price catalog in a file that somebody replaces from time to time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_at_ns: int | None = None

    def read_if_changed(self) -> Catalog | None:
        """Return the catalog if the file has changed since it was read. Raises BrokenCatalog."""
        try:
            changed_at_ns = self.path.stat().st_mtime_ns
            if changed_at_ns == self._read_at_ns:
                return None
            self._read_at_ns = changed_at_ns
            with self.path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise BrokenCatalog(f"{self.path} cannot be read: {error.strerror}") from error
        if len(content) > MAX_BYTES:
            raise BrokenCatalog(f"{self.path} is larger than {MAX_BYTES} bytes")
        return _checked(content, self.path)


def _checked(content: bytes, path: Path) -> Catalog:
    # The package has no public reader of its own data format.
    from genai_prices.types import _providers_from_raw

    try:
        providers = _providers_from_raw(json.loads(content))
    except (ValueError, RecursionError) as error:  # pydantic's errors are ValueErrors
        message = str(error).partition("\n")[0][:200]
        raise BrokenCatalog(f"{path} is no price catalog: {message}") from error
    known = sum(len(provider.models) for provider in pinned_catalog().providers)
    found = sum(len(provider.models) for provider in providers)
    if found < known * _LEAST_SHARE:
        raise BrokenCatalog(f"{path} has {found} models; the catalog of this release has {known}")
    digest = hashlib.sha256(content).hexdigest()[:8]
    catalog = Catalog(providers, f"{pinned_catalog().version}+{digest}")
    newest, pinned = newest_price_of(catalog), newest_price_of(pinned_catalog())
    if newest < pinned:
        raise BrokenCatalog(
            f"{path} is older than this release: its newest price is of {newest}, not {pinned}"
        )
    return catalog
