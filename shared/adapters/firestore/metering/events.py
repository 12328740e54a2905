"""The encoding of events and runs in Firestore."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from shared.adapters.firestore.encoding import (
    Write,
    from_microseconds,
    get_fields,
    get_totals,
    increment,
    microseconds,
    read_as,
    set_fields,
    set_timestamp,
    set_totals,
)
from shared.adapters.firestore.ledger.budgets import (
    BUDGETS,
    add_run_budgets,
    read_counted,
    read_sum_budgets,
    set_counted,
)
from shared.adapters.firestore.limits.run_admissions import LOOK_DUE, read_admission, read_end
from shared.domain.ledger.counters import Metric, Series, Totals
from shared.domain.ledger.documents import RunSums
from shared.domain.ledger.holds import NOTHING_HELD
from shared.domain.limits.run_left import over_by
from shared.domain.metering.amounts import Measures, amounts_of
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.runs import Run
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools

TOKEN_FIELDS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
)
_METADATA = "metadata_json"
_AMOUNTS = "amounts"
"""Of an adjustment, whose amounts are no call's."""
_TEXT_FIELDS = (
    *("status", "served_model", "user_id", "run_id", "workflow_id", "request_id", "kind", "key"),
    *("parent_run_id", "adjusts", _METADATA),
)
EVENT_FIELDS = (
    "id",
    "identity",
    "ts",
    "category",
    "provider",
    "model",
    "series",
    "tokens",
    "latency_ms",
    "cost_status",
    "cost_nanousd",
    "catalog_cost_nanousd",
    "price_source",
    "unread",
    "fingerprint",
    "metadata_cut",
    "redactions",
    "tags",
    BUDGETS,
    _AMOUNTS,
    *(field for field in _TEXT_FIELDS if field != _METADATA),
)
"""The fields of an event but for its metadata, which may be 256 KB."""
SORTED_TOTALS: tuple[Metric, ...] = ("cost_nanousd", "total_tokens")
NO_OUTCOME, COMPLETED, FAILED = range(3)
"""The end of a run, by which lists are filtered: the largest counts, and no field is absent."""
_texts_of = attrgetter(*_TEXT_FIELDS)


class CommonFields(NamedTuple):
    """The fields that all events of a request share: its nonce, and when the events expire (a Value)."""

    nonce: str
    expire_at: Any
    recorded_at: datetime | None = None
    """None while no warehouse gets the events: the index of this field costs storage."""


def write_event(write: Any, name: str, event: RecordedEvent, common: CommonFields) -> None:
    """Make `write` create the event; it fails if the event exists, which is the deduplication.

    `write` is part of the request, which avoids copies for 500 events in a batch.
    """
    write.current_document.exists = False
    write.update.name = name
    fields = write.update.fields
    fields["id"].string_value = event.id
    set_timestamp(fields["ts"], event.ts)
    fields["category"].string_value = event.category
    fields["provider"].string_value = event.provider
    fields["model"].string_value = event.model
    if event.series != (event.provider, event.model):
        set_fields(fields["series"].map_value.fields, event.series._asdict())
    fields["fingerprint"].string_value = event.fingerprint
    _write_common(fields, common)
    if event.latency_ms is not None:
        fields["latency_ms"].integer_value = event.latency_ms
    _write_cost(fields, event.cost)
    for field, text in zip(_TEXT_FIELDS, _texts_of(event), strict=True):
        if text is not None:
            fields[field].string_value = text
    _write_rare(fields, event)
    if event.tokens is not None:
        _write_tokens(fields["tokens"].map_value, event.tokens)


def _write_rare(fields: Any, event: RecordedEvent) -> None:
    """Write what most events do not have."""
    if event.identity != event.id:
        fields["identity"].string_value = event.identity
    if event.metadata_cut:
        fields["metadata_cut"].boolean_value = True
    if event.redactions:
        fields["redactions"].integer_value = event.redactions
    if event.tags:
        set_fields(fields["tags"].map_value.fields, event.tags)
    if event.budgets:
        set_counted(fields[BUDGETS], event.budgets)
    if event.adjusts is not None:
        set_totals(fields[_AMOUNTS], event.amounts)


def _write_common(fields: Any, common: CommonFields) -> None:
    fields["nonce"].string_value = common.nonce
    fields["expire_at"].CopyFrom(common.expire_at)
    if common.recorded_at is not None:
        set_timestamp(fields["recorded_at"], common.recorded_at)


def _write_cost(fields: Any, cost: EventCost) -> None:
    status, nanousd, source, unread, catalog_nanousd = cost
    if status not in (None, "exact"):  # nearly every event: a cost without a status is exact
        fields["cost_status"].string_value = status
    if nanousd is not None:
        fields["cost_nanousd"].integer_value = nanousd
    if source is not None:
        fields["price_source"].string_value = source
    for path in unread:
        fields["unread"].array_value.values.add().string_value = path
    if catalog_nanousd is not None:
        fields["catalog_cost_nanousd"].integer_value = catalog_nanousd


def _write_tokens(into: Any, pools: TokenPools) -> None:
    into.SetInParent()
    fields = into.fields
    for field, count in zip(TOKEN_FIELDS, pools, strict=True):
        if count:
            fields[field].integer_value = count


