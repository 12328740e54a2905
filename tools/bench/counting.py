"""Counts what Firestore bills, at the gRPC channel."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc

ENTRIES_PER_READ = 1000
"""An aggregation is billed one read for this many index entries, and at least one."""
READ_NANOUSD = 300
WRITE_NANOUSD = 900
DELETE_NANOUSD = 100
"""Of one operation in a single US region: 0.03, 0.09 and 0.01 USD per 100,000. A TTL deletion is a delete."""
_NANOUSD_PER_USD = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Calls that were made, and the reads and writes that are billed for them."""

    rpcs: int = 0
    reads: int = 0
    writes: int = 0
    counted: int = 0
    """Those of the reads that are billed for counting; the others are documents."""

    def __add__(self, more: "Operations") -> "Operations":
        return Operations(
            rpcs=self.rpcs + more.rpcs,
            reads=self.reads + more.reads,
            writes=self.writes + more.writes,
            counted=self.counted + more.counted,
        )

    def __sub__(self, before: "Operations") -> "Operations":
        return Operations(
            rpcs=self.rpcs - before.rpcs,
            reads=self.reads - before.reads,
            writes=self.writes - before.writes,
            counted=self.counted - before.counted,
        )

    def cost_nanousd(self, deletes: int = 0) -> int:
        """Return their cost, with `deletes` deletions that follow from them."""
        return self.reads * READ_NANOUSD + self.writes * WRITE_NANOUSD + deletes * DELETE_NANOUSD


def usd(nanousd: int) -> float:
    """Return an amount for the table; the sums are integers."""
    return nanousd / _NANOUSD_PER_USD


# grpc ships no types, so its classes are Any to mypy.
class OperationCounter(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """An interceptor that counts; for one thread."""

    def __init__(self) -> None:
        self._so_far = Operations()

    def of(self, work: Callable[[], object]) -> Operations:
        """Count the operations of `work`."""
        before = self._so_far
        work()
        return self._so_far - before

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        """Commit and BatchWrite: a write for each write, if it succeeds."""
        call = continuation(details, request)
        is_done = call.code() == grpc.StatusCode.OK
        self._so_far += Operations(rpcs=1, writes=len(request.writes) if is_done else 0)
        return call

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        """Count a read for each document that was looked for or found."""
        self._so_far += Operations(rpcs=1)
        return self._counted(continuation(details, request), details.method.rpartition("/")[2])

    def _counted(self, answers: Any, method: str) -> Iterator[Any]:
        reads = 0
        for answer in answers:
            reads += _reads(answer)
            yield answer
        # A query that finds nothing is billed as one read.
        billed = reads if method == "BatchGetDocuments" else max(reads, 1)
        self._so_far += Operations(reads=billed, counted=billed if method == "RunAggregationQuery" else 0)


def _reads(answer: Any) -> int:
    """Return a document, found or missing; or an aggregation, by the entries it has counted."""
    present = {field.name for field, _ in answer.ListFields()}
    if "result" in present:
        entries = sum(int(value.integer_value) for value in answer.result.aggregate_fields.values())
        return -(-entries // ENTRIES_PER_READ)
    return len(present & {"document", "found", "missing"})
