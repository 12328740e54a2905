"""Admissions by the use case: 500 at once against room for 200, alone, and 500 a minute."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from threading import Barrier, Lock
from typing import Any, NamedTuple
from uuid import uuid4

import grpc

from shared.adapters.default_plans import default_plans
from shared.adapters.firestore import (
    FirestoreAdmissions,
    FirestoreDirectory,
    FirestoreRpc,
    FirestoreUsageStore,
)
from shared.adapters.firestore.rpc import open_channel
from shared.domain.errors import UsageError
from shared.domain.ledger.counter_settings import DEFAULT_COUNTER_SETTINGS
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.runs import End, Extension, HoldRequest, RunRequest
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.admit_runs import RunAdmitter
from shared.usecases.limits.check_limits import Limits, Thresholds
from tools.bench.counting import OperationCounter
from tools.bench.history import create, event
from tools.bench.report import Measure, at_most, exactly
from tools.bench.timing import medians, seconds
from tools.dev.emulators import firestore_emulator
from tools.dev.settings import PROJECT_ID

NOW = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
ASKED, ROOM, TOKENS = 500, 200, 10
FIRST_TOKENS = 1_500
"""Of the event that makes the tenant's first day one that is folded."""
SLOW_SECONDS = 0.025
"""Added to each call: about what a commit takes in the cloud."""
ROUNDS = 60
PACED_SECONDS = 15
"""A quarter of a minute, at the rate of 500 a minute."""
_RETENTION = timedelta(days=90)


class Shape(NamedTuple):
    """The number of instances, and of the threads of each."""

    instances: int
    threads: int

    @property
    def name(self) -> str:
        return f"{self.instances}x{self.threads}"


