"""What Firestore bills, counted where every call passes: at the gRPC channel."""

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


@dataclass(frozen=True, slots=True)
class Operations:
    """Calls that were made, and the reads and writes that are billed for them."""

    rpcs: int = 0
    reads: int = 0
    writes: int = 0

    def __add__(self, more: "Operations") -> "Operations":
        return Operations(self.rpcs + more.rpcs, self.reads + more.reads, self.writes + more.writes)

    def __sub__(self, before: "Operations") -> "Operations":
        return Operations(self.rpcs - before.rpcs, self.reads - before.reads, self.writes - before.writes)

    def cost_nanousd(self, deletes: int = 0) -> int:
        """What they cost, with `deletes` deletions that follow from them."""
        return self.reads * READ_NANOUSD + self.writes * WRITE_NANOUSD + deletes * DELETE_NANOUSD


def usd(nanousd: int) -> float:
    """Return an amount for the table; the sums are integers."""
    return nanousd / _NANOUSD_PER_USD


# grpc ships no types, so its classes are Any to mypy.
class OperationCounter(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """An interceptor that counts; for one thread."""

    def __init__(self) -> None:
        self._rpcs = self._reads = self._writes = 0

    def of(self, work: Callable[[], object]) -> Operations:
        """What `work` does."""
        before = self._so_far()
        work()
        return self._so_far() - before

    def _so_far(self) -> Operations:
        return Operations(self._rpcs, self._reads, self._writes)

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        """Commit and BatchWrite: a write for each write, if it succeeds."""
        self._rpcs += 1
        call = continuation(details, request)
        if call.code() == grpc.StatusCode.OK:
            self._writes += len(request.writes)
        return call

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        """Reads: a read for each document that was looked for or found."""
        self._rpcs += 1
        is_query = not details.method.endswith("/BatchGetDocuments")
        return self._counted(continuation(details, request), is_query=is_query)

    def _counted(self, answers: Any, *, is_query: bool) -> Iterator[Any]:
        reads = 0
        for answer in answers:
            reads += _reads(answer)
            yield answer
        # A query that finds nothing is billed as one read.
        self._reads += max(reads, 1) if is_query else reads


def _reads(answer: Any) -> int:
    """A document, found or missing; or an aggregation, by the entries it has counted."""
    present = {field.name for field, _ in answer.ListFields()}
    if "result" in present:
        entries = sum(int(value.integer_value) for value in answer.result.aggregate_fields.values())
        return -(-entries // ENTRIES_PER_READ)
    return len(present & {"document", "found", "missing"})
