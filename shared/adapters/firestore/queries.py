"""All queries of this product. firestore.indexes.json must have an index for each; a test compares the two."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1.types import query as query_types

from shared.adapters.firestore.encoding import set_value

StructuredQuery: Any = query_types.StructuredQuery.pb()
ASCENDING = StructuredQuery.ASCENDING
DESCENDING = StructuredQuery.DESCENDING
EQUAL = StructuredQuery.FieldFilter.EQUAL
LESS = StructuredQuery.FieldFilter.LESS_THAN
AT_MOST = StructuredQuery.FieldFilter.LESS_THAN_OR_EQUAL
MORE = StructuredQuery.FieldFilter.GREATER_THAN
AT_LEAST = StructuredQuery.FieldFilter.GREATER_THAN_OR_EQUAL
CONTAINS = StructuredQuery.FieldFilter.ARRAY_CONTAINS
IN = StructuredQuery.FieldFilter.IN
NAME = "__name__"

Condition = tuple[str, int, object]
"""A field, an operator and a value."""
_AFTER_ANY_TEXT = "\U0010ffff"


def due_counters(now_us: int, limit: int, after: tuple[int, str] | None) -> Any:
    """Find the counters of all tenants whose fold is due, most overdue first; `after` is the last one seen."""
    query = _by_fold_due()
    query.order_by.add(direction=ASCENDING).field.field_path = NAME
    query.select.fields.add(field_path="fold_due")
    _where(query, [("fold_due", AT_MOST, now_us)])
    query.limit.value = limit
    if after:
        set_value(query.start_at.values.add(), after[0])
        query.start_at.values.add().reference_value = after[1]
    return query


def recorded_before(order: tuple[str, str], before: datetime, limit: int) -> Any:
    """Find the documents of all tenants whose field is before an instant, the first ones first.

    `order` is their collection and the field.
    """
    collection, time = order
    query = _from(collection, all_descendants=True)
    for field in (time, NAME):
        query.order_by.add(direction=ASCENDING).field.field_path = field
    query.limit.value = limit
    _where(query, [(time, LESS, before)])
    return query


def most_overdue_counter() -> Any:
    """Find the counter of any tenant that is due first."""
    query = _by_fold_due()
    query.limit.value = 1
    return query


def _by_fold_due() -> Any:
    query = _from("counters", all_descendants=True)
    query.order_by.add(direction=ASCENDING).field.field_path = "fold_due"
    return query


def due_entries(now: datetime, limit: int | None = None, field: str = NAME) -> Any:
    """Find a field of the outbox entries whose next attempt is due, the longest overdue first."""
    query = _from("outbox")
    query.select.fields.add(field_path=field)
    query.order_by.add(direction=ASCENDING).field.field_path = "next_attempt_at"
    _where(query, [("next_attempt_at", AT_MOST, now)])
    if limit is not None:
        query.limit.value = limit
    return query


def failed_entries() -> Any:
    """Find the outbox entries that were given up, by the index that lists them."""
    query = _from("outbox")
    query.order_by.add(direction=DESCENDING).field.field_path = "created_at"
    _where(query, [("state", EQUAL, "failed")])
    return query


def dirty_counters_of_tenant() -> Any:
    """Find the counters of one tenant that are not folded."""
    query = _from("counters")
    query.select.fields.add(field_path=NAME)
    _where(query, [("dirty", EQUAL, True)])
    return query


def due_runs(now_us: int, limit: int) -> Any:
    """Find the admitted runs of all tenants that a tick has to look at, the longest due first."""
    query = _from("runs", all_descendants=True)
    query.order_by.add(direction=ASCENDING).field.field_path = "look_due_us"
    _where(query, [("look_due_us", AT_MOST, now_us)])
    query.limit.value = limit
    return query


def runs_begun_within(start_us: int, end_us: int) -> Any:
    """Find the runs of one tenant that began in [start, end)."""
    query = _from("runs")
    _where(query, [("began_at_us", AT_LEAST, start_us), ("began_at_us", LESS, end_us)])
    return query


def runs_sorted(fields: Sequence[str], conditions: Sequence[Condition], limit: int) -> Any:
    """Find the runs of one tenant that meet the conditions, the largest values of the fields first."""
    query = _from("runs")
    for field in (*fields, NAME):
        query.order_by.add(direction=DESCENDING).field.field_path = field
    query.limit.value = limit
    if conditions:
        _where(query, conditions)
    return query


def runs_named(prefix: str, limit: int) -> Any:
    """Find the runs of one tenant whose ids begin with `prefix`, in the order of their ids."""
    query = _from("runs")
    for field in ("id", NAME):
        query.order_by.add(direction=ASCENDING).field.field_path = field
    query.limit.value = limit
    _where(query, [("id", AT_LEAST, prefix), ("id", LESS, prefix + _AFTER_ANY_TEXT)])
    return query


def unmeasured_runs(least_outcome: int, limit: int) -> Any:
    """Find the runs of one tenant that have ended, and changed since they were measured."""
    query = _from("runs")
    # With the fields that show whether the run used more than it held.
    for field in ("id", "began_at_us", "last_at_us", "totals", "admission", "end"):
        query.select.fields.add(field_path=field)
    _where(query, [("unmeasured", EQUAL, True), ("outcome", AT_LEAST, least_outcome)])
    query.limit.value = limit
    return query


def runs_started_by(run_ids: Sequence[str], limit: int) -> Any:
    """Find the runs of one tenant whose parent is one of `run_ids`, oldest first."""
    query = documents_sorted("runs", "began_at_us", ASCENDING, limit)
    _where(query, [("parent_run_id", IN, run_ids)])
    return query


def corrections_within(since: datetime, until: datetime, run_id: str | None) -> Any:
    """Find the corrections of events within [since, until], of one run or all."""
    query = _from("corrections")
    query.order_by.add(direction=DESCENDING).field.field_path = "ts"
    of_run: list[Condition] = [] if run_id is None else [("run_id", EQUAL, run_id)]
    _where(query, [*of_run, ("ts", AT_LEAST, since), ("ts", AT_MOST, until)])
    return query


def newest_since(collection: str, order_field: str, since: datetime) -> Any:
    """Find all documents of one tenant from an instant on, newest first."""
    query = _from(collection)
    query.order_by.add(direction=DESCENDING).field.field_path = order_field
    _where(query, [(order_field, AT_LEAST, since)])
    return query


def newest(collection: str, order_field: str, limit: int, after: tuple[object, str] | None) -> Any:
    """Find the documents of one tenant, newest first; `after` is the value and name of the last one seen."""
    query = _from(collection)
    query.order_by.add(direction=DESCENDING).field.field_path = order_field
    query.order_by.add(direction=DESCENDING).field.field_path = NAME
    query.limit.value = limit
    if after:
        set_value(query.start_at.values.add(), after[0])
        query.start_at.values.add().reference_value = after[1]
    return query


def start_after_document(query: Any, values: Sequence[object], name: str) -> None:
    """Leave out the documents up to the one of this name, which has these values of what the query is sorted by."""
    for value in values:
        set_value(query.start_at.values.add(), value)
    query.start_at.values.add().reference_value = name


def start_after(query: Any, value: object) -> None:
    """Leave out the documents that the order puts before or at `value`."""
    set_value(query.start_at.values.add(), value)


def end_with(query: Any, value: object) -> None:
    """Leave out the documents that the order puts after `value`."""
    set_value(query.end_at.values.add(), value)


def where_all_equal(query: Any, values: Mapping[str, object]) -> Any:
    """Limit `query` to documents that have all of these values, none of them null, and return it."""
    if values:
        _where(query, [(field, EQUAL, value) for field, value in values.items()])
    return query


def where_positive(query: Any, field: str) -> Any:
    """Limit `query`, which has conditions already, to documents whose `field` is more than 0, and return it."""
    condition = query.where.composite_filter.filters.add().field_filter
    condition.field.field_path = field
    condition.op = MORE
    set_value(condition.value, 0)
    return query


def where_equal(query: Any, field: str, value: object) -> Any:
    """Limit `query` to documents whose `field` is `value`, which may be null, and return it."""
    if value is None:
        query.where.unary_filter.field.field_path = field
        query.where.unary_filter.op = StructuredQuery.UnaryFilter.IS_NULL
    else:
        _where(query, [(field, EQUAL, value)])
    return query


def all_of(collection: str) -> Any:
    """Find every document of a small collection."""
    return _from(collection)


def rows_sorted(field: str, direction: int, limit: int) -> Any:
    """Find rows of the list of tenants by one of their fields."""
    return documents_sorted("tenant_index", field, direction, limit)


def documents_sorted(collection: str, field: str, direction: int, limit: int) -> Any:
    """Find documents of a collection by one of their fields, then by their names."""
    query = _from(collection)
    query.order_by.add(direction=direction).field.field_path = field
    if field != NAME:
        query.order_by.add(direction=direction).field.field_path = NAME
    query.limit.value = limit
    return query


def rows_at_least(field: str, value: object, direction: int = ASCENDING) -> Any:
    """Find the rows of the list of tenants whose `field` is at least `value`, by its index of that direction."""
    query = _from("tenant_index")
    query.order_by.add(direction=direction).field.field_path = field
    _where(query, [(field, AT_LEAST, value)])
    return query


def named_within(collection: str, start: str, end: str) -> Any:
    """Find the documents of one tenant whose names are in [start, end), in order."""
    query = _from(collection)
    query.order_by.add(direction=ASCENDING).field.field_path = NAME
    query.start_at.before = query.end_at.before = True
    query.start_at.values.add().reference_value = start
    query.end_at.values.add().reference_value = end
    return query


def batches_sorted(conditions: Sequence[Condition], limit: int) -> Any:
    """Find the sealed batches of one tenant that meet the conditions, the latest last event first."""
    query = _from("batches")
    for field in ("last_ts", "first_ts", NAME):
        query.order_by.add(direction=DESCENDING).field.field_path = field
    query.limit.value = limit
    if conditions:
        _where(query, conditions)
    return query


def all_by_name(
    collection: str, limit: int | None, after: str | None, fields: Sequence[str] = (NAME,)
) -> Any:
    """Find the documents of a large collection in the order of their names, with these fields or, if none, all."""
    query = _from(collection)
    for field in fields:
        query.select.fields.add(field_path=field)
    query.order_by.add(direction=ASCENDING).field.field_path = NAME
    if limit is not None:
        query.limit.value = limit
    if after:
        query.start_at.values.add().reference_value = after
    return query


def _from(collection: str, *, all_descendants: bool = False) -> Any:
    query = StructuredQuery()
    query.from_.add(collection_id=collection, all_descendants=all_descendants)
    return query


def _where(query: Any, conditions: Sequence[Condition]) -> None:
    query.where.composite_filter.op = StructuredQuery.CompositeFilter.AND
    for field, operator, value in conditions:
        condition = query.where.composite_filter.filters.add().field_filter
        condition.field.field_path = field
        condition.op = operator
        set_value(condition.value, value)
