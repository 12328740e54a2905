"""The cost of history: checks, usage pages and folds with much of it and with little."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import grpc

from shared.adapters.default_plans import default_plans
from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.rpc import open_channel
from shared.adapters.memory import MemoryStore
from shared.domain.limits.metrics import UsageRequest
from shared.domain.people.tenants import Tenant
from shared.ports import Directory, UsageStore
from shared.ports.ledger import NOTHING
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger, read_documents
from shared.usecases.limits.check_limits import Limits, Planned, Thresholds
from shared.usecases.limits.read_usage import read_current
from tools.bench.counting import OperationCounter, Operations
from tools.bench.history import NOW, event, load
from tools.bench.report import Measure, at_most, exactly
from tools.bench.timing import medians, seconds
from tools.dev.emulators import firestore_emulator
from tools.dev.settings import PROJECT_ID

LITTLE = 1_000
MUCH_ON_EMULATOR = 100_000
MUCH_IN_MEMORY = 1_000_000
NEW_EVENTS = 100
IDLE_ROUNDS = 200
"""A read of an idle tenant takes a few milliseconds, so the median of few would be chance."""
ROUNDS_ON_EMULATOR = 40
"""A count or a query takes the emulator 150 ms, give or take 20: it goes through all that any tenant has."""
ROUNDS_IN_MEMORY = 200
WARM_UPS = 4
WORK = ("check", "usage", "fold")
_ALIKE = at_most(1.1)
_RETENTION = timedelta(days=90)
_A_DAY = timedelta(days=1)
_BEFORE_NOW = timedelta(minutes=40)
_PLANNED = Planned(request=UsageRequest(tokens=1000, runs=1))
_NUMBERS = count()


@dataclass
class Subject:
    """One tenant of a store, as its key's memory holds it, and what is done with it."""

    store: UsageStore
    known: Tenant

    def __post_init__(self) -> None:
        self.limits = Limits(Ledger(self.store), Thresholds(80, 100, default_plans))

    def check(self) -> None:
        """Ask whether something fits."""
        self.limits.check(self.known, _PLANNED, NOW)

    def usage(self) -> None:
        """Read the usage page."""
        read_current(self.limits, self.known, NOW)

    def fold(self) -> None:
        """Fold what is new."""
        folder = TenantFolder(self.store, self.limits.thresholds.policy_of)
        fold_tenants(folder, [self.known.id], NOW)

    def record(self) -> None:
        """Let there be new events, in one run."""
        prefix = f"{self.known.id}-new{next(_NUMBERS)}"
        events = [event(number, NOW - _BEFORE_NOW, prefix, "new") for number in range(NEW_EVENTS)]
        self.limits.ledger.record(self.known, events, NOW)

    def timed_check(self) -> float:
        """Seconds that a check takes."""
        return seconds(self.check)

    def timed_usage(self) -> float:
        """Seconds that the usage page takes."""
        return seconds(self.usage)

    def timed_fold(self) -> float:
        """Seconds that the fold of new events takes."""
        self.record()
        return seconds(self.fold)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tenants of one store: one with little history, one with much."""

    kind: str
    little: Subject
    much: Subject

    def ratio(self, name: str, take: Callable[[Subject], float], rounds: int) -> Measure:
        """Return how many times as long it takes with much history."""
        takes: list[Callable[[], float]] = [lambda: take(self.little), lambda: take(self.much)]
        for _ in range(WARM_UPS):
            for each in takes:
                each()
        little_seconds, much_seconds = medians(rounds, *takes)
        words = f"{much_seconds * 1000:.3g} ms; {little_seconds * 1000:.3g} with {LITTLE:,} events"
        return Measure(f"growth_{self.kind}_{name}", much_seconds / little_seconds, "times", _ALIKE, words)


def measure_on_emulator() -> Iterator[Measure]:
    """Measure times and operations with 100,000 events as multiples of those with 1,000, in the same store."""
    with firestore_emulator(heap_mb=4096) as host, open_channel(host) as channel:
        counter = OperationCounter()
        rpc = FirestoreRpc(PROJECT_ID, lambda: channel, is_emulator=True)
        store = FirestoreUsageStore(rpc, _RETENTION)
        pair = _pair("emulator", store, FirestoreDirectory(rpc), MUCH_ON_EMULATOR)
        yield from _times(pair, ROUNDS_ON_EMULATOR)
        counted = FirestoreRpc(PROJECT_ID, lambda: grpc.intercept_channel(channel, counter), is_emulator=True)
        counted_store = FirestoreUsageStore(counted, _RETENTION)
        counting = (Subject(counted_store, subject.known) for subject in (pair.little, pair.much))
        yield from _operations(counter, *counting)


def measure_in_memory() -> Iterator[Measure]:
    """Measure times with 1,000,000 events as multiples of those with 1,000, in the same store."""
    store = MemoryStore()
    yield from _times(_pair("memory", store, store, MUCH_IN_MEMORY), ROUNDS_IN_MEMORY)


def _pair(kind: str, store: UsageStore, directory: Directory, much: int) -> Pair:
    subjects = []
    for tenant_id, events in (("little", LITTLE), ("much", much)):
        load(store, directory, tenant_id, events)
        tenant, _ = read_documents(store, tenant_id, NOTHING)
        subjects.append(Subject(store, tenant))
    return Pair(kind, *subjects)


def _times(pair: Pair, rounds: int) -> Iterator[Measure]:
    """Of reads while nothing is new, then while something is (which adds a count of runs), and of folds."""
    yield pair.ratio("check", Subject.timed_check, IDLE_ROUNDS)
    yield pair.ratio("usage", Subject.timed_usage, IDLE_ROUNDS)
    for subject in (pair.little, pair.much):
        subject.record()
    yield pair.ratio("check_with_news", Subject.timed_check, rounds)
    yield pair.ratio("usage_with_news", Subject.timed_usage, rounds)
    yield pair.ratio("fold", Subject.timed_fold, rounds)


def _operations(counter: OperationCounter, little: Subject, much: Subject) -> Iterator[Measure]:
    """More RPCs, reads and writes with much history than with little: none."""
    for name in WORK:
        more = _steady(counter, much, name) - _steady(counter, little, name)
        words = f"{more.rpcs} RPCs, {more.reads} reads, {more.writes} writes more than with {LITTLE:,} events"
        total = more.rpcs + more.reads + more.writes
        yield Measure(f"growth_emulator_{name}_operations", total, "more operations", exactly(0), words)


def _steady(counter: OperationCounter, subject: Subject, name: str) -> Operations:
    """Count the operations with new events, once the reader knows the tenant."""
    subject.fold()
    subject.check()
    subject.record()
    work: Callable[[], None] = getattr(subject, name)
    return counter.of(work)
