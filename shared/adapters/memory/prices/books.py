"""PriceBooks in memory."""

from shared.adapters.memory.state import MemoryState
from shared.domain.people.audit import AuditEntry
from shared.domain.prices.price_book import PriceBook
from shared.ports.prices import StalePrices


class MemoryPriceBooks(MemoryState):
    """PriceBooks over the store's dictionaries."""

    def read_prices(self, known: PriceBook) -> PriceBook:
        with self._lock:
            return known if known.version == self._prices.version else self._prices

    def save_prices(self, book: PriceBook, audit: AuditEntry) -> None:
        with self._lock:
            if book.version != self._prices.version + 1:
                raise StalePrices
            self._prices = book
            self._price_changes.append(audit)
            self._record(audit)

    def list_price_changes(self, limit: int) -> list[AuditEntry]:
        with self._lock:
            return list(reversed(self._price_changes))[:limit]
