"""Reads the platform's own prices and a newer catalog, and remembers both. Nothing runs in the background."""

import logging
from datetime import datetime, timedelta

from shared.domain.prices.catalog import use_catalog
from shared.domain.prices.price_book import EMPTY_BOOK, PriceBook
from shared.ports import BrokenCatalog, CatalogSource, PriceBooks

REMEMBERED_FOR = timedelta(seconds=60)
"""A change of prices reaches every instance within this time."""
CATALOG_CHECKED_EVERY = timedelta(hours=1)
LOGGER = logging.getLogger("gwi_usage")


class PriceReader:
    """The newest prices, at most a minute old, and the newest catalog, at most an hour old."""

    def __init__(self, books: PriceBooks, newer: CatalogSource | None = None) -> None:
        self._books = books
        self._newer = newer
        self._read: tuple[datetime, PriceBook] | None = None
        self._checked_at: datetime | None = None

    def current(self, now: datetime) -> PriceBook:
        """Return the platform's prices, from memory or from the store."""
        read = self._read
        if read is not None and read[0] <= now < read[0] + REMEMBERED_FOR:
            return read[1]
        self.refresh_catalog(now)
        book = self._books.read_prices(read[1] if read else EMPTY_BOOK)
        self._read = (now, book)
        return book

    def refresh_catalog(self, now: datetime) -> None:
        """Use a newer catalog if there is one. One that cannot be used is logged, and the one before stays in use."""
        is_checked = self._checked_at is not None and now < self._checked_at + CATALOG_CHECKED_EVERY
        if self._newer is None or is_checked:
            return
        self._checked_at = now
        try:
            catalog = self._newer.read_if_changed()
        except BrokenCatalog as error:
            LOGGER.warning("the newer price catalog is not used: %s", error)
            return
        if catalog is not None:
            use_catalog(catalog)
            LOGGER.info("prices are those of %s", catalog.version)
