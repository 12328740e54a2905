"""The port of the platform's list of tenants."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.people.tenant_rows import RowCounts, RowsWanted, TenantRow
from shared.domain.people.tenants import Tenant
from shared.ports.pages import Page


class StaleRow(Exception):
    """The row has changed since it was read: read again and retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A tenant and its row as they were at one instant; each None if it does not exist."""

    tenant: Tenant | None
    row: TenantRow | None
    version: object = None
    """The version of the row."""


class TenantIndex(Protocol):
    """The rows of all tenants; whoever changes a tenant writes its row in the same commit.

    A fold writes the usage. Every method raises Unavailable if the store does not answer.
    """

    def list_rows(self, wanted: RowsWanted, *, limit: int, cursor: str | None = None) -> Page[TenantRow]:
        """Return a page of the rows, in at most two round trips.

        Numbers and instants come highest first, names in alphabetical order. A search lists the tenants whose ids
        match and then those whose names match, and is sorted by name alone. A row without usage is left out where
        usage sorts. Raise InvalidInput for a bad cursor, or one of other filters.
        """

    def count_rows(self, now: datetime) -> RowCounts:
        """Count and sum up the rows. A rate counts while it holds; usage is that of the last write of each row."""

    def read_row(self, tenant_id: str) -> StoredRow:
        """Return a tenant and its row, in one round trip."""

    def save_row(self, row: TenantRow, stored: StoredRow) -> None:
        """Create or replace a row; raise StaleRow if it has changed since it was `stored`."""
