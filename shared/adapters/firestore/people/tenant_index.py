"""TenantIndex on Firestore: one query a page, or two for a search."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, get_args

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import from_microseconds, set_value
from shared.adapters.firestore.people.tenant_rows import LAST_EVENT, read_row, row_fields, row_name
from shared.adapters.firestore.people.tenants import create_write, read_tenant, set_write
from shared.adapters.firestore.queries import ASCENDING, DESCENDING, NAME
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.people.row_cursors import RowPlace, SortValue, row_cursor, row_place
from shared.domain.people.tenant_rows import (
    ALL_USED_HUNDREDTHS,
    RATE_HOLDS_FOR,
    RowCounts,
    RowSort,
    RowsWanted,
    TenantRow,
    name_key,
    sort_value,
)
from shared.domain.people.tenants import TenantStatus
from shared.ports import Page, StaleRow, StoredRow

_FIELDS: Final[Mapping[RowSort, str]] = {
    "usage": "percent_hundredths",
    "cost": "cost_nanousd",
    "last_event": LAST_EVENT,
    "name": "name_key",
    "created": "created_at",
}
_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)
_PART_OF_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AFTER_ANY_ID, _AFTER_ANY_NAME = "~", "\U0010ffff"


class FirestoreTenantIndex:
    """TenantIndex on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def list_rows(self, wanted: RowsWanted, *, limit: int, cursor: str | None = None) -> Page[TenantRow]:
        after = row_place(wanted, cursor) if cursor is not None else None
        by_id = self._found_by_id(wanted, limit + 1, after)
        if len(by_id) > limit:
            return Page(by_id[:limit], row_cursor(wanted, RowPlace(None, by_id[limit - 1].id, by_id=True)))
        left = limit - len(by_id)
        sorted_rows = self._sorted(wanted, left + 1, None if after and after.by_id else after)
        listed = [*by_id, *(row for row in sorted_rows[:left] if not _is_found_by_id(row, wanted))]
        if len(sorted_rows) <= left:
            return Page(listed, None)
        if left == 0:
            return Page(listed, row_cursor(wanted, RowPlace(None, by_id[-1].id, by_id=True)))
        last = sorted_rows[left - 1]
        place = RowPlace(sort_value(last, wanted.order), last.id, by_id=False)
        return Page(listed, row_cursor(wanted, place))

    def count_rows(self, now: datetime) -> RowCounts:
        paying, mrr = self._count(queries.rows_at_least("mrr_nanousd", 1), "mrr_nanousd")
        rated = queries.rows_at_least("rated_at", now - RATE_HOLDS_FOR)
        over_limit = queries.rows_at_least("percent_hundredths", ALL_USED_HUNDREDTHS, DESCENDING)
        return RowCounts(
            **{status: self._count_equal("status", status) for status in get_args(TenantStatus)},
            paying=paying,
            past_due=self._count_equal("past_due", True),
            over_80=self._count_equal("over_80", True),
            over_limit=self._count(over_limit)[0],
            second_subscriptions=self._count_equal("has_second_subscription", True),
            mrr_nanousd=mrr["mrr_nanousd"],
            events_per_hour=self._count(rated, "events_per_hour")[1]["events_per_hour"],
        )

    def read_row(self, tenant_id: str) -> StoredRow:
        tenant_name, name = (
            f"{self._rpc.documents}/tenants/{tenant_id}",
            row_name(self._rpc.documents, tenant_id),
        )
        found = self._rpc.batch_get([tenant_name, name])
        tenant, row = found.get(tenant_name), found.get(name)
        return StoredRow(
            tenant=read_tenant(tenant) if tenant else None,
            row=read_row(row) if row else None,
            version=row.update_time if row else None,
        )

    def save_row(self, row: TenantRow, stored: StoredRow) -> None:
        name = row_name(self._rpc.documents, row.id)
        if stored.version is None:
            write = create_write(name, row_fields(row))
        else:
            write = set_write(name, row_fields(row))
            write.current_document.update_time.CopyFrom(stored.version)
        try:
            self._rpc.commit([write])
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StaleRow from error
            raise

    def _count_equal(self, field: str, value: object) -> int:
        return self._count(queries.where_equal(queries.all_of("tenant_index"), field, value))[0]

    def _count(self, query: Any, *summed: str) -> tuple[int, dict[str, int]]:
        return self._rpc.count_and_sum(self._rpc.documents, query, summed)

    def _found_by_id(self, wanted: RowsWanted, limit: int, after: RowPlace | None) -> list[TenantRow]:
        """Return the tenants whose ids begin as the search does, by id."""
        if wanted.q is None or not _PART_OF_ID.fullmatch(wanted.q) or (after and not after.by_id):
            return []
        query = queries.rows_sorted(NAME, ASCENDING, limit)
        first = after.tenant_id if after else wanted.q
        query.start_at.before = after is None
        query.start_at.values.add().reference_value = self._name(first)
        query.end_at.before = True
        query.end_at.values.add().reference_value = self._name(wanted.q + _AFTER_ANY_ID)
        return self._rows(query, wanted)

    def _sorted(self, wanted: RowsWanted, limit: int, after: RowPlace | None) -> list[TenantRow]:
        """Return the tenants in order; of a search, those whose names match."""
        rising = wanted.order == "name"
        query = queries.rows_sorted(_FIELDS[wanted.order], ASCENDING if rising else DESCENDING, limit)
        if wanted.q is not None:
            beginning = name_key(wanted.q)
            query.start_at.before = query.end_at.before = True
            query.start_at.values.add().string_value = beginning
            query.end_at.values.add().string_value = beginning + _AFTER_ANY_NAME
        if after:
            query.start_at.Clear()
            set_value(query.start_at.values.add(), _stored(after.value, wanted.order))
            query.start_at.values.add().reference_value = self._name(after.tenant_id)
        return self._rows(query, wanted)

    def _rows(self, query: Any, wanted: RowsWanted) -> list[TenantRow]:
        named = {name: getattr(wanted, name) for name in ("plan", "status", "over_80", "past_due")}
        given = {name: value for name, value in named.items() if value is not None}
        found = self._rpc.query(self._rpc.documents, queries.where_all_equal(query, given))
        return [read_row(document) for document in found]

    def _name(self, tenant_id: str) -> str:
        return row_name(self._rpc.documents, tenant_id)


def _is_found_by_id(row: TenantRow, wanted: RowsWanted) -> bool:
    return wanted.q is not None and row.id.startswith(wanted.q)


def _stored(value: SortValue, order: RowSort) -> object:
    return from_microseconds(value) if order == "created" and isinstance(value, int) else value
