"""Whether history costs anything: checks, usage pages and folds with much and with little of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import grpc
from shared.usecases.live_usage import LiveUsageReader

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.firestore.rpc import open_channel
from shared.adapters.memory import MemoryStore
from shared.domain.tenants import Tenant
from shared.ports import Directory, UsageStore
from shared.usecases.check_limits import Thresholds, check_limits
from shared.usecases.fold_usage import fold_tenants
from tools.bench.counting import OperationCounter, Operations
from tools.bench.history import NOW, event, load
from tools.bench.report import Measure, Target, at_most, exactly
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
_THRESHOLDS = Thresholds(80, 100)
_RETENTION = timedelta(days=90)
_A_DAY = timedelta(days=1)
_BEFORE_NOW = timedelta(minutes=40)
_NUMBERS = count()


@dataclass
class Subject:
    """One tenant of a store, and what is done with it."""

    store: UsageStore
    reader: LiveUsageReader
    tenant_id: str

    def check(self) -> None:
        """Ask whether something fits."""
        check_limits(
            self.reader,
            _THRESHOLDS,
            Tenant(id=self.tenant_id, name="", plan="enterprise", created_at=NOW),
            1000,
            1,
            NOW,
        )

    def usage(self) -> None:
        """Read the usage page."""
        self.reader.usage(self.tenant_id, NOW)

    def fold(self) -> None:
        """Fold what is new."""
        fold_tenants(self.store, [self.tenant_id], NOW)

    def record(self) -> None:
        """Let there be new events, in one run."""
        prefix = f"{self.tenant_id}-new{next(_NUMBERS)}"
        events = [event(number, NOW - _BEFORE_NOW, prefix, "new") for number in range(NEW_EVENTS)]
        self.store.record(self.tenant_id, events, ONE_SHARD, NOW)

    def timed_count(self) -> float:
        """Seconds that the count of no runs takes. The emulator, which has no index, looks at all of the tenant's."""
        return seconds(lambda: self.store.count_runs(self.tenant_id, NOW + _A_DAY, NOW + 2 * _A_DAY))

    def timed_fold(self) -> float:
        """Seconds that the fold of new events takes."""
        self.record()
        return seconds(self.fold)


def measure_on_emulator() -> Iterator[Measure]:
    """Times and operations with 100,000 events as multiples of those with 1,000, in the same store."""
    with firestore_emulator(heap_mb=4096) as host, open_channel(host) as channel:
        counter = OperationCounter()
        rpc = FirestoreRpc(PROJECT_ID, channel, is_emulator=True)
        store = FirestoreUsageStore(rpc, _RETENTION)
        little, much = _subjects(store, FirestoreDirectory(rpc), MUCH_ON_EMULATOR)
        yield from _times("emulator", little, much, ROUNDS_ON_EMULATOR)
        counted = FirestoreRpc(PROJECT_ID, grpc.intercept_channel(channel, counter), is_emulator=True)
        counted_store = FirestoreUsageStore(counted, _RETENTION)
        counting = [_on(counted_store, subject.tenant_id) for subject in (little, much)]
        yield from _operations(counter, *counting)


def measure_in_memory() -> Iterator[Measure]:
    """Times with 1,000,000 events as multiples of those with 1,000, in the same store."""
    store = MemoryStore()
    little, much = _subjects(store, store, MUCH_IN_MEMORY)
    yield from _times("memory", little, much, ROUNDS_IN_MEMORY)


def _subjects(store: UsageStore, directory: Directory, much: int) -> tuple[Subject, Subject]:
    subjects = []
    for tenant_id, events in (("little", LITTLE), ("much", much)):
        load(store, directory, tenant_id, events)
        subjects.append(_on(store, tenant_id))
    return subjects[0], subjects[1]


def _on(store: UsageStore, tenant_id: str) -> Subject:
    return Subject(store, LiveUsageReader(store), tenant_id)


def _times(kind: str, little: Subject, much: Subject, rounds: int) -> Iterator[Measure]:
    """Of reads while nothing is new, then while something is (which adds a count of runs), and of folds."""
    yield _ratio(f"growth_{kind}_check", little, much, lambda of: lambda: seconds(of.check), IDLE_ROUNDS)
    yield _ratio(f"growth_{kind}_usage", little, much, lambda of: lambda: seconds(of.usage), IDLE_ROUNDS)
    for subject in (little, much):
        subject.record()
    yield _ratio(f"growth_{kind}_check_with_news", little, much, lambda of: lambda: seconds(of.check), rounds)
    yield _ratio(f"growth_{kind}_usage_with_news", little, much, lambda of: lambda: seconds(of.usage), rounds)
    yield _ratio(f"growth_{kind}_count_of_nothing", little, much, lambda of: of.timed_count, rounds, None)
    yield _ratio(f"growth_{kind}_fold", little, much, lambda of: of.timed_fold, rounds)


def _ratio(
    name: str,
    little: Subject,
    much: Subject,
    take_of: Callable[[Subject], Callable[[], float]],
    rounds: int,
    target: Target | None = _ALIKE,
) -> Measure:
    takes = take_of(little), take_of(much)
    for _ in range(WARM_UPS):
        for take in takes:
            take()
    little_seconds, much_seconds = medians(rounds, *takes)
    words = f"{much_seconds * 1000:.3g} ms; {little_seconds * 1000:.3g} with {LITTLE:,} events"
    return Measure(name, much_seconds / little_seconds, "times", target, words)


def _operations(counter: OperationCounter, little: Subject, much: Subject) -> Iterator[Measure]:
    """More RPCs, reads and writes with much history than with little: none."""
    for name in WORK:
        more = _steady(counter, much, name) - _steady(counter, little, name)
        words = f"{more.rpcs} RPCs, {more.reads} reads, {more.writes} writes more than with {LITTLE:,} events"
        total = more.rpcs + more.reads + more.writes
        yield Measure(f"growth_emulator_{name}_operations", total, "more operations", exactly(0), words)


def _steady(counter: OperationCounter, subject: Subject, name: str) -> Operations:
    """What it takes with new events, once the reader knows the tenant."""
    subject.fold()
    subject.check()
    subject.record()
    work: Callable[[], None] = getattr(subject, name)
    return counter.of(work)
