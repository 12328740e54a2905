"""Reads the platform's own prices, and remembers them for a minute."""

from datetime import datetime, timedelta

from shared.domain.prices.price_book import EMPTY_BOOK, PriceBook
from shared.ports import PriceBooks

REMEMBERED_FOR = timedelta(seconds=60)
"""A change of prices reaches every instance within this time."""


class PriceReader:
    """The newest prices, at most a minute old."""

    def __init__(self, books: PriceBooks) -> None:
        self._books = books
        self._read: tuple[datetime, PriceBook] | None = None

    def current(self, now: datetime) -> PriceBook:
        """Return the prices, from memory or from the store."""
        read = self._read
        if read is not None and read[0] <= now < read[0] + REMEMBERED_FOR:
            return read[1]
        book = self._books.read_prices(read[1] if read else EMPTY_BOOK)
        self._read = (now, book)
        return book
