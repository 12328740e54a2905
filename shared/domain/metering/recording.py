"""Prepares a valid event for the ledger: checks its tenant and time, adds its id, tokens, cost and amounts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from json import JSONEncoder
from typing import Final, NamedTuple
from uuid import uuid4

from shared.domain.ledger.budget_counts import Counted
from shared.domain.ledger.counters import Series, Totals
from shared.domain.ledger.periods import MAX_AGE, MAX_AHEAD
from shared.domain.metering.amounts import Measures, amounts_of
from shared.domain.metering.corrections import Correction
from shared.domain.metering.event_costs import LIST_TERMS, Priced, RecordingTerms, cost_of_event
from shared.domain.metering.events import Category, MeteringEvent, Status
from shared.domain.metering.kinds import contradicts, implied_status
from shared.domain.metering.metadata import NO_METADATA, stored_metadata
from shared.domain.metering.readings import read_usage
from shared.domain.metering.refusals import RefusedEvent
from shared.domain.prices.catalog import MAX_CACHED_NAMES, ResolvedProvider, resolve_provider
from shared.domain.prices.costs import EventCost
from shared.domain.prices.pricing import canonical_names
from shared.domain.prices.token_pools import TokenPools

_FREE_FIELDS: Final = {"metadata", "response", "response_stream"}
_SORTING: Final = JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)
_TO_JSON: Final = MeteringEvent.__pydantic_serializer__.to_json
_EARLIEST: Final = -MAX_AHEAD


class RecordedEvent(NamedTuple):
    """A metering event as the ledger stores it, and the amounts it adds to the counters."""

    id: str
    ts: datetime
    category: Category
    provider: str
    model: str
    """The provider and the model as the caller names them."""
    series: Series
    """The provider and the model as the catalog names them, so that every alias is counted as one."""
    status: Status | None
    tokens: TokenPools | None
    latency_ms: int | None
    cost: EventCost
    served_model: str | None
    """The model that the response names, where it is another one than `model`."""
    user_id: str | None
    run_id: str | None
    workflow_id: str | None
    request_id: str | None
    kind: str | None
    """The step that it reports, as its caller names it."""
    metadata_json: str | None
    fingerprint: str
    """Hash of the payload as sent: distinguishes a duplicate from a different event with the same id."""
    amounts: Totals
    metadata_cut: bool
    """Whether `metadata_json` is only the part of the metadata that may be stored."""
    redactions: int
    """How many known secrets were replaced in the metadata."""
    identity: str
    """The text that is unique for each event of a tenant: `id`, except for a CloudEvent."""
    tags: Mapping[str, str] | None = None
    key: str | None = None
    """The id of the API key that recorded it; None for events older than this field."""
    budgets: tuple[Counted, ...] = ()
    """The budgets in which it counts beside the totals; none for events older than this field."""
    parent_run_id: str | None = None
    """The run that started its run; None for events older than this field."""
    adjusts: str | None = None
    """The id of the event of which it corrects the sums, too late to do so in the hour of that event."""
    correction: Correction | None = None
    """Read beside the event, which it does not change."""


def prepare(
    sent: MeteringEvent, tenant_id: str, now: datetime, terms: RecordingTerms = LIST_TERMS
) -> RecordedEvent:
    """Return the event that was sent ready to be stored for `tenant_id`; raise RefusedEvent if it cannot be."""
    event = _with_status_of_kind(sent, sent.kind) if sent.kind else sent
    if event.tenant_id is not None and event.tenant_id != tenant_id:
        raise RefusedEvent(
            "tenant_id", "tenant_mismatch", f"tenant_id {event.tenant_id!r} is not the tenant of this API key"
        )
    # Checked before it is converted: some instants at the ends of the calendar have no UTC form.
    ts = now if event.ts is None else _within_window(event.ts, now).astimezone(UTC)
    provider = resolve_provider(event.provider)
    read = read_usage(event, provider)
    pools = read.pools if read and read.calls else None
    served = read.served_model if read else None
    cost = cost_of_event(event, read, Priced(provider, ts, terms))
    metadata_json, metadata_cut, redactions = (
        stored_metadata(event.metadata) if event.metadata else NO_METADATA
    )
    event_id = event.id or _derived_id(event)
    return RecordedEvent(  # by position: as many keywords would take twice as long, once per event
        event_id,
        ts,
        event.category,
        event.provider,
        event.model,
        _series(event, provider, served),
        event.status,
        pools,
        event.latency_ms,
        cost,
        None if served == event.model else served,
        event.user_id,
        event.run_id,
        event.workflow_id,
        event.request_id,
        event.kind,
        metadata_json,
        fingerprint_of(sent),
        amounts_of(Measures(event.category, event.status, pools, event.latency_ms, cost)),
        metadata_cut,
        redactions,
        event_id,
        event.tags or None,
        terms.key,
        (),
        _parent_of(event) if event.parent_run_id else None,
    )


def _parent_of(event: MeteringEvent) -> str | None:
    if event.run_id is None:
        raise RefusedEvent(
            "parent_run_id", "parent_without_run", "parent_run_id needs the run_id of its child"
        )
    if event.parent_run_id == event.run_id:
        raise RefusedEvent("parent_run_id", "own_parent", f"run {event.run_id!r} cannot be its own parent")
    return event.parent_run_id


def _with_status_of_kind(event: MeteringEvent, kind: str) -> MeteringEvent:
    """Return the event with the status that its kind implies; a status of its own stays."""
    if event.status is None:
        return event.model_copy(update={"status": implied_status(kind)})
    if contradicts(kind, event.status):
        raise RefusedEvent(
            "status", "contradictory_status", f"status is {event.status}, but the kind is {kind}"
        )
    return event


def _series(event: MeteringEvent, provider: ResolvedProvider, served: str | None) -> Series:
    """Return the series of an event: that of the model that answered, or the names as sent if nobody lists them."""
    listed = _listed_series(provider, served) if served else None
    return listed or _listed_series(provider, event.model) or Series(event.provider, event.model)


@lru_cache(maxsize=MAX_CACHED_NAMES)
def _listed_series(provider: ResolvedProvider, model: str) -> Series | None:
    names = canonical_names(provider, model)
    return Series(*names) if names else None


def _within_window(ts: datetime, now: datetime) -> datetime:
    age = now - ts
    if age > MAX_AGE:
        raise RefusedEvent("ts", "ts_too_old", f"ts {ts.isoformat()} is more than {MAX_AGE.days} days old")
    if age < _EARLIEST:
        raise RefusedEvent("ts", "ts_in_future", f"ts {ts.isoformat()} is more than 10 minutes in the future")
    return ts


def _derived_id(event: MeteringEvent) -> str:
    return f"{event.provider}:{event.request_id}" if event.request_id else str(uuid4())


def fingerprint_of(event: MeteringEvent) -> str:
    """Hash the event in one canonical form, whatever the order of its keys and the offset of its time.

    Its tenant is no part of it: a retry may name the tenant elsewhere, or use the tenant's own key.
    """
    ts = event.ts
    # Nearly every caller sends UTC, so that a copy is rare.
    changed: dict[str, object] = {"ts": ts.astimezone(UTC)} if ts and ts.utcoffset() else {}
    if event.tenant_id is not None:
        changed["tenant_id"] = None
    in_utc = event.model_copy(update=changed) if changed else event
    if event.metadata is None and event.response is None and event.response_stream is None:
        return blake2b(_TO_JSON(in_utc, exclude_none=True), digest_size=16).hexdigest()
    # Only these may contain keys in the caller's order. Sorting all of the event would take several times as long.
    fields = _TO_JSON(in_utc, exclude_none=True, exclude=_FREE_FIELDS)
    free = _SORTING.encode((event.metadata, event.response, event.response_stream))
    return blake2b(fields + free.encode(), digest_size=16).hexdigest()
