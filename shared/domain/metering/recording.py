"""Prepares a valid event for the ledger: checks its tenant and time, adds its id, tokens, cost and amounts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import blake2b
from json import JSONEncoder
from typing import Final, NamedTuple
from uuid import uuid4

from shared.domain.ledger.attribution import (
    MAX_TAG_NAMES,
    Attribution,
    Dimension,
    Names,
    attributed,
    tag_dimension,
)
from shared.domain.ledger.budget_counts import BudgetHours, Counted, HourCount
from shared.domain.ledger.counters import Cell, Cells, Series, Totals, add
from shared.domain.ledger.periods import MAX_AGE, MAX_AHEAD
from shared.domain.ledger.sums import count_of
from shared.domain.metering.amounts import Measures, amounts_of
from shared.domain.metering.corrections import Correction
from shared.domain.metering.event_costs import LIST_TERMS, Priced, PricingTerms, cost_of_event
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
    sent: MeteringEvent, tenant_id: str, now: datetime, terms: PricingTerms = LIST_TERMS
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
        None,
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
    to_json = event.__pydantic_serializer__.to_json
    if event.metadata is None and event.response is None and event.response_stream is None:
        return blake2b(to_json(in_utc, exclude_none=True), digest_size=16).hexdigest()
    # Only these may contain keys in the caller's order. Sorting all of the event would take several times as long.
    fields = to_json(in_utc, exclude_none=True, exclude=_FREE_FIELDS)
    free = _SORTING.encode((event.metadata, event.response, event.response_stream))
    return blake2b(fields + free.encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class DayDelta:
    """The amounts that events add to a day's counters, and the hours (0-23) in which they may have begun a run."""

    cells: Cells
    run_hours: set[int]
    events: int = 0
    keys: Names = field(default_factory=dict)
    """By the id of the API key."""
    names: Attribution = field(default_factory=dict)
    budgets: BudgetHours = field(default_factory=dict)
    late_days: set[date] = field(default_factory=set)
    """Earlier days to which the same commit adds something."""


def deltas_by_day(events: Iterable[RecordedEvent], tag_names: Collection[str] = ()) -> dict[date, DayDelta]:
    """Return the amounts that `events` add to each of their UTC days, even if a day's events add nothing.

    Of a tenant with the most `tag_names`, other tags are not summed.
    """
    days: dict[date, DayDelta] = {}
    for event in events:
        ts = event.ts
        delta = days.get(ts.date())
        if delta is None:
            delta = days[ts.date()] = DayDelta({}, set())
        delta.events += 1
        if event.amounts:
            add(delta.cells.setdefault(Cell(ts.hour, event.series), {}), event.amounts)
            if event.key is not None:
                add(delta.keys.setdefault(event.key, {}), event.amounts)
            if event.user_id or event.workflow_id or event.tags:
                _attribute(event, delta.names, tag_names)
        if event.run_id is not None:
            delta.run_hours.add(ts.hour)
        if event.budgets:
            _count_budgets(delta.budgets, event)
    for delta in days.values():
        delta.keys = _attributed(delta.keys)
        delta.names = {
            dimension: names for dimension, sums in delta.names.items() if (names := _attributed(sums))
        }
    return days


def _attributed(sums: Names) -> Names:
    """Return what is summed by name of the totals of each, without the names that have nothing of it."""
    return {name: totals for name, amounts in sums.items() if (totals := attributed(amounts))}


def names_of(event: RecordedEvent, tag_names: Collection[str] = ()) -> list[tuple[Dimension, str]]:
    """Return the names that the event's amounts are summed by, but for its key."""
    names: list[tuple[Dimension, str]] = []
    if event.user_id is not None:
        names.append(("user", event.user_id))
    if event.workflow_id is not None:
        names.append(("workflow", event.workflow_id))
    for name, value in (event.tags or {}).items():
        if len(tag_names) < MAX_TAG_NAMES or name in tag_names:
            names.append((tag_dimension(name), value))
    return names


def _attribute(event: RecordedEvent, into: Attribution, tag_names: Collection[str]) -> None:
    for dimension, name in names_of(event, tag_names):
        add(into.setdefault(dimension, {}).setdefault(name, {}), event.amounts)


def deltas_with_late_days(
    events: Iterable[RecordedEvent], now: datetime, tag_names: Collection[str] = ()
) -> dict[date, DayDelta]:
    """Return the amounts by day, with earlier days listed on today's counter.

    A check reads today's counter anyway, and so learns which complete days to count again before their next fold.
    """
    days, today = deltas_by_day(events, tag_names), now.date()
    late = {day for day in days if day < today}
    if late:
        days.setdefault(today, DayDelta({}, set())).late_days |= late
    return days


def _count_budgets(budgets: BudgetHours, event: RecordedEvent) -> None:
    for slot, unit, is_by_run in event.budgets:
        count = None if is_by_run else count_of(event.amounts, event.run_id, unit)
        if count:
            budgets.setdefault(slot, {}).setdefault(event.ts.hour, HourCount()).add(count)
