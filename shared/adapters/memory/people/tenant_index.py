"""TenantIndex on dictionaries."""

from datetime import datetime
from typing import get_args

from shared.adapters.memory.state import MemoryState
from shared.domain.people.row_cursors import RowPlace, row_cursor, row_place
from shared.domain.people.tenant_rows import (
    ALL_USED_HUNDREDTHS,
    RATE_HOLDS_FOR,
    RowCounts,
    RowsWanted,
    TenantRow,
    name_key,
    sort_value,
)
from shared.domain.people.tenants import TenantStatus
from shared.ports import Page, StaleRow, StoredRow


class MemoryTenantIndex(MemoryState):
    """The rows of all tenants."""

    def list_rows(self, wanted: RowsWanted, *, limit: int, cursor: str | None = None) -> Page[TenantRow]:
        after = _order(row_place(wanted, cursor)) if cursor is not None else None
        with self._lock:
            rows = {
                _order(_place(row, wanted)): row for row in self._rows.values() if _is_wanted(row, wanted)
            }
        rising = wanted.order == "name"
        left = [
            order
            for order in sorted(rows, reverse=not rising)
            if after is None or (order > after if rising else order < after)
        ]
        items = [rows[order] for order in left[:limit]]
        next_cursor = row_cursor(wanted, _place(items[-1], wanted)) if len(left) > limit else None
        return Page(items, next_cursor)

    def count_rows(self, now: datetime) -> RowCounts:
        with self._lock:
            rows = list(self._rows.values())
        tenants = [row.tenant for row in rows]
        used = [row.usage for row in rows if row.usage]
        rates = [usage.rate for usage in used if usage.rate and usage.rate.rated_at >= now - RATE_HOLDS_FOR]
        return RowCounts(
            **{
                status: sum(tenant.status == status for tenant in tenants)
                for status in get_args(TenantStatus)
            },
            paying=sum(tenant.mrr_nanousd > 0 for tenant in tenants),
            past_due=sum(tenant.past_due for tenant in tenants),
            over_80=sum(usage.over_80 for usage in used),
            over_limit=sum(usage.percent_hundredths >= ALL_USED_HUNDREDTHS for usage in used),
            second_subscriptions=sum(tenant.has_second_subscription for tenant in tenants),
            mrr_nanousd=sum(tenant.mrr_nanousd for tenant in tenants),
            events_per_hour=sum(rate.events_per_hour for rate in rates),
        )

    def read_row(self, tenant_id: str) -> StoredRow:
        with self._lock:
            row = self._rows.get(tenant_id)
            return StoredRow(tenant=self._tenants.get(tenant_id), row=row, version=row)

    def save_row(self, row: TenantRow, stored: StoredRow) -> None:
        with self._lock:
            if self._rows.get(row.id) is not stored.version:
                raise StaleRow
            self._rows[row.id] = row


def _is_wanted(row: TenantRow, wanted: RowsWanted) -> bool:
    tenant, usage = row.tenant, row.usage
    equal = (
        (wanted.plan, tenant.plan),
        (wanted.status, tenant.status),
        (wanted.past_due, tenant.past_due),
        (wanted.over_80, usage.over_80 if usage else None),
    )
    is_sorted = usage is not None or wanted.order in ("name", "created")
    is_found = wanted.q is None or _is_found_by_id(row, wanted) or _is_found_by_name(row, wanted.q)
    return is_sorted and is_found and all(asked in (None, found) for asked, found in equal)


def _is_found_by_id(row: TenantRow, wanted: RowsWanted) -> bool:
    return wanted.q is not None and row.id.startswith(wanted.q)


def _is_found_by_name(row: TenantRow, beginning: str) -> bool:
    return row.tenant.name_key.startswith(name_key(beginning))


def _place(row: TenantRow, wanted: RowsWanted) -> RowPlace:
    by_id = _is_found_by_id(row, wanted)
    return RowPlace(None if by_id else sort_value(row, wanted.order), row.id, by_id)


def _order(place: RowPlace) -> tuple[bool, int | str, str]:
    # No value comes after every other one where the highest come first.
    return not place.by_id, -1 if place.value is None else place.value, place.tenant_id