# grpc ships no types, so its classes are Any to mypy.
class SharedCalls(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """Counts the commits and the documents that many threads read, and slows each call down."""

    def __init__(self, delay_seconds: float = 0.0) -> None:
        self.commits = 0
        self.documents = 0
        self._delay_seconds = delay_seconds
        self._lock = Lock()

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        """Count a commit, whether or not its precondition holds."""
        time.sleep(self._delay_seconds)
        with self._lock:
            self.commits += 1
        return continuation(details, request)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        """Count the documents that are asked for; a query that counts reads one."""
        time.sleep(self._delay_seconds)
        with self._lock:
            self.documents += len(request.documents) if hasattr(request, "documents") else 1
        return continuation(details, request)


@dataclass
class AskingTenant:
    """A tenant whose usage is folded, and the instances that admit its runs."""

    rpc: FirestoreRpc
    limits: LimitOverrides
    _ids: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        tenant_id = f"asking-{uuid4().hex[:8]}"
        directory = FirestoreDirectory(self.rpc)
        create(
            directory,
            Tenant(id=tenant_id, name=tenant_id, plan="enterprise", created_at=NOW, overrides=self.limits),
        )
        store = FirestoreUsageStore(self.rpc, _RETENTION)
        store.record(tenant_id, [event(0, NOW, tenant_id, "first")], DEFAULT_COUNTER_SETTINGS, NOW)
        fold_tenants(TenantFolder(store), [tenant_id], NOW)
        found = directory.find_tenant(tenant_id)
        if found is None:
            raise RuntimeError(f"{tenant_id} was just created")
        self.tenant = found

    def instance(self, rpc: FirestoreRpc | None = None) -> RunAdmitter:
        """Start an instance, which knows nothing of the holds."""
        rpc = rpc or self.rpc
        plans = default_plans()
        limits = Limits(Ledger(FirestoreUsageStore(rpc, _RETENTION)), Thresholds(80, 100, lambda: plans))
        return RunAdmitter(limits, FirestoreAdmissions(rpc))

    def admit(self, admitter: RunAdmitter) -> str:
        """Admit a run with a hold, and return its id."""
        run_id = f"run-{next(self._ids)}"
        admitter.admit(self.tenant, RunRequest(run_id=run_id, hold=HoldRequest(tokens=TOKENS)), NOW)
        return run_id


def measure() -> Iterator[Measure]:
    """Measure on the emulator."""
    with firestore_emulator() as host, open_channel(host) as channel:
        for delay, suffix in ((0.0, ""), (SLOW_SECONDS, "_slow")):
            for shape in (Shape(1, 64), Shape(4, 8)):
                yield from _race(channel, shape, delay, f"admission_{shape.name}{suffix}")
        yield from _alone(channel)
        yield from _operations(channel)
        for instances in (1, 3):
            yield from _paced(channel, instances)


def _rpc(channel: grpc.Channel, *interceptors: Any) -> FirestoreRpc:
    called = grpc.intercept_channel(channel, *interceptors) if interceptors else channel
    return FirestoreRpc(PROJECT_ID, lambda: called, is_emulator=True)


def _race(channel: grpc.Channel, shape: Shape, delay: float, name: str) -> Iterator[Measure]:
    """500 runs ask at once where 200 fit."""
    asking = AskingTenant(_rpc(channel), LimitOverrides(tokens=ROOM * TOKENS + FIRST_TOKENS))
    calls = SharedCalls(delay)
    instances = [asking.instance(_rpc(channel, calls)) for _ in range(shape.instances)]
    workers = shape.instances * shape.threads
    begin = Barrier(workers)

    def work(worker: int) -> int:
        begin.wait()
        return sum(
            _is_admitted(asking, instances[worker % shape.instances]) for _ in range(worker, ASKED, workers)
        )

    with ThreadPoolExecutor(workers) as pool:
        started = time.perf_counter()
        admitted = sum(pool.map(work, range(workers)))
        taken = time.perf_counter() - started
    is_target = shape.instances > 1
    yield Measure(f"{name}_admitted", admitted, "runs", exactly(ROOM))
    yield Measure(f"{name}_seconds", taken, "s", at_most(2) if is_target and not delay else None)
    yield Measure(f"{name}_commits", calls.commits, "commits", at_most(150) if is_target else None)
    yield Measure(f"{name}_documents", calls.documents, "reads", at_most(3_000) if is_target else None)


def _is_admitted(asking: AskingTenant, admitter: RunAdmitter) -> bool:
    try:
        asking.admit(admitter)
    except UsageError:
        return False
    return True


def _alone(channel: grpc.Channel) -> Iterator[Measure]:
    """Admit one run after the other, in turns with recording one event."""
    for held in (0, 1_000):
        rpc = _rpc(channel)
        alone = _Alone(AskingTenant(rpc, LimitOverrides()), AskingTenant(rpc, LimitOverrides()))
        for _ in range(held // 100):
            _admit_many(alone.asking, alone.admitter, 100)
        medians(ROUNDS // 3, alone.record_seconds, alone.admit_seconds)
        recording, admitting = medians(ROUNDS, alone.record_seconds, alone.admit_seconds)
        yield Measure(
            f"admission_{held}_open_times",
            admitting / recording,
            "times",
            at_most(3),
            f"{admitting * 1000:.2f} ms; {recording * 1000:.2f} ms for recording one event",
        )


@dataclass
class _Alone:
    """One instance, which admits runs of a tenant, and records events of another one."""

    asking: AskingTenant
    recording: AskingTenant
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.admitter = self.asking.instance()
        self._store = FirestoreUsageStore(self.asking.rpc, _RETENTION)

    def record_seconds(self) -> float:
        """Return how long recording an event of a new run takes."""
        tenant, number = self.recording.tenant, next(self._numbers)
        recorded = event(number, NOW, tenant.id, str(number))
        return seconds(lambda: self._store.record(tenant.id, [recorded], tenant.counters, NOW))

    def admit_seconds(self) -> float:
        """Return how long admitting a run takes, and end it."""
        runs: list[str] = []
        taken = seconds(lambda: runs.append(self.asking.admit(self.admitter)))
        self.admitter.end(self.asking.tenant, End(run_id=runs[0], status="completed"), NOW)
        return taken


def _admit_many(asking: AskingTenant, admitter: RunAdmitter, runs: int) -> None:
    with ThreadPoolExecutor(runs) as pool:
        list(pool.map(lambda _: asking.admit(admitter), range(runs)))


def _operations(channel: grpc.Channel) -> Iterator[Measure]:
    """Count what one instance reads and writes for a run, after the first of its tenant."""
    counter = OperationCounter()
    asking = AskingTenant(_rpc(channel, counter), LimitOverrides())
    admitter, tenant = asking.instance(), asking.tenant
    asking.admit(admitter)
    steps: dict[str, Callable[[str], object]] = {
        "admit": lambda _: asking.admit(admitter),
        "extend": lambda run: admitter.extend(
            tenant, Extension(run_id=run, hold=HoldRequest(tokens=2 * TOKENS)), NOW
        ),
        "end": lambda run: admitter.end(tenant, End(run_id=run, status="completed"), NOW),
    }
    run_id = asking.admit(admitter)
    for name, step in steps.items():
        done = counter.of(lambda step=step: step(run_id))  # type: ignore[misc]  # the default binds the loop's step
        yield Measure(f"admission_{name}_rpcs", done.rpcs, "RPCs", at_most(4))
        yield Measure(f"admission_{name}_reads", done.reads, "reads")
        yield Measure(f"admission_{name}_writes", done.writes, "writes", at_most(3))


def _paced(channel: grpc.Channel, instances: int) -> Iterator[Measure]:
    """Let runs ask one by one, 500 a minute, each of another instance."""
    calls = SharedCalls()
    asking = AskingTenant(_rpc(channel), LimitOverrides())
    admitters = [asking.instance(_rpc(channel, calls)) for _ in range(instances)]
    runs = ASKED * PACED_SECONDS // 60
    taken: list[float] = []

    def ask(number: int) -> None:
        time.sleep(max(0.0, started + number * PACED_SECONDS / runs - time.perf_counter()))
        taken.append(seconds(lambda: asking.admit(admitters[number % instances])))

    with ThreadPoolExecutor(32) as pool:
        started = time.perf_counter()
        list(pool.map(ask, range(runs)))
    name = f"admission_paced_{instances}"
    yield Measure(f"{name}_commits", calls.commits / runs, "commits", None, f"for each of {runs} runs")
    yield Measure(f"{name}_p50", median(taken) * 1000, "ms")
    yield Measure(f"{name}_p95", sorted(taken)[int(len(taken) * 0.95)] * 1000, "ms")
