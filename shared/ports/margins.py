"""The store of the tenants' margins by month."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from shared.domain.billing.margin_lists import MarginsWanted
from shared.domain.billing.margins import MonthSums, TenantMargin
from shared.ports.pages import Page


class Margins(Protocol):
    """One document for each tenant and month, set as a whole by whoever computes it.

    Every method raises Unavailable if the store does not answer.
    """

    def save_margins(self, margins: Sequence[TenantMargin]) -> None:
        """Create or replace each of these."""

    def read_margins(self, tenant_id: str, months: Sequence[date]) -> list[TenantMargin]:
        """Return those of a tenant's months that exist, in one round trip."""

    def list_margins(
        self, wanted: MarginsWanted, *, limit: int, cursor: str | None = None
    ) -> Page[TenantMargin]:
        """Return a page of a month's margins without their series, in one round trip.

        Raise InvalidInput for a bad cursor, or one of another list.
        """

    def sum_margins(self, month: date, plans: Sequence[str]) -> MonthSums:
        """Return the sums of a month and of each of these plans that any tenant has."""

    def list_incomplete_margins(self, month: date, limit: int) -> list[TenantMargin]:
        """Return the margins of a month with unpriced or incomplete calls, those with the most calls first."""

    def list_month(self, month: date, *, limit: int, after: str | None = None) -> list[TenantMargin]:
        """Return margins of a month with their series, in the order of the tenants' ids, from after `after` on."""
