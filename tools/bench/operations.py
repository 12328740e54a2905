"""Billed operations of each thing the product does, and what a million events cost by them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import grpc

from shared.adapters.default_plans import default_plans
from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.rpc import open_channel
from shared.adapters.memory import MemoryStore
from shared.domain.limits.metrics import UsageRequest
from shared.domain.metering.sealed_requests import batch_of
from shared.domain.people.keys import ALL_SCOPES
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.check_limits import Limits, Planned, Thresholds
from shared.usecases.limits.read_usage import read_current
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.people.authenticate import Access, KeyAuthenticator
from shared.usecases.prices.read_prices import PriceReader
from tools.bench.counting import OperationCounter, Operations, usd
from tools.bench.report import Measure, at_most, exactly
from tools.bench.sample import sample_events, sealed_events
from tools.bench.served import TENANT_ID, create_bench_tenant
from tools.dev.emulators import firestore_emulator
from tools.dev.settings import PROJECT_ID

RETENTION = timedelta(days=90)
THRESHOLDS = Thresholds(80, 100, default_plans)
_TENANT = Tenant(id=TENANT_ID, name=TENANT_ID, plan="free", created_at=datetime(2026, 1, 1, tzinfo=UTC))
NO_NAMES: Mapping[str, object] = {"user_id": None, "workflow_id": None}
_NAMES = {"user_id": "ada", "workflow_id": "triage", "tags": {"team": "search", "env": "prod"}}
_ACCESS = Access(tenant=_TENANT, permissions=ALL_SCOPES, actor="bench")


def measure() -> Iterator[Measure]:
    """Count operations at the channel of the real adapter, on the emulator."""
    with firestore_emulator() as host, open_channel(host) as channel:
        key = create_bench_tenant(host)
        counter = OperationCounter()
        rpc = FirestoreRpc(PROJECT_ID, lambda: grpc.intercept_channel(channel, counter), is_emulator=True)
        bench = Bench(rpc, counter, key)
        yield from bench.recording()
        yield from bench.reading()
        yield from bench.folding()
        yield from bench.costs()


@dataclass
class Bench:
    """The measures on one store."""

    rpc: FirestoreRpc
    counter: OperationCounter
    key: str
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.store = FirestoreUsageStore(self.rpc, RETENTION)
        self.directory = FirestoreDirectory(self.rpc)
        self.limits = Limits(Ledger(self.store), THRESHOLDS)
        self.recorder = EventRecorder(self.limits.ledger, PriceReader(MemoryStore()))
        self.folder = TenantFolder(self.store, THRESHOLDS.policy_of)

    def record(
        self, events: int, *, runs: int, names: Mapping[str, object] = NO_NAMES, seals: bool = False
    ) -> Operations:
        """Count the operations of one request of `events` events in `runs` runs, all with the same names."""
        now, number = datetime.now(UTC), next(self._numbers)
        sample = sample_events(events, f"operations-{number}", now, runs=runs)
        if seals:
            sample = sealed_events(sample, number)
        items = [{**event, **names} for event in sample]
        return self.counter.of(lambda: self.recorder.record(_ACCESS, items, now, batch_of(items, None)))

    def recording(self) -> Iterator[Measure]:
        """Measure recording. Each instance looks the key up once a minute; that is not counted."""
        single, in_run, batch = self.record(1, runs=0), self.record(1, runs=1), self.record(100, runs=1)
        yield Measure("single_event_writes", single.writes, "writes", exactly(2))
        yield Measure("single_event_reads", single.reads, "reads", exactly(0))
        yield Measure("single_event_in_run_writes", in_run.writes, "writes", exactly(3))
        yield Measure("batch_100_writes_per_event", batch.writes / 100, "writes/event", at_most(1.02))
        named = self.record(1, runs=1, names=_NAMES)
        words = "with a user, a workflow and two tags"
        yield Measure("single_event_in_run_with_names_writes", named.writes, "writes", exactly(4), words)
        yield Measure("single_event_in_run_with_names_reads", named.reads, "reads", exactly(0), words)
        yield Measure("batch_100_rpcs", batch.rpcs, "RPCs", exactly(1))
        authenticator = KeyAuthenticator(self.directory)
        found = self.counter.of(lambda: authenticator.authenticate(self.key, datetime.now(UTC)))
        yield Measure("key_lookup_reads", found.reads, "reads", None, "once a minute and instance")

    def reading(self) -> Iterator[Measure]:
        """Measure the limit check and the usage page, before the first fold and after it."""
        new = replace(_TENANT, created_at=datetime.now(UTC))
        for name, known in (("new_tenant", new), ("never_folded", _TENANT)):
            found = self.check(known)
            words = f"before the tenant's first fold; {found.reads} reads"
            yield Measure(f"check_rpcs_{name}", found.rpcs, "RPCs", at_most(2), words)
        self.fold()
        stale = self.check(_TENANT)
        words = f"the tenant is known as it was before its first fold; {stale.reads} reads"
        yield Measure("check_rpcs_stale_key", stale.rpcs, "RPCs", at_most(2), words)
        self.limits = Limits(Ledger(self.store), THRESHOLDS)
        yield Measure("check_rpcs_new_instance", self.check(self.known()).rpcs, "RPCs", at_most(2))
        idle = self.check(self.known())
        words = "nothing recorded since the last fold"
        yield Measure("check_rpcs_idle", idle.rpcs, "RPCs", exactly(1), words)
        yield Measure("usage_page_rpcs_idle", self.usage().rpcs, "RPCs", exactly(1))
        self.record(1, runs=1)
        yield from _rpcs_and_reads("check", self.check(self.known()))
        yield from _rpcs_and_reads("usage_page", self.usage())

    def known(self) -> Tenant:
        """Return the tenant as a new instance knows it."""
        return self.directory.find_tenant(TENANT_ID) or _TENANT

    def check(self, known: Tenant) -> Operations:
        """Count the operations of one limit check."""
        planned, now = Planned(request=UsageRequest(tokens=1000, runs=1)), datetime.now(UTC)
        return self.counter.of(lambda: self.limits.check(known, planned, now))

    def usage(self) -> Operations:
        """Count the operations of one usage page."""
        known = self.known()
        return self.counter.of(lambda: read_current(self.limits, known, datetime.now(UTC)))

    def fold(self) -> Operations:
        """Count the operations of a fold."""
        return self.counter.of(lambda: fold_tenants(self.folder, [TENANT_ID], datetime.now(UTC)))

    def folding(self) -> Iterator[Measure]:
        """Measure the fold of 100 new events."""
        self.record(100, runs=1)
        fold = self.fold()
        yield Measure("fold_100_events_reads", fold.reads, "reads")
        yield Measure("fold_100_events_writes", fold.writes, "writes")

    def costs(self) -> Iterator[Measure]:
        """Measure the cost of a million events, with their later deletion, in requests of one run each."""
        for events in (1, 10, 100):
            each = self.record(events, runs=1).cost_nanousd(deletes=events)
            cost = usd(each * (1_000_000 // events))
            yield Measure(f"cost_per_million_by_{events}", cost, "USD per 1,000,000 events")
        each = self.record(10, runs=1, names=_NAMES).cost_nanousd(deletes=10)
        cost = usd(each * (1_000_000 // 10))
        yield Measure("cost_per_million_by_10_with_names", cost, "USD per 1,000,000 events")
        alone = self.record(1, runs=0).cost_nanousd(deletes=1)
        yield Measure("cost_per_million_by_1_without_run", usd(alone * 1_000_000), "USD per 1,000,000 events")


def _rpcs_and_reads(name: str, operations: Operations) -> Iterator[Measure]:
    yield Measure(f"{name}_rpcs", operations.rpcs, "RPCs", at_most(2))
    yield Measure(f"{name}_reads", operations.reads, "reads")