def read_event(document: Any) -> RecordedEvent:
    fields = get_fields(document.fields)
    tokens = fields.get("tokens")
    pools = None if tokens is None else TokenPools(*(tokens.get(field, 0) for field in TOKEN_FIELDS))
    latency_ms, cost = fields.get("latency_ms"), _read_cost(fields)
    texts: dict[str, Any] = {field: fields.get(field) for field in _TEXT_FIELDS}
    return RecordedEvent(
        id=fields["id"],
        ts=fields["ts"],
        category=fields["category"],
        provider=fields["provider"],
        model=fields["model"],
        series=read_as(Series, fields["series"])
        if "series" in fields
        else Series(fields["provider"], fields["model"]),
        tokens=pools,
        latency_ms=latency_ms,
        cost=cost,
        fingerprint=fields["fingerprint"],
        amounts=fields[_AMOUNTS]
        if _AMOUNTS in fields
        else amounts_of(Measures(fields["category"], fields.get("status"), pools, latency_ms, cost)),
        budgets=read_counted(fields.get(BUDGETS, ())),
        identity=fields.get("identity", fields["id"]),
        metadata_cut=fields.get("metadata_cut", False),
        redactions=fields.get("redactions", 0),
        tags=fields.get("tags"),
        **texts,
    )


def _read_cost(fields: Mapping[str, Any]) -> EventCost:
    nanousd = fields.get("cost_nanousd")
    return EventCost(
        fields.get("cost_status") or (None if nanousd is None else "exact"),
        nanousd,
        fields.get("price_source"),
        tuple(fields.get("unread", ())),
        fields.get("catalog_cost_nanousd"),
    )


def run_write(name: str, run: Run) -> Any:
    """Return a write that adds to a run's totals and extends its time span.

    The order of writes matters only for who is named: the last one counts.
    """
    write = Write()
    write.update.name = name
    marks = {mark: True for mark in ("is_completed", "is_failed") if getattr(run, mark)}
    fields = {"id": run.id, "unmeasured": True, **marks, **_names_of(run)}
    set_fields(write.update.fields, fields)
    write.update_mask.field_paths.extend(fields)
    # Lists are sorted by these, and a list leaves out a document without the field.
    increment(write, "totals", {**dict.fromkeys(SORTED_TOTALS, 0), **run.totals})
    add_run_budgets(write, run.budgets)
    outcome = FAILED if run.is_failed else COMPLETED if run.is_completed else NO_OUTCOME
    began_at_us, last_at_us = microseconds(run.began_at), microseconds(run.last_at)
    write.update_transforms.add(field_path="outcome").maximum.integer_value = outcome
    write.update_transforms.add(field_path="began_at_us").minimum.integer_value = began_at_us
    write.update_transforms.add(field_path="last_at_us").maximum.integer_value = last_at_us
    return write


def _names_of(run: Run) -> dict[str, object]:
    tags = [tag_pair(*tag) for tag in run.tags.items()] if run.tags else None
    named = {
        "user_id": run.user_id,
        "workflow_id": run.workflow_id,
        "tags": tags,
        "parent_run_id": run.parent_run_id,
    }
    return {field: name for field, name in named.items() if name}


def tag_pair(name: str, value: str) -> str:
    """Return a tag as one text: an array of these is indexed, a map would need an index for each name."""
    return f"{name}:{value}"


def measure_write(document: Any) -> Any:
    """Return a write of the duration of an unmeasured run, which fails if the run has changed since it was read."""
    write, fields = Write(), document.fields
    write.update.name = document.name
    span_us = fields["last_at_us"].integer_value - fields["began_at_us"].integer_value
    write.update.fields["duration_ms"].integer_value = round(span_us / 1000)
    write.update_mask.field_paths.extend(("duration_ms", "unmeasured"))
    run = read_run_sums(document)
    if run.end is not None and over_by(run, NOTHING_HELD) != NOTHING_HELD:
        # Something was recorded after its end: the next tick reports it, once.
        write.update.fields[LOOK_DUE].integer_value = microseconds(run.end.ended_at)
        write.update_mask.field_paths.append(LOOK_DUE)
    write.current_document.update_time.CopyFrom(document.update_time)
    return write


def read_run_sums(document: Any) -> RunSums:
    fields = document.fields
    return RunSums(
        totals=_totals_of(fields),
        budgets=read_sum_budgets(fields),
        admission=read_admission(fields),
        end=read_end(fields),
    )


def read_run(document: Any) -> Run:
    fields = get_fields(document.fields)
    tags = dict(pair.split(":", 1) for pair in fields.get("tags", ()))
    return Run(
        id=fields["id"],
        began_at=from_microseconds(fields["began_at_us"]),
        last_at=from_microseconds(fields["last_at_us"]),
        totals=_totals_of(document.fields),
        budgets=read_sum_budgets(document.fields),
        parent_run_id=fields.get("parent_run_id"),
        is_completed=fields.get("is_completed", False),
        is_failed=fields.get("is_failed", False),
        admission=read_admission(document.fields),
        end=read_end(document.fields),
        user_id=fields.get("user_id"),
        workflow_id=fields.get("workflow_id"),
        tags=tags or None,
        measured_ms=fields.get("duration_ms"),
    )


def _totals_of(fields: Any) -> Totals:
    totals = get_totals(fields["totals"]) if "totals" in fields else {}
    return {metric: amount for metric, amount in totals.items() if amount}
