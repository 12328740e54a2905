"""The reads of checks and usage pages for each kind of tenant, at the end of a period, when they read most."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import grpc

from shared.adapters.default_plans import default_plans
from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.rpc import open_channel
from shared.domain.ledger.counter_settings import MAX_COUNTER_SHARDS
from shared.domain.limits.metrics import UsageRequest
from shared.domain.people.tenants import Tenant
from shared.ports.ledger import NOTHING
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger, read_documents
from shared.usecases.limits.check_limits import Limits, Planned, Thresholds
from shared.usecases.limits.read_usage import read_current
from tools.bench.counting import OperationCounter, Operations
from tools.bench.history import create, event
from tools.bench.report import Measure, Target, at_most, exactly
from tools.dev.emulators import firestore_emulator
from tools.dev.settings import PROJECT_ID

NOW = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
PLANNED = Planned(request=UsageRequest(tokens=1000, runs=1))
ANCHORS: Final = {"calendar": None, "anchored": datetime(2026, 10, 31, 17, tzinfo=UTC)}
"""The anchored period touches 32 days in two months, and cuts the first and the last of these days."""
DAYS = 32
IDLE_DAYS = 25
DAILY_JOB = timedelta(hours=4)
_RETENTION = timedelta(days=90)
_EVENTS = 5
_A_DAY = timedelta(days=1)
_SHORTLY_BEFORE = timedelta(minutes=1)
_WITHIN_MEMORY = timedelta(seconds=1.9)
_AFTER_MEMORY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Budget:
    """The RPCs that a read may take, and the documents besides the counters of today."""

    rpcs: Target
    documents: Target
    counters: int = 1

    def rows(self, name: str, found: Operations) -> Iterator[Measure]:
        """Yield what a read took."""
        yield Measure(f"{name}_rpcs", found.rpcs, "RPCs", self.rpcs)
        words = f"{found.reads} reads: {self.counters} more of today's counters, {found.counted} for counting runs"
        documents = found.reads - found.counted - self.counters
        yield Measure(f"{name}_documents", documents, "documents", self.documents, words)


CHECK = Budget(at_most(2), at_most(5))
CHECK_WITHOUT_NEWS = Budget(exactly(1), at_most(5))
CHECK_AFTER_IDLENESS = Budget(at_most(2), at_most(8))
PAGE = Budget(at_most(2), at_most(40))


def measure() -> Iterator[Measure]:
    """Count at the channel of the real adapter, on the emulator, by a clock that the bench sets."""
    with firestore_emulator() as host, open_channel(host) as channel:
        counter = OperationCounter()
        rpc = FirestoreRpc(PROJECT_ID, lambda: grpc.intercept_channel(channel, counter), is_emulator=True)
        for kind, anchor in ANCHORS.items():
            reading = Reading(rpc, counter, kind, anchor)
            yield from reading.in_use()
            yield from reading.after_idleness()
            yield from reading.with_many_counters()


@dataclass
class Reading:
    """The measures of one kind of tenant."""

    rpc: FirestoreRpc
    counter: OperationCounter
    kind: str
    anchor: datetime | None

    def __post_init__(self) -> None:
        self.store = FirestoreUsageStore(self.rpc, _RETENTION)
        self.limits = Limits(Ledger(self.store), Thresholds(80, 100, default_plans))
        self._numbers = count()

    def in_use(self) -> Iterator[Measure]:
        """Read a tenant that is used every day, when nothing is new since the fold and when something is."""
        tenant_id = self._used_daily("in-use")
        yield from CHECK_WITHOUT_NEWS.rows(f"check_{self.kind}_idle", self._check(tenant_id))
        yield from PAGE.rows(f"page_{self.kind}_idle", self._page(tenant_id))
        self._record(tenant_id, NOW)
        yield from CHECK.rows(f"check_{self.kind}_news", self._check(tenant_id))
        yield from PAGE.rows(f"page_{self.kind}_news", self._page(tenant_id))

    def after_idleness(self) -> Iterator[Measure]:
        """Read a tenant that was last used 25 days ago; since then only the daily job has looked at it."""
        tenant_id, midnight = self._create("idle"), NOW.replace(hour=0, minute=0)
        self._record(tenant_id, NOW - IDLE_DAYS * _A_DAY)
        for days_ago in reversed(range(1, IDLE_DAYS)):
            self._fold(tenant_id, midnight - days_ago * _A_DAY + DAILY_JOB)
        name = f"check_{self.kind}_{IDLE_DAYS}_days_idle"
        before = self._check(tenant_id, midnight + DAILY_JOB)
        yield from CHECK_AFTER_IDLENESS.rows(f"{name}_before_daily_job", before)
        self._fold(tenant_id, midnight + DAILY_JOB)
        yield from CHECK_AFTER_IDLENESS.rows(name, self._check(tenant_id))
        self._record(tenant_id, NOW)
        yield from CHECK_AFTER_IDLENESS.rows(f"{name}_then_news", self._check(tenant_id))

    def with_many_counters(self) -> Iterator[Measure]:
        """Read a tenant with as many counters as there may be; its checks are remembered for two seconds."""
        tenant_id = self._used_daily("spread")
        self._spread(tenant_id)
        for _ in range(2 * MAX_COUNTER_SHARDS):
            self._record(tenant_id, NOW)
        name = f"{self.kind}_{MAX_COUNTER_SHARDS}_shards"
        check, page = (replace(each, counters=MAX_COUNTER_SHARDS) for each in (CHECK, PAGE))
        yield from check.rows(f"check_{name}", self._check(tenant_id))
        again = self._check(tenant_id, NOW + _WITHIN_MEMORY)
        yield Measure(f"check_{name}_again_in_2_s_reads", again.reads, "reads", exactly(0))
        later = self._check(tenant_id, NOW + _AFTER_MEMORY)
        yield Measure(f"check_{name}_again_after_2_s_reads", later.reads, "reads")
        yield from page.rows(f"page_{name}", self._page(tenant_id))

    def _create(self, name: str) -> str:
        """Create a tenant of this kind, and return its id."""
        tenant_id = f"{self.kind}-{name}"
        created_at = NOW - 2 * DAYS * _A_DAY
        tenant = Tenant(id=tenant_id, name=name, plan="enterprise", created_at=created_at, anchor=self.anchor)
        create(FirestoreDirectory(self.rpc), tenant)
        return tenant_id

    def _used_daily(self, name: str) -> str:
        """Create a tenant that was used on every day of its period, all folded, and return its id."""
        tenant_id = self._create(name)
        for days_ago in reversed(range(DAYS)):
            self._record(tenant_id, NOW - days_ago * _A_DAY)
        self._fold(tenant_id, NOW)
        return tenant_id

    def _record(self, tenant_id: str, now: datetime) -> None:
        """Record a few events of a new run."""
        number = next(self._numbers)
        events = [
            event(each, now - _SHORTLY_BEFORE, f"{self.kind}-{number}", "run") for each in range(_EVENTS)
        ]
        self.limits.ledger.record(self._known(tenant_id), events, now)

    def _fold(self, tenant_id: str, now: datetime) -> None:
        fold_tenants(TenantFolder(self.store, self.limits.thresholds.policy_of), [tenant_id], now)

    def _spread(self, tenant_id: str) -> None:
        """Have the tenant's writers spread over as many counters as there may be."""
        found = self.store.read(tenant_id)
        settings = replace(self._known(tenant_id).counters, shards=MAX_COUNTER_SHARDS)
        self.store.save_counter_settings(tenant_id, settings, found.version)

    def _known(self, tenant_id: str) -> Tenant:
        return read_documents(self.store, tenant_id, NOTHING)[0]

    def _check(self, tenant_id: str, now: datetime = NOW) -> Operations:
        known = self._known(tenant_id)
        return self.counter.of(lambda: self.limits.check(known, PLANNED, now))

    def _page(self, tenant_id: str) -> Operations:
        known = self._known(tenant_id)
        return self.counter.of(lambda: read_current(self.limits, known, NOW))
