"""firestore.indexes.json serves every query and indexes nothing else; the emulator checks neither."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest

from shared.adapters.firestore import (
    FirestoreAdmissions,
    FirestoreBillingStore,
    FirestoreDirectory,
    FirestoreMargins,
    FirestoreOutbox,
    FirestoreRpc,
    FirestoreServiceStatus,
    FirestoreTenantData,
    FirestoreTenantIndex,
    FirestoreUsageFeed,
    FirestoreUsageStore,
)
from shared.adapters.firestore.encoding import Document, Write
from shared.adapters.firestore.ledger.attribution import attribution_writes, rollup_write
from shared.adapters.firestore.ledger.counters import (
    clear_write,
    counter_write,
    day_write,
    entry_write,
    month_write,
    postpone_write,
)
from shared.adapters.firestore.limits.admissions import admission_writes, holds_writes, settle_write
from shared.adapters.firestore.limits.refusals import refusals_write
from shared.adapters.firestore.metering.batches import batch_writes
from shared.adapters.firestore.metering.commits import Recording
from shared.adapters.firestore.metering.events import measure_write, run_write
from shared.adapters.firestore.notices.documents import outgoing_writes
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.people.commits import receipt_fields
from shared.adapters.firestore.people.tenants import (
    counter_settings_write,
    create_write,
    raise_shards_write,
    set_write,
)
from shared.adapters.firestore.platform.documents import dead_letter_fields, failed_attempt_write
from shared.adapters.firestore.queries import NAME, StructuredQuery
from shared.domain.billing.margins import MARGIN_FIELDS
from shared.domain.ledger.budget_counts import BudgetSlot, Counted, HourCount, Spent
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.counters import METRICS, Cell, CounterShard, Series, ShardRef
from shared.domain.ledger.holds import Amounts, Holds
from shared.domain.ledger.periods import month_of, period_at
from shared.domain.ledger.rollups import DayRollup, MonthRollup
from shared.domain.metering.deltas import DayDelta
from shared.domain.metering.runs import Run
from shared.domain.people.receipts import Receipt
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools
from shared.ports import (
    Admissions,
    BillingStore,
    Corrections,
    Directory,
    DueRun,
    EventsWanted,
    FeedCursor,
    Margins,
    Outbox,
    ServiceStatus,
    SettledRun,
    TenantData,
    TenantIndex,
    UsageFeed,
    UsageStore,
)
from tests.adapters.correction_queries import CORRECTION_LISTS, CORRECTION_WRITES
from tests.adapters.interceptors import Unanswered
from tests.adapters.margin_queries import MARGIN_READINGS, MARGIN_WRITES
from tests.adapters.run_queries import RUN_LISTS
from tests.adapters.tenant_index_queries import LISTINGS, ROW_WRITES
from tests.adapters.writes import event_write
from tests.admission_fixtures import ADMISSION, END, HOLD, ONE, beginning, changing
from tests.contracts.test_refusals import REFUSED
from tests.contracts.test_service_status import ATTEMPT, LETTER
from tests.outgoing_fixtures import MAIL, outgoing
from tests.sample_batches import batch_of_calls
from tests.sample_events import CALL, NOON, TODAY, event_of

ROOT = Path(__file__).resolve().parents[2]
INDEXES = json.loads((ROOT / "firestore.indexes.json").read_text())
OVERRIDES = {(each["collectionGroup"], each["fieldPath"]): each for each in INDEXES["fieldOverrides"]}
DIRECTION = {StructuredQuery.ASCENDING: "ASCENDING", StructuredQuery.DESCENDING: "DESCENDING"}
MOST_AGGREGATIONS = 5
"""Firestore refuses a query with more."""
EQUAL, CONTAINS = StructuredQuery.FieldFilter.EQUAL, StructuredQuery.FieldFilter.ARRAY_CONTAINS
IN = StructuredQuery.FieldFilter.IN

_EQUALITY = {EQUAL: "ASCENDING", IN: "ASCENDING", CONTAINS: "CONTAINS"}

NOVEMBER = period_at(None, NOON)


class Ports(NamedTuple):
    """The stores that have queries."""

    usage: FirestoreUsageStore
    directory: FirestoreDirectory
    outbox: FirestoreOutbox
    billing: FirestoreBillingStore
    rows: FirestoreTenantIndex
    data: FirestoreTenantData
    margins: FirestoreMargins
    service: FirestoreServiceStatus
    feed: FirestoreUsageFeed


def _on_index(listing: Callable[[TenantIndex], object]) -> Callable[[Ports], object]:
    return lambda to: listing(to.rows)


def _on_usage(listing: Callable[[UsageStore], object]) -> Callable[[Ports], object]:
    return lambda to: listing(to.usage)


def _on_margins(reading: Callable[[Margins], object]) -> Callable[[Ports], object]:
    return lambda to: reading(to.margins)


QUERYING: dict[str, Callable[[Ports], object]] = {
    "count_runs": lambda to: to.usage.count_runs("acme", NOVEMBER.start, NOVEMBER.end),
    "due_runs": lambda to: FirestoreAdmissions(to.usage._rpc).due_runs(NOON, 5),
    "recorded_after": lambda to: to.feed.recorded_after(FeedCursor(), NOON),
    "due_counters": lambda to: list(to.usage.due_counters(NOON)),
    "dirty_counters": lambda to: to.usage.dirty_counters("acme"),
    "most_overdue": lambda to: to.usage.most_overdue(),
    "list_events": lambda to: to.usage.list_events("acme", limit=5),
    "list_events of a run": lambda to: to.usage.list_events("acme", EventsWanted(run_id="run-1"), limit=5),
    "list_events within a time": lambda to: to.usage.list_events(
        "acme", EventsWanted(since=NOON, before=NOON), limit=5
    ),
    "list_events after a place": lambda to: to.usage.list_events(
        "acme", limit=5, cursor=to.usage.event_cursor(event_of("e1", None, None, None))
    ),
    "scan_events": lambda to: list(to.usage.scan_events("acme")),
    **{name: _on_usage(listing) for name, listing in CORRECTION_LISTS.items()},
    "list_runs": lambda to: to.usage.list_runs("acme", limit=5),
    **{name: _on_usage(listing) for name, listing in RUN_LISTS.items()},
    "measure_runs": lambda to: to.usage.measure_runs("acme", 5),
    "list_children": lambda to: to.usage.list_children("acme", ["run-1", "run-2"], limit=5),
    "list_alerts": lambda to: to.usage.list_alerts("acme", limit=5),
    "list_invoices": lambda to: to.billing.list_invoices("acme", limit=5),
    "list_billing_alerts": lambda to: to.billing.list_billing_alerts("acme"),
    "list_tenants": lambda to: list(to.billing.list_tenants()),
    "list_keys": lambda to: to.directory.list_keys("acme"),
    "list_audit": lambda to: to.directory.list_audit("acme", limit=5),
    "due_entries": lambda to: to.outbox.due_entries(NOON, 5),
    "list_deliveries": lambda to: to.outbox.list_deliveries("ep_1", limit=5),
    "erase_user": lambda to: to.data.erase_user("acme", "ann"),
    "erase_name": lambda to: to.data.erase_name("acme", "ann"),
    "delete_some": lambda to: to.data.delete_some("acme"),
    "list_for_operator": lambda to: to.outbox.list_for_operator(5),
    "count_backlog": lambda to: to.outbox.count_backlog(NOON),
    "count_rows": lambda to: to.rows.count_rows(NOON),
    "list_stripe_failures": lambda to: to.service.list_stripe_failures(5),
    "list_dead_letters": lambda to: to.service.list_dead_letters(5),
    "count_failures": lambda to: to.service.count_failures(),
    "list_invoices_since": lambda to: to.billing.list_invoices_since("acme", NOON),
    **{name: _on_index(listing) for name, listing in LISTINGS.items()},
    **{name: _on_margins(reading) for name, reading in MARGIN_READINGS.items()},
}
NOT_QUERYING = {
    *("record", "read", "save_day", "create_month", "clear_counters", "save_counter_settings", "find_run"),
    *("find_event", "seal", "find_batch", "find_correction", "save_corrections"),
    *(
        "known_alerts",
        "save_alerts",
        "event_cursor",
        "save_admission",
        "save_refusals",
        "read_refusals",
        "settle_runs",
    ),
    *(
        "create_tenant",
        "find_tenant",
        "find_tenants",
        "set_plan",
        "find_key",
        "save_keys",
        "touch_key",
        "set_alert_recipients",
        "set_takes_estimates",
        "set_limits",
        "change_grants",
        "set_budgets",
        "set_on_unreadable",
        "set_time_zone",
        "set_suspended_at",
        "set_ended_at",
        "set_profile",
        "find_receipt",
    ),
    *("claim_entry", "settle_entry", "add_entries", "find_entry", "known_entries", "read_quotas"),
    *("find_addresses", "confirm_address", "set_stopped"),
    *("read_row", "save_row"),
    *("add_audit", "delete_tenant"),
    *("read_cursor", "save_cursor"),
    *("save_margins", "read_margins"),
    *("read_status", "save_overview", "add_tick", "add_failed_attempt", "remove_stripe_failure"),
    "add_dead_letter",
    *("find_owner", "read_account", "save_billing", "save_processed_event", "claim_trial"),
}


def _query_of(name: str) -> Any:
    (query,) = _queries_of(name)
    return query


def _queries_of(name: str) -> list[Any]:
    calls = Unanswered()
    with grpc.intercept_channel(grpc.insecure_channel("127.0.0.1:1"), calls) as channel:
        rpc = FirestoreRpc("demo-gwi", lambda: channel, is_emulator=True)
        usage = FirestoreUsageStore(rpc, timedelta(days=40))
        QUERYING[name](
            Ports(
                usage,
                FirestoreDirectory(rpc),
                FirestoreOutbox(rpc),
                FirestoreBillingStore(rpc),
                FirestoreTenantIndex(rpc),
                FirestoreTenantData(rpc),
                FirestoreMargins(rpc),
                FirestoreServiceStatus(rpc),
                FirestoreUsageFeed(rpc),
            )
        )
    return [
        _aggregated(request.structured_aggregation_query)
        if method == "RunAggregationQuery"
        else request.structured_query
        for method, request in calls.requests
    ]


def _aggregated(aggregation: Any) -> Any:
    """Return the query of an aggregation, sorted by what it sums up: its index has these fields after the filters."""
    query = aggregation.structured_query
    summed = [each.sum.field.field_path for each in aggregation.aggregations if each.HasField("sum")]
    assert len(aggregation.aggregations) <= MOST_AGGREGATIONS
    for field in sorted(summed):
        query.order_by.add(direction=StructuredQuery.ASCENDING).field.field_path = field
    return query


def _needs(query: Any) -> list[tuple[str, str]]:
    """Return the fields and directions of the index that `query` needs, by Firestore's index overview.

    A range on one field in the order of another needs both in the order, so that the index has both.
    """
    filters = [each.field_filter for each in query.where.composite_filter.filters]
    equal = [(each.field.field_path, _EQUALITY[each.op]) for each in filters if each.op in _EQUALITY]
    ranges = [(each.field.field_path, "ASCENDING") for each in filters if each.op not in _EQUALITY]
    orders = [(order.field.field_path, DIRECTION[order.direction]) for order in query.order_by]
    assert not orders or {path for path, _ in ranges} <= {path for path, _ in orders}
    return list(dict.fromkeys([*equal, *(orders or ranges)]))


def _is_served(query: Any) -> bool:
    (source,) = query.from_
    scope = "COLLECTION_GROUP" if source.all_descendants else "COLLECTION"
    return all(_has_index(source.collection_id, scope, fields) for fields in _needed_indexes(query))


def _needed_indexes(query: Any) -> list[list[tuple[str, str]]]:
    """Return the fields of each index: Firestore merges those of equality filters that go on with the same order."""
    # An index ends with the name, in the direction of the field before it.
    fields = [need for need in _needs(query) if need[0] != NAME]
    equal = sum(each.field_filter.op in _EQUALITY for each in query.where.composite_filter.filters)
    return [[first, *fields[equal:]] for first in fields[:equal]] or [fields]


def _has_index(collection: str, scope: str, fields: Sequence[tuple[str, str]]) -> bool:
    if len(fields) > 1:
        wanted = [_index_field(path, order) for path, order in fields]
        return {"collectionGroup": collection, "queryScope": scope, "fields": wanted} in INDEXES["indexes"]
    return all(_has_single_index(collection, path, order, scope) for path, order in fields)


def _index_field(path: str, order: str) -> dict[str, str]:
    return {"fieldPath": path, "arrayConfig" if order == "CONTAINS" else "order": order}


def _has_single_index(collection: str, path: str, order: str, scope: str) -> bool:
    if (override := OVERRIDES.get((collection, path))) is None:
        return scope == "COLLECTION"
    return {"order": order, "queryScope": scope} in override["indexes"]


@pytest.mark.parametrize("name", QUERYING)
def test_every_query_is_served_by_an_index(name: str) -> None:
    queries = _queries_of(name)
    assert queries
    assert all(map(_is_served, queries)), [_needs(query) for query in queries]


def test_an_index_in_the_other_direction_or_scope_does_not_serve() -> None:
    query, _ = _queries_of("list_events")
    query.order_by[0].direction = StructuredQuery.ASCENDING
    assert not _is_served(query)
    query = _query_of("list_runs")
    query.from_[0].all_descendants = True
    assert not _is_served(query)


def test_every_method_of_the_ports_is_listed_with_its_queries() -> None:
    methods = {
        name
        for port in (
            UsageStore,
            Corrections,
            Admissions,
            Directory,
            Outbox,
            BillingStore,
            TenantIndex,
            Margins,
            ServiceStatus,
            TenantData,
            UsageFeed,
        )
        for name in vars(port)
        if not name.startswith("_")
    }
    assert {name.split()[0] for name in QUERYING} | NOT_QUERYING == methods


def test_names_end_in_the_direction_of_the_field_before_them() -> None:
    for name in QUERYING.keys() - {"sum_margins", "count_rows"}:
        for orders in (list(query.order_by) for query in _queries_of(name)):
            if len(orders) == 2:
                assert orders[1].field.field_path == NAME
                assert orders[1].direction == orders[0].direction


SERIES = Series("openai", "gpt-4.1-mini")
FULL_EVENT = event_of("e1", TokenPools(100, 50, 150, 30, 20, 5, 40), 1, 1, status="ok", run_id="r")._replace(
    user_id="u",
    workflow_id="w",
    request_id="q",
    kind="llm.response",
    metadata_json="{}",
    metadata_cut=True,
    redactions=2,
    tags={"team": "search"},
    key="f" * 64,
    parent_run_id="p",
    identity="f" * 40,
    served_model="m",
    provider="open_ai",
    cost=EventCost("incomplete", 1, "provider", ("usage.seconds",), 2),
    budgets=(Counted(BudgetSlot("cap@1", "ann"), "tokens"),),
)
CELLS = {Cell(12, SERIES): dict.fromkeys(METRICS, 1)}
SLOT = BudgetSlot("cap@1", "ann")
VERSION = Write().current_document.update_time
SHARD = CounterShard(
    ref=ShardRef(TODAY, 0),
    totals={},
    cells={},
    commits=1,
    events=1,
    run_hours=frozenset(),
    dirty=True,
    version=VERSION,
)
DAY = DayRollup(
    day=TODAY,
    cells=CELLS,
    series={SERIES: CALL},
    hour_totals={12: CALL},
    runs={12: 1},
    budgets={SLOT: Spent(1, 1)},
    shards=1,
    commits=1,
    events=1,
    folded_at=NOON,
)
NAMES = {"user": {"u": CALL}, "workflow": {"w": CALL}, "tag:team": {"t": CALL}}
RECEIPT = Receipt(id="i", fingerprint="f", nonce=b"n", sealed=b"s", expires_at=NOON)
MONTH = MonthRollup(month=month_of(TODAY), days={TODAY: DAY.entry})
PATHS = TenantPaths("", "t")
ADMITTED = changing(
    {ONE: HOLD}, runs=[replace(beginning("one", ADMISSION), end=END)], trees={ONE: {ONE: HOLD}}
)
ADMISSION_WRITES = list(admission_writes(PATHS, ADMITTED, 0))
RECORDING = Recording(PATHS, CounterSettings(), NOON, NOON, "nonce")
DUE = Run(id="r", began_at=NOON, last_at=NOON)
RUN_DOCUMENT = Document(name="runs/r", update_time=VERSION)
WRITES = {
    "events": [
        event_write("events/e", FULL_EVENT),
        event_write("events/e", FULL_EVENT._replace(adjusts="e0")),
    ],
    "corrections": CORRECTION_WRITES,
    "batches": [
        *batch_writes(RECORDING, batch_of_calls(1)),
        create_write("batches/b.1", {"parts": 1}),
    ],
    "counters": [
        counter_write(
            "counters/c",
            DayDelta(CELLS, {12}, 1, {"k": CALL}, {}, {SLOT: {12: HourCount(1, 1, {"m"})}}, {TODAY}),
            NOON,
            1,
        ),
        clear_write("counters/c", SHARD, NOON),
        postpone_write("counters/c", NOON),
    ],
    "runs": [
        run_write(
            "runs/r",
            Run(
                id="r",
                began_at=NOON,
                last_at=NOON,
                parent_run_id="p",
                totals=CALL,
                budgets={SLOT: Spent(1, 1)},
                is_completed=True,
                is_failed=True,
                user_id="u",
                workflow_id="w",
                tags={"team": "search"},
            ),
        ),
        *(write for write in ADMISSION_WRITES if "/runs/" in write.update.name),
        measure_write(RUN_DOCUMENT),
        settle_write("runs/r", SettledRun(DueRun(tenant_id="t", run=DUE, version=VERSION), Amounts(), NOON)),
    ],
    "admission": list(holds_writes(PATHS, ADMITTED, Holds())),
    "refusals": [refusals_write(PATHS.refusals(TODAY), [REFUSED], 7)],
    "attribution": [
        *attribution_writes(PATHS, TODAY, NAMES, 0),
        rollup_write("attribution/a", TODAY, NAMES),
    ],
    "days": [day_write("days/d", DAY)],
    "outbox": list(outgoing_writes("x", outgoing(MAIL))),
    "idempotency": [set_write("idempotency/i", receipt_fields(RECEIPT))],
    "months": [entry_write("months/m", DAY), month_write("months/m", MONTH)],
    "tenant_index": ROW_WRITES,
    "margins": MARGIN_WRITES,
    "stripe_failures": [failed_attempt_write("x", ATTEMPT)],
    "dead_letters": [set_write("dead_letters/1", dead_letter_fields(LETTER))],
}
FOLDS_OF_TENANTS = [
    counter_settings_write("tenants/t", CounterSettings(), VERSION),
    raise_shards_write("tenants/t", 2),
]


def _fields_of(writes: Iterable[Any]) -> set[str]:
    """Return the top-level fields that are set, added to or removed."""
    paths = [
        path
        for write in writes
        for path in (
            *write.update.fields,
            *write.update_mask.field_paths,
            *(transform.field_path for transform in write.update_transforms),
        )
    ]
    return {path.partition(".")[0] for path in paths}


def _exempt(collection: str) -> set[str]:
    return {
        path for group, path in OVERRIDES if group == collection and not OVERRIDES[group, path]["indexes"]
    }


ONLY_EXPIRING = ("stripe_events", "mail_quotas", "invites", "invitations", "api_keys", "audit")
"""Collections whose other fields keep their indexes, since they are few or small."""
ONLY_COMPOSITE = {
    "events": {"run_id"},
    "batches": {"first_ts", "last_ts", "run_keys"},
    "runs": {
        *("outcome", "unmeasured", "user_id", "workflow_id", "tags"),
        *("parent_run_id", "duration_ms", "last_at_us"),
        *("totals.cost_nanousd", "totals.total_tokens"),
    },
    "corrections": {"run_id"},
    "outbox": {"endpoint_id", "kind", "state", "created_at"},
    "tenant_index": {"rated_at", "events_per_hour"},
    "margins": {"month", "plan_month", "margin_nanousd", "name_key", "missing_calls", *MARGIN_FIELDS},
}
"""Queried, but with another field, so that an index of their own would serve nothing."""


@pytest.mark.parametrize("collection", WRITES)
def test_every_field_of_a_collection_that_grows_is_queried_or_not_indexed(collection: str) -> None:
    queries = [
        query
        for name in QUERYING
        for query in _queries_of(name)
        if query.from_[0].collection_id == collection
    ]
    queried = {path for query in queries for path, _ in _needs(query)} - {
        NAME,
        *ONLY_COMPOSITE.get(collection, ()),
    }
    assert _exempt(collection) == _fields_of(WRITES[collection]) - queried
    assert queried <= {path for group, path in OVERRIDES if group == collection}


def test_fields_that_a_fold_sets_on_every_tenant_after_midnight_are_not_indexed() -> None:
    """Avoid an index of increasing instants, which is limited to 500 writes per second."""
    assert _exempt("tenants") == _fields_of(FOLDS_OF_TENANTS) | {"billing", "grants", "set_budgets"}


def test_no_exemption_is_for_a_field_that_is_never_written() -> None:
    assert {collection for collection, _ in OVERRIDES} == WRITES.keys() | {"tenants", *ONLY_EXPIRING}


def test_counters_have_one_index_of_due_folds_and_one_of_dirty_counters() -> None:
    """Allow only these two: each index entry is a write in every recording that changes it."""
    assert OVERRIDES["counters", "fold_due"]["indexes"] == [
        {"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"}
    ]
    assert OVERRIDES["counters", "dirty"]["indexes"] == [{"order": "ASCENDING", "queryScope": "COLLECTION"}]


@pytest.mark.parametrize("collection", ["events", "corrections", "counters", "attribution", "idempotency"])
def test_expired_documents_are_deleted(collection: str) -> None:
    assert OVERRIDES[collection, "expire_at"]["ttl"] is True
    assert "expire_at" in _fields_of(WRITES[collection])


def test_every_index_is_needed_by_a_query() -> None:
    needed = [query for name in QUERYING for query in _queries_of(name)]
    used = {
        (
            query.from_[0].collection_id,
            path,
            order,
            "COLLECTION_GROUP" if query.from_[0].all_descendants else "COLLECTION",
        )
        for query in needed
        for path, order in _needs(query)
    }
    kept = {
        (group, path, index["order"], index["queryScope"])
        for (group, path), override in OVERRIDES.items()
        for index in override["indexes"]
    }
    assert kept <= used


def test_every_composite_index_is_needed_by_a_query() -> None:
    needed = [
        (query.from_[0].collection_id, fields)
        for name in QUERYING
        for query in _queries_of(name)
        for fields in _needed_indexes(query)
    ]
    for index in INDEXES["indexes"]:
        fields = [(each["fieldPath"], each.get("order") or each["arrayConfig"]) for each in index["fields"]]
        assert (index["collectionGroup"], fields) in needed
