"""Recording by a platform key: 500 events of 50 tenants in one request, beside the same by the tenants' own keys."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import count

from shared.adapters.default_plans import default_plans
from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.rpc import open_channel
from shared.adapters.memory import MemoryStore
from shared.domain.people.audit import Change
from shared.domain.people.keys import PLATFORM_SCOPES
from shared.ports import Operations
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.limit_rates import RateLimits
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.metering.record_for_tenants import PlatformRecorder, Sender
from shared.usecases.people.authenticate import Access, PlatformAccess
from shared.usecases.people.manage_keys import KeyRequest, create_key
from shared.usecases.people.manage_tenants import TenantRequest, create_tenant
from shared.usecases.people.named_tenants import NamedTenants
from shared.usecases.prices.read_prices import PriceReader
from tools.bench.operations import RETENTION, THRESHOLDS
from tools.bench.report import Measure, at_least, at_most, exactly, figure
from tools.bench.sample import BATCH_EVENTS, Event, body_of, sample_events
from tools.bench.served import Caller, named, served
from tools.bench.timing import medians, seconds
from tools.dev.emulators import firestore_emulator
from tools.dev.settings import PROJECT_ID

TENANTS = 50
EVENTS_EACH = BATCH_EVENTS // TENANTS
ROUNDS = 12
WARM_UPS = 3
CONNECTIONS = 8
"""As many requests by tenants' keys at once as a request by a platform key has commits at once."""


def measure() -> Iterator[Measure]:
    """Measure the rate over HTTP, and the billed operations of the real adapter, both on the emulator."""
    with firestore_emulator(heap_mb=2048) as host, open_channel(host) as channel:
        rpc = FirestoreRpc(PROJECT_ID, lambda: channel, is_emulator=True)
        keys = _create_tenants(FirestoreDirectory(rpc))
        yield from _operations(rpc, list(keys))
        yield from _rates(host, FirestoreDirectory(rpc), keys)


def _create_tenants(directory: FirestoreDirectory) -> dict[str, str]:
    """Return the key of each tenant by its id."""
    keys = {}
    for number in range(TENANTS):
        request = TenantRequest(f"bench-{number}", f"Bench {number}", default_plans().plans[-1])
        change = Change("bench", datetime.now(UTC))
        tenant, made = create_tenant(directory, request, change, is_live=False)
        keys[tenant.id] = made.secret
    return keys


def _operations(rpc: FirestoreRpc, tenant_ids: list[str]) -> Iterator[Measure]:
    events = EventRecorder(Ledger(FirestoreUsageStore(rpc, RETENTION)), PriceReader(MemoryStore()))
    tenants = NamedTenants(FirestoreDirectory(rpc), default_plans)
    recorder = PlatformRecorder(events, tenants, RateLimits(THRESHOLDS))
    sender = Sender(PlatformAccess(permissions=PLATFORM_SCOPES, actor="bench"), None)
    now = datetime.now(UTC)

    def together() -> None:
        recorder.record(recorder.admit(sender, _events_of(tenant_ids, next(numbers)), now))

    def alone() -> None:
        number = next(numbers)
        for tenant in known.values():
            access = Access(tenant=tenant, permissions=("usage:write",), actor="bench")
            events.record(access, _events_of([tenant.id], number), now)

    numbers, known = count(), tenants.find_all(tenant_ids, now)
    by_platform, by_keys = _billed(rpc, together), _billed(rpc, alone)
    words = f"{by_keys.writes / BATCH_EVENTS:.3g} by the tenants' keys"
    yield Measure("platform_writes_per_event", by_platform.writes / BATCH_EVENTS, "writes/event", None, words)
    yield Measure("platform_writes_vs_keys", by_platform.writes / by_keys.writes, "times", exactly(1))
    yield Measure(
        "platform_reads", by_platform.reads, "reads", exactly(0), "once a minute one for each tenant"
    )
    yield Measure("platform_rpcs", by_platform.calls, "RPCs", at_most(TENANTS))


def _billed(rpc: FirestoreRpc, work: Callable[[], None]) -> Operations:
    with rpc.request() as operations:
        work()
    return operations


def _rates(host: str, directory: FirestoreDirectory, keys: Mapping[str, str]) -> Iterator[Measure]:
    request = KeyRequest(label="bench", scopes=PLATFORM_SCOPES, is_live=False)
    platform_key = create_key(directory, None, request, Change("bench", datetime.now(UTC))).secret
    with served(host, named("record_usage")) as (server,), ThreadPoolExecutor(CONNECTIONS) as threads:
        platform = Caller(server, platform_key)
        owners = {tenant_id: Caller(server, key) for tenant_id, key in keys.items()}
        first, *_ = keys
        numbers = count(100)  # after those of the operations

        def together() -> float:
            body = body_of(_events_of(keys, next(numbers)))
            return seconds(lambda: platform.send(body))

        def alone() -> float:
            number = next(numbers)
            bodies = [body_of(_events_of([each], number)) for each in keys]
            return seconds(lambda: list(threads.map(Caller.send, owners.values(), bodies)))

        def one_tenant() -> float:
            events = sample_events(BATCH_EVENTS, f"one-{next(numbers)}", datetime.now(UTC), runs=TENANTS)
            body = body_of(events)
            return seconds(partial(owners[first].send, body))

        takes = (together, alone, one_tenant)
        for take in takes:
            for _ in range(WARM_UPS):
                take()
        own, by_keys, by_one = (BATCH_EVENTS / each for each in medians(ROUNDS, *takes))
    words = f"{figure(own)} events/s; {figure(by_keys)} by {TENANTS} keys on {CONNECTIONS} connections"
    yield Measure("platform_rate_vs_keys", own / by_keys, "times", at_least(1), words)
    words = f"{figure(by_one)} events/s of one tenant in one request"
    yield Measure("platform_rate_vs_one_tenant", own / by_one, "times", None, words)


def _events_of(tenant_ids: Mapping[str, str] | list[str], number: int) -> list[Event]:
    """Return events of a run for each of the tenants."""
    now = datetime.now(UTC)
    return [
        {**event, "tenant_id": tenant_id}
        for tenant_id in tenant_ids
        for event in sample_events(EVENTS_EACH, f"{tenant_id}-{number}", now, runs=1)
    ]
