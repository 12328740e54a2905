"""The store of the platform's own prices."""

from typing import Protocol

from shared.domain.people.audit import AuditEntry
from shared.domain.prices.catalog import Catalog
from shared.domain.prices.price_book import PriceBook


class BrokenCatalog(Exception):
    """The newer price catalog cannot be used; the message says why."""


class CatalogSource(Protocol):
    """A place where a newer price catalog may appear."""

    def read_if_changed(self) -> Catalog | None:
        """Return a checked catalog if it has changed since it was read. Raises BrokenCatalog."""


class StalePrices(Exception):
    """The prices have changed since they were read: read them again and retry."""


class PriceBooks(Protocol):
    """The platform's own prices, in versions; only the newest is kept."""

    def read_prices(self, known: PriceBook) -> PriceBook:
        """Return the newest version: `known` itself if it is that one."""

    def save_prices(self, book: PriceBook, audit: AuditEntry) -> None:
        """Replace the version before `book`, and keep the audit entry, which the platform's audit log shows too.

        Raises StalePrices if it is not the newest.
        """

    def list_price_changes(self, limit: int) -> list[AuditEntry]:
        """Return the last changes, newest first."""
