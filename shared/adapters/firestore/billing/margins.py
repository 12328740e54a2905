"""Margins on Firestore: one document for each tenant and month, sums by aggregation queries."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import decode_series, encode_series, get_fields, set_value
from shared.adapters.firestore.people.tenants import set_write
from shared.adapters.firestore.queries import ASCENDING, DESCENDING
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.billing.margin_lists import MarginSort, MarginsWanted
from shared.domain.billing.margins import (
    MARGIN_FIELDS,
    Margin,
    MarginSum,
    MonthSums,
    TenantMargin,
    missing_in,
)
from shared.domain.ledger.periods import month_key, start_of
from shared.domain.people.row_cursors import row_cursor, row_place
from shared.domain.people.tenant_rows import name_key
from shared.ports import Page

MARGINS_KEPT_FOR: Final = timedelta(days=25 * 31)
"""Two years, so that a month can be compared with the same month of the year before."""
_COLLECTION: Final = "margins"
_MONTH, _PLAN_MONTH = "month", "plan_month"
_MONEY: Final = ("revenue_nanousd", "unpaid_nanousd", "cost_nanousd")
_COUNTS: Final = ("unpriced_calls", "incomplete_calls", "other_currency_invoices")
"""A query computes at most five aggregations: a count, and the sums of one of these."""
_SORTED_BY: Final[Mapping[MarginSort, str]] = {
    "margin": "margin_nanousd",
    "revenue": "revenue_nanousd",
    "cost": "cost_nanousd",
    "name": "name_key",
}
_LISTED: Final = ("month", "tenant_id", "name", "plan", "computed_at", *MARGIN_FIELDS)
_AFTER_ANY_ID: Final = "~"


class FirestoreMargins:
    """Margins on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def save_margins(self, margins: Sequence[TenantMargin]) -> None:
        if margins:
            self._rpc.commit(
                [set_write(self._name(each.month, each.tenant_id), margin_fields(each)) for each in margins]
            )

    def read_margins(self, tenant_id: str, months: Sequence[date]) -> list[TenantMargin]:
        names = [self._name(month, tenant_id) for month in months]
        found = self._rpc.batch_get(names) if names else {}
        return [_read(found[name]) for name in names if name in found]

    def list_margins(
        self, wanted: MarginsWanted, *, limit: int, cursor: str | None = None
    ) -> Page[TenantMargin]:
        direction = ASCENDING if wanted.is_rising else DESCENDING
        query = queries.documents_sorted(_COLLECTION, _SORTED_BY[wanted.sort], direction, limit + 1)
        for field in _LISTED:
            query.select.fields.add(field_path=field)
        if cursor is not None:
            after = row_place(wanted, cursor)
            set_value(query.start_at.values.add(), after.value)
            query.start_at.values.add().reference_value = self._name(wanted.month, after.tenant_id)
        found = self._query(_of(query, wanted.month, wanted.plan))
        has_next = len(found) > limit
        items = found[:limit]
        return Page(items, row_cursor(wanted, wanted.place(items[-1])) if has_next else None)

    def sum_margins(self, month: date, plans: Sequence[str]) -> MonthSums:
        total = self._sum(month, None, (_MONEY, _COUNTS))
        # Where nothing is missing in the total, nothing is in its parts.
        parts = (_MONEY,) if total.margin.is_complete else (_MONEY, _COUNTS)
        by_plan = {plan: self._sum(month, plan, parts) for plan in plans}
        return MonthSums(total, {plan: each for plan, each in by_plan.items() if each.tenants})

    def list_incomplete_margins(self, month: date, limit: int) -> list[TenantMargin]:
        query = queries.documents_sorted(_COLLECTION, "missing_calls", DESCENDING, limit)
        return self._query(queries.where_positive(_of(query, month, None), "missing_calls"))

    def list_month(self, month: date, *, limit: int, after: str | None = None) -> list[TenantMargin]:
        first = self._name(month, after or "")
        query = queries.named_within(_COLLECTION, first, self._name(month, _AFTER_ANY_ID))
        query.start_at.before = after is None
        query.limit.value = limit
        return self._query(query)

    def _sum(self, month: date, plan: str | None, parts: Sequence[Sequence[str]]) -> MarginSum:
        query, documents = _of(queries.all_of(_COLLECTION), month, plan), self._rpc.documents
        sums = [self._rpc.count_and_sum(documents, query, fields) for fields in parts]
        margin = Margin(**{name: value for _, found in sums for name, value in found.items()})
        return MarginSum(sums[0][0], margin)

    def _query(self, query: Any) -> list[TenantMargin]:
        return [_read(document) for document in self._rpc.query(self._rpc.documents, query)]

    def _name(self, month: date, tenant_id: str) -> str:
        return f"{self._rpc.documents}/{_COLLECTION}/{month_key(month)}.{tenant_id}"


def margin_fields(margin: TenantMargin) -> dict[str, object]:
    """Return the fields of a margin's document; `plan_month` saves an index of two filters for each order."""
    return {
        _MONTH: month_key(margin.month),
        _PLAN_MONTH: _plan_month(margin.month, margin.plan),
        "tenant_id": margin.tenant_id,
        "name": margin.name,
        "name_key": name_key(margin.name),
        "plan": margin.plan,
        **{name: getattr(margin.margin, name) for name in MARGIN_FIELDS},
        "margin_nanousd": margin.margin.margin_nanousd,
        "missing_calls": missing_in(margin.margin),
        "series": {encode_series(name): totals for name, totals in margin.series.items()},
        "computed_at": margin.computed_at,
        "expire_at": start_of(margin.month) + MARGINS_KEPT_FOR,
    }


def _read(document: Any) -> TenantMargin:
    fields = get_fields(document.fields)
    return TenantMargin(
        month=datetime.strptime(fields[_MONTH], "%Y%m").replace(tzinfo=UTC).date(),
        tenant_id=fields["tenant_id"],
        name=fields["name"],
        plan=fields["plan"],
        margin=Margin(**{name: fields[name] for name in MARGIN_FIELDS}),
        series={decode_series(name): totals for name, totals in fields.get("series", {}).items()},
        computed_at=fields["computed_at"],
    )


def _of(query: Any, month: date, plan: str | None) -> Any:
    if plan is None:
        return queries.where_equal(query, _MONTH, month_key(month))
    return queries.where_equal(query, _PLAN_MONTH, _plan_month(month, plan))


def _plan_month(month: date, plan: str) -> str:
    return f"{month_key(month)}.{plan}"
