"""Record a sealed batch: the whole request in one commit, and a repetition as it was recorded first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from shared.domain.errors import FieldProblem, InvalidInput, Problems
from shared.domain.metering.events import MeteringEvent, problem_at
from shared.domain.metering.recording import fingerprint_of
from shared.domain.metering.sealed_batches import RejectedItem, SealedBatch
from shared.domain.metering.sealed_ids import SealedId, is_batch_of_key
from shared.domain.metering.sealed_requests import KEY_HEADER, fingerprint_of_item, too_wide
from shared.domain.people.tenants import Tenant
from shared.ports import Outcome
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.metering.recorded import Batch, Prepared, Recorded, Stored, conflict, result_of

KEY_REUSED: Final = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class SealedRequest:
    """The items of a batch, those of them that are events, and those that are ready for the ledger."""

    batch: Batch
    events: Mapping[int, MeteringEvent]
    prepared: Prepared

    @property
    def id(self) -> str:
        """The id of the batch."""
        return self.batch.sealed_as or ""

    def named(self) -> Prepared:
        """Return the events with their ids, which those of an Idempotency-Key get here."""
        if not is_batch_of_key(self.id):
            return self.prepared
        ids = {index: SealedId(self.id, index).text for index in self.prepared}
        return {
            index: event._replace(id=ids[index], identity=ids[index])
            for index, event in self.prepared.items()
        }

    def same_as(self, stored: SealedBatch) -> set[int]:
        """Return the numbers of the items that are as they were when the batch was stored."""
        items = range(len(self.batch.items))
        events = stored.numbered.items()
        same = {index for index, event in events if self._fingerprint(index) == event.fingerprint}
        return same | {
            index
            for index, rejected in stored.rejected.items()
            if index in items and fingerprint_of_item(self.batch.items[index]) == rejected.fingerprint
        }

    def _fingerprint(self, index: int) -> str | None:
        return fingerprint_of(self.events[index]) if index in self.events else None


def seal(ledger: Ledger, tenant: Tenant, request: SealedRequest) -> Recorded:
    """Record a batch of one tenant, or answer from the stored batch if it exists.

    Only if nothing of it can be recorded now is the stored batch asked for first: earlier, something may have been.
    """
    events = request.named()
    refusal = too_wide([event.ts for event in events.values()])
    if events and refusal is None:
        stored = ledger.seal(tenant, _sealed(request, events), request.batch.now)
    else:
        stored = ledger.store.find_batch(tenant.id, request.id)
    if stored is not None:
        return _repeated(request, stored)
    if refusal is not None:
        raise refusal
    return result_of(request.batch, {index: (event, Outcome.RECORDED) for index, event in events.items()})


def _sealed(request: SealedRequest, events: Prepared) -> SealedBatch:
    """Return the batch to store, with the problems of its items that are no events."""
    items, problems = request.batch.items, request.batch.problems
    rejected: dict[int, RejectedItem] = {}
    for index in set(range(len(items))) - events.keys():
        found = tuple((each.field, each.code) for each in problems.listed if each.index == index)
        rejected[index] = RejectedItem(fingerprint_of_item(items[index]), found)
    return SealedBatch(
        id=request.id,
        events=[events[index] for index in sorted(events)],
        rejected=rejected,
        is_truncated=problems.is_truncated,
    )


def _repeated(request: SealedRequest, stored: SealedBatch) -> Recorded:
    """Return the result for a batch that exists: its events are duplicates, and other ones are conflicts."""
    batch, events = request.batch, stored.numbered
    same = request.same_as(stored)
    if is_batch_of_key(request.id) and not len(same) == len(batch.items) == stored.size:
        raise _key_reused()
    repeated = replace(batch, problems=Problems(is_truncated=stored.is_truncated))
    for index in range(len(batch.items)):
        if index not in same:
            problem = conflict(SealedId(request.id, index).text)
            repeated.problems.add([problem_at(problem, batch.items, index)])
        elif index in stored.rejected:
            repeated.problems.add(_rejected_before(batch, index, stored.rejected[index]))
    kept: Stored = {index: (events[index], Outcome.DUPLICATE) for index in same & events.keys()}
    return result_of(repeated, kept)


def _rejected_before(batch: Batch, index: int, rejected: RejectedItem) -> Iterator[FieldProblem]:
    """Yield the problems for which an item was rejected first, in their words if they still are its problems."""
    found = {(each.field, each.code): each for each in batch.problems.listed if each.index == index}
    for field, code in rejected.problems:
        message = f"{field}: rejected as {code} when the batch was recorded"
        yield found.get((field, code)) or FieldProblem(field=field, code=code, message=message, index=index)


def _key_reused() -> InvalidInput:
    message = f"{KEY_HEADER}: another request was recorded with this key"
    problem = FieldProblem(field=KEY_HEADER, code=KEY_REUSED, message=message)
    return InvalidInput(message, (problem,), code=KEY_REUSED)
