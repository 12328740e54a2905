"""Sealed batches beside documents of their own: operations, stored bytes, and what a million events cost by them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import grpc

from shared.adapters.firestore import FirestoreRpc
from shared.adapters.firestore.rpc import open_channel
from tools.bench.counting import OperationCounter, Operations, usd
from tools.bench.operations import Bench
from tools.bench.report import Measure, Target, at_most, exactly, figure
from tools.bench.served import TENANT_ID, create_bench_tenant
from tools.dev.emulators import firestore_emulator
from tools.dev.settings import PROJECT_ID

MILLION = 1_000_000
GIB_MONTH_USD, MONTHS, GIB = 0.15, 3, 2**30
INSTANCE_SECOND_USD, REQUEST_USD = 0.000024 + 0.0000025 / 2, 0.40 / MILLION
REQUEST_SECONDS, EVENT_SECONDS = 0.050, 0.0002
BATCH_INDEX_BYTES, RUN_INDEX_BYTES, EVENT_INDEX_BYTES = 450, 300, 300
"""Of `last_ts` and `recorded_at`; of `run_keys` with `last_ts`; of `ts`, and of `run_id` with it."""
CONCURRENCY = 8
"""The requests that share an instance while they wait for the store."""


class Shape(NamedTuple):
    """The size of a request, its runs, and the targets for its writes and its cost."""

    events: int
    runs: int
    most_writes: Target | None = None
    most_usd: Target | None = None


SHAPES = (
    Shape(10, 1),
    Shape(100, 1, at_most(0.03), at_most(0.10)),
    Shape(500, 5, at_most(0.016)),
)


class Recorded(NamedTuple):
    """The calls and writes of a request, and the bytes of the documents that it created."""

    shape: Shape
    operations: Operations
    created_bytes: int
    is_sealed: bool

    @property
    def stored_bytes(self) -> int:
        """The bytes of the documents with their index entries."""
        if self.is_sealed:
            return self.created_bytes + BATCH_INDEX_BYTES + RUN_INDEX_BYTES * self.shape.runs
        return self.created_bytes + EVENT_INDEX_BYTES * self.shape.events

    @property
    def all_in_usd(self) -> float:
        """The cost of a million events: operations, deletes, 90 days of storage, and Cloud Run."""
        requests = MILLION // self.shape.events
        deletes = 1 if self.is_sealed else self.shape.events
        operations = usd(requests * self.operations.cost_nanousd(deletes))
        storage = requests * self.stored_bytes / GIB * GIB_MONTH_USD * MONTHS
        seconds = REQUEST_SECONDS / CONCURRENCY + EVENT_SECONDS * self.shape.events
        return operations + storage + requests * (seconds * INSTANCE_SECOND_USD + REQUEST_USD)


@dataclass
class SentWrites(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # grpc ships no types
    """Keeps how many bytes the documents have that the last commit created."""

    created_bytes: int = 0

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        """See grpc."""
        self.created_bytes = sum(
            write.update.ByteSize() for write in request.writes if write.HasField("current_document")
        )
        return continuation(details, request)


def measure() -> Iterator[Measure]:
    """Count on the emulator."""
    with firestore_emulator() as host, open_channel(host) as channel:
        create_bench_tenant(host)
        counter, sent = OperationCounter(), SentWrites()
        through = grpc.intercept_channel(channel, counter, sent)
        bench = Bench(FirestoreRpc(PROJECT_ID, lambda: through, is_emulator=True), counter, TENANT_ID)
        for shape in SHAPES:
            yield from _measures(bench, sent, shape)


def _measures(bench: Bench, sent: SentWrites, shape: Shape) -> Iterator[Measure]:
    events, name = shape.events, f"sealed_{shape.events}_in_{shape.runs}"
    alone = Recorded(shape, bench.record(events, runs=shape.runs), sent.created_bytes, False)
    sealed = Recorded(shape, bench.record(events, runs=shape.runs, seals=True), sent.created_bytes, True)
    words = f"{figure(alone.operations.writes / events)} as documents of their own"
    writes = sealed.operations.writes / events
    yield Measure(f"{name}_writes", writes, "writes/event", shape.most_writes, words)
    yield Measure(f"{name}_rpcs", sealed.operations.rpcs, "RPCs", exactly(1))
    words = f"{figure(alone.stored_bytes / events)} as documents of their own"
    yield Measure(f"{name}_bytes", sealed.stored_bytes / events, "bytes/event", None, words)
    words = f"{alone.all_in_usd:.3f} as documents of their own; {CONCURRENCY} requests share an instance"
    yield Measure(f"{name}_cost", sealed.all_in_usd, "USD per 1,000,000 events", shape.most_usd, words)
