"""Tenants with much and with little history, alike in everything but the number of events."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from shared.domain.ledger.counter_settings import DEFAULT_COUNTER_SETTINGS
from shared.domain.ledger.counters import Series
from shared.domain.metering.amounts import Measures, amounts_of
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ApiKey
from shared.domain.people.tenants import Tenant
from shared.domain.prices.costs import CLIENT_PRICE, EventCost
from shared.domain.prices.token_pools import TokenPools
from shared.ports import Directory, UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from tools.bench.sample import BATCH_EVENTS

NOW = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
DAYS = NOW.day
HOURS = range(8, 16)
SERIES = [Series("openai", f"model-{number}") for number in range(5)]
POSITIONS_PER_RUN = 50 * len(HOURS)
"""Up to 50 events to a run, all in one hour. 100,000 events are 2,080 runs: a little above the largest plan, and
enough that a count of all of them would cost more reads than one of the few of little history."""
_POOLS = TokenPools(1200, 300, 1500, cache_read=400)
_COST = EventCost("client", 950_000, CLIENT_PRICE)
_AMOUNTS = amounts_of(Measures("llm", "ok", _POOLS, 800, _COST))
_THREADS = 4


def event(number: int, ts: datetime, prefix: str, run: str) -> RecordedEvent:
    """Return an LLM call as it is stored; counters depend on its hour and series alone."""
    series = SERIES[number % len(SERIES)]
    return RecordedEvent(
        id=f"{prefix}-{number}",
        ts=ts,
        category="llm",
        provider=series.provider,
        model=series.model,
        series=series,
        status="ok",
        tokens=_POOLS,
        latency_ms=800,
        cost=_COST,
        served_model=None,
        user_id=None,
        run_id=f"{prefix}-run-{run}",
        workflow_id=None,
        request_id=None,
        kind=None,
        metadata_json=None,
        metadata_cut=False,
        redactions=0,
        fingerprint="f" * 32,
        identity=f"{prefix}-{number}",
        amounts=_AMOUNTS,
    )


def create(directory: Directory, tenant: Tenant) -> None:
    """Create a tenant, with a key that nobody has."""
    key = ApiKey(
        id=f"key-of-{tenant.id}",
        tenant_id=tenant.id,
        scopes=(),
        label="",
        prefix="",
        created_at=tenant.created_at,
    )
    audit = AuditEntry(
        tenant_id=tenant.id,
        at=tenant.created_at,
        actor="bench",
        action="tenant.created",
        before=None,
        after=tenant.plan,
        reason="",
    )
    directory.create_tenant(tenant, key, audit)


def load(store: UsageStore, directory: Directory, tenant_id: str, events: int) -> None:
    """Give a new tenant `events` events over the days of its period, all folded.

    Every day has the same hours and series however many events there are, so every document holds as many
    fields: those are bounded by a day's hours and series, not by its history.
    """
    create(directory, Tenant(id=tenant_id, name=tenant_id, plan="enterprise", created_at=NOW))
    with ThreadPoolExecutor(_THREADS) as pool:
        batches = _batches(tenant_id, events)
        for _ in pool.map(lambda each: store.record(tenant_id, each, DEFAULT_COUNTER_SETTINGS, NOW), batches):
            pass
    fold_tenants(TenantFolder(store), [tenant_id], NOW)


def _batches(tenant_id: str, events: int) -> Iterator[list[RecordedEvent]]:
    """Batches of one day each, the days in turn: threads that write at once write to different counters."""
    per_day = events // DAYS
    for start in range(0, per_day, BATCH_EVENTS):
        positions = range(start, min(start + BATCH_EVENTS, per_day))
        for day in range(1, DAYS + 1):
            yield [_historical(tenant_id, day, day * per_day + each, each) for each in positions]


def _historical(tenant_id: str, day: int, number: int, position: int) -> RecordedEvent:
    """Return the event at a position of its day: hours in turn, each with every series."""
    hour = HOURS[position // len(SERIES) % len(HOURS)]
    ts = NOW.replace(day=day, hour=hour, minute=position % 60)
    return event(number, ts, tenant_id, f"{day}-{hour}-{position // POSITIONS_PER_RUN}")
