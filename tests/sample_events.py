"""Recorded events for tests of storage and folding, and the totals they add up to."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.counters import (
    Cells,
    CounterShard,
    Metric,
    Series,
    ShardRef,
    Totals,
    merge_cells,
    sum_totals,
)
from shared.domain.ledger.documents import Wanted
from shared.domain.metering.amounts import Measures, amounts_of, can_cost
from shared.domain.metering.events import Category, Status
from shared.domain.metering.recording import RecordedEvent
from shared.domain.prices.costs import NO_COST, EventCost
from shared.domain.prices.token_pools import TokenPools
from shared.ports import UsageStore

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOON.date()
MINI = Series("openai", "gpt-4.1-mini")

CALL: Totals = {
    "calls": 1,
    "input_tokens": 100,
    "output_tokens": 20,
    "total_tokens": 100 + 20,
    "latency_ms": 350,
    "cost_nanousd": 72_000,
}
"""The amounts that one llm_call adds to the counters."""


def writing(shards: int) -> CounterSettings:
    """Return settings that spread writers over this many counters."""
    return CounterSettings(shards=shards)


ONE_SHARD = writing(1)


def llm_call(
    event_id: str,
    *,
    ts: datetime = NOON,
    provider: str = "openai",
    model: str = "gpt-4.1-mini",
    run_id: str | None = None,
    status: Status | None = None,
    payload: str = "first",
) -> RecordedEvent:
    """Return a call that adds CALL; `payload` is its fingerprint."""
    return event_of(
        event_id, TokenPools(100, 20, 120), 350, 72_000, ts=ts, series=Series(provider, model), run_id=run_id
    )._replace(status=status, fingerprint=payload)


def mark(event_id: str, run_id: str, status: Status, *, ts: datetime = NOON) -> RecordedEvent:
    """Return the start or end of a run, which adds nothing but an error if it failed."""
    return event_of(event_id, None, None, None, status=status, ts=ts, run_id=run_id)


def event_of(
    event_id: str,
    tokens: TokenPools | None,
    latency_ms: int | None,
    cost_nanousd: int | None,
    *,
    category: Category = "llm",
    status: Status | None = None,
    ts: datetime = NOON,
    series: Series = MINI,
    run_id: str | None = None,
) -> RecordedEvent:
    cost = EventCost("unknown") if can_cost(category, status, tokens) else NO_COST
    if cost_nanousd is not None:
        cost = EventCost("exact", cost_nanousd, "genai-prices 0.2.3")
    return RecordedEvent(
        id=event_id,
        ts=ts,
        category=category,
        provider=series.provider,
        model=series.model,
        series=series,
        status=status,
        tokens=tokens,
        latency_ms=latency_ms,
        cost=cost,
        served_model=None,
        user_id=None,
        run_id=run_id,
        workflow_id=None,
        request_id=None,
        kind=None,
        metadata_json=None,
        metadata_cut=False,
        redactions=0,
        fingerprint="first",
        identity=event_id,
        amounts=amounts_of(Measures(category, status, tokens, latency_ms, cost)),
    )


def costing(event: RecordedEvent, cost: EventCost) -> RecordedEvent:
    """Return `event` with another cost."""
    measures = Measures(event.category, event.status, event.tokens, event.latency_ms, cost)
    return event._replace(cost=cost, amounts=amounts_of(measures))


def times(count: int, amounts: Mapping[Metric, int] = CALL) -> Totals:
    """Return `count` times `amounts`."""
    return {metric: count * amount for metric, amount in amounts.items()} if count else {}


def sum_of_amounts(events: Iterable[RecordedEvent]) -> Totals:
    """Return the sum of the amounts of `events`."""
    return sum_totals(event.amounts for event in events)


def counted_cells(store: UsageStore, tenant_id: str, day: date = TODAY, shards: int = 1) -> Cells:
    """Return the cells of a day's counters, summed over all shards."""
    refs = tuple(ShardRef(day, number) for number in range(shards))
    return merge_cells(shard.cells for shard in read_shards(store, tenant_id, *refs))


def read_shards(store: UsageStore, tenant_id: str, *refs: ShardRef) -> list[CounterShard]:
    """Return counters with all their cells."""
    wanted = Wanted(shards=refs, fields=frozenset({"cells"}))
    return list(store.read(tenant_id, wanted).documents.shards.values())


def counted(store: UsageStore, tenant_id: str, day: date = TODAY, shards: int = 1) -> Totals:
    """Return the totals of a day's counters."""
    return sum_totals(counted_cells(store, tenant_id, day, shards).values())
