"""Margins on dictionaries."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from shared.adapters.memory.state import MemoryState
from shared.domain.billing.margin_lists import MarginsWanted
from shared.domain.billing.margins import Margin, MarginSum, MonthSums, TenantMargin, missing_in
from shared.domain.people.row_cursors import row_cursor, row_place
from shared.ports import Page


class MemoryMargins(MemoryState):
    """The margins of all tenants by month and tenant."""

    def __init__(self) -> None:
        super().__init__()
        self._margins: dict[tuple[date, str], TenantMargin] = {}

    def save_margins(self, margins: Sequence[TenantMargin]) -> None:
        with self._lock:
            self._margins |= {(each.month, each.tenant_id): each for each in margins}

    def read_margins(self, tenant_id: str, months: Sequence[date]) -> list[TenantMargin]:
        with self._lock:
            return [
                self._margins[month, tenant_id] for month in months if (month, tenant_id) in self._margins
            ]

    def list_margins(
        self, wanted: MarginsWanted, *, limit: int, cursor: str | None = None
    ) -> Page[TenantMargin]:
        after = None if cursor is None else row_place(wanted, cursor)[:2]
        found = {wanted.place(each)[:2]: each for each in self._of(wanted.month, wanted.plan)}
        rising = wanted.is_rising
        left = [
            place
            for place in sorted(found, reverse=not rising)
            if after is None or (place > after if rising else place < after)
        ]
        items = [replace(found[place], series={}) for place in left[:limit]]
        return Page(items, row_cursor(wanted, wanted.place(items[-1])) if len(left) > limit else None)

    def sum_margins(self, month: date, plans: Sequence[str]) -> MonthSums:
        with self._lock:
            by_plan = {plan: _sum(self._of(month, plan)) for plan in plans}
            return MonthSums(
                _sum(self._of(month, None)), {plan: each for plan, each in by_plan.items() if each.tenants}
            )

    def list_incomplete_margins(self, month: date, limit: int) -> list[TenantMargin]:
        found = [each for each in self._of(month, None) if missing_in(each.margin)]
        return sorted(found, key=lambda each: (missing_in(each.margin), each.tenant_id), reverse=True)[:limit]

    def list_month(self, month: date, *, limit: int, after: str | None = None) -> list[TenantMargin]:
        found = [each for each in self._of(month, None) if after is None or each.tenant_id > after]
        return sorted(found, key=lambda each: each.tenant_id)[:limit]

    def _of(self, month: date, plan: str | None) -> list[TenantMargin]:
        with self._lock:
            return [
                each for each in self._margins.values() if each.month == month and plan in (None, each.plan)
            ]


def _sum(margins: Iterable[TenantMargin]) -> MarginSum:
    found = [each.margin for each in margins]
    return MarginSum(len(found), sum(found, Margin()))
