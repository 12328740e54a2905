"""ServiceStatus on Firestore: two documents of the platform, and one for each failure."""

from contextlib import suppress
from typing import Any

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.paging import Listing
from shared.adapters.firestore.people.tenants import set_write
from shared.adapters.firestore.platform.documents import (
    DEAD_LETTERS,
    STRIPE_FAILURES,
    dead_letter_fields,
    failed_attempt_write,
    overview_fields,
    read_dead_letter,
    read_failure,
    read_overview,
    read_ticks,
    remove_failure_write,
    ticks_fields,
)
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import Unavailable
from shared.domain.platform.failures import DeadLetter, FailureCounts, StripeFailure
from shared.domain.platform.overview import Overview
from shared.domain.platform.ticks import TickRun, with_tick
from shared.ports import FailedAttempt, StoredStatus

_MAX_TRIES = 5
_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)
_FAILURES = Listing(STRIPE_FAILURES, "last_at", read_failure)
_LETTERS = Listing(DEAD_LETTERS, "at", read_dead_letter)


class _Stale(Exception):
    """Another tick has written the last ticks meanwhile."""


class FirestoreServiceStatus:
    """ServiceStatus on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc
        self._overview = f"{rpc.documents}/platform/overview"
        self._ticks = f"{rpc.documents}/platform/ticks"

    def read_status(self) -> StoredStatus:
        found = self._rpc.batch_get([self._overview, self._ticks])
        overview, ticks = found.get(self._overview), found.get(self._ticks)
        return StoredStatus(read_overview(overview) if overview else None, read_ticks(ticks) if ticks else [])

    def save_overview(self, overview: Overview) -> None:
        self._rpc.commit([set_write(self._overview, overview_fields(overview))])

    def add_tick(self, run: TickRun) -> None:
        for _ in range(_MAX_TRIES):
            with suppress(_Stale):
                self._try_to_add(run)
                return
        raise Unavailable("the last ticks keep changing")

    def _try_to_add(self, run: TickRun) -> None:
        document = self._rpc.batch_get([self._ticks]).get(self._ticks)
        write = set_write(self._ticks, ticks_fields(with_tick(read_ticks(document) if document else [], run)))
        if document is None:
            write.current_document.exists = False
        else:
            write.current_document.update_time.CopyFrom(document.update_time)
        try:
            self._rpc.commit([write])
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise _Stale from error
            raise

    def add_failed_attempt(self, attempt: FailedAttempt) -> None:
        self._rpc.commit([failed_attempt_write(self._rpc.documents, attempt)])

    def remove_stripe_failure(self, event_id: str) -> None:
        self._rpc.commit([remove_failure_write(self._rpc.documents, event_id)])

    def list_stripe_failures(self, limit: int) -> list[StripeFailure]:
        return list(_FAILURES.page(self._rpc, self._rpc.documents, limit, None).items)

    def add_dead_letter(self, letter: DeadLetter) -> None:
        name = f"{self._rpc.documents}/{DEAD_LETTERS}/{letter.id}"
        self._rpc.commit([set_write(name, dead_letter_fields(letter))])

    def list_dead_letters(self, limit: int) -> list[DeadLetter]:
        return list(_LETTERS.page(self._rpc, self._rpc.documents, limit, None).items)

    def count_failures(self) -> FailureCounts:
        return FailureCounts(self._count(STRIPE_FAILURES), self._count(DEAD_LETTERS))

    def _count(self, collection: str) -> int:
        query: Any = queries.all_of(collection)
        return self._rpc.count(self._rpc.documents, query)
