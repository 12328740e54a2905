"""The list of the tenants' margins in a month: its filters, its order, and the places between its pages."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.domain.billing.margins import TenantMargin
from shared.domain.people.row_cursors import RowPlace
from shared.domain.people.tenant_rows import name_key

MarginSort = Literal["margin", "revenue", "cost", "name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginsWanted:
    """The margins to list: of a month, and of one plan or all."""

    month: date
    plan: str | None = None
    sort: MarginSort = "margin"
    """The lowest margin first, the highest revenue or cost first, or names in alphabetical order."""

    @property
    def is_rising(self) -> bool:
        return self.sort in ("margin", "name")

    def place(self, found: TenantMargin) -> RowPlace:
        """Return the place of a margin in this list."""
        return RowPlace(self._sort_value(found), found.tenant_id, by_id=False)

    def _sort_value(self, found: TenantMargin) -> int | str:
        margin = found.margin
        match self.sort:
            case "margin":
                return margin.margin_nanousd
            case "revenue":
                return margin.revenue_nanousd
            case "cost":
                return margin.cost_nanousd
            case "name":
                return name_key(found.name)
