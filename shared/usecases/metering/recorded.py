"""The items of a request that records events, and its result."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.errors import FieldProblem, Problems
from shared.domain.metering.events import problem_at
from shared.domain.metering.recording import RecordedEvent
from shared.ports import Outcome

ID_CONFLICT = "id_conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The result of recording a batch; `ids` lists the events recorded now or earlier, in order.

    `redacted` counts the secrets that were replaced in their metadata.
    """

    accepted: int
    duplicates: int
    rejected: list[FieldProblem]
    truncated: bool
    """True if `rejected` lists only the first problems."""
    ids: list[str]
    redacted: int
    run_id: str | None
    """The run of all recorded events; None if they are of several, or of none."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The items of a request, of which some are no valid events, the API key, and the problems found so far."""

    items: Sequence[object]
    now: datetime
    key: str | None
    sealed_as: str | None = None
    """The id of the sealed batch that the items are; None if each event is stored on its own."""
    problems: Problems = field(default_factory=Problems)


Prepared = dict[int, RecordedEvent]
"""Events that are ready for the ledger, by their index in the request."""
Stored = dict[int, tuple[RecordedEvent, Outcome]]
"""Events that the ledger has taken, by their index in the request."""


def result_of(batch: Batch, stored: Stored) -> Recorded:
    """Return the result of a batch of which `stored` was recorded, in the order of the request."""
    conflicts = {index for index, (_, outcome) in stored.items() if outcome is Outcome.CONFLICT}
    batch.problems.add(
        problem_at(conflict(stored[index][0].id), batch.items, index) for index in sorted(conflicts)
    )
    kept = [stored[index][0] for index in sorted(stored) if index not in conflicts]
    outcomes = [outcome for _, outcome in stored.values()]
    runs = {event.run_id for event in kept}
    return Recorded(
        accepted=outcomes.count(Outcome.RECORDED),
        duplicates=outcomes.count(Outcome.DUPLICATE),
        rejected=sorted(batch.problems.listed, key=lambda problem: problem.index or 0),
        truncated=batch.problems.is_truncated,
        ids=[event.id for event in kept],
        redacted=sum(event.redactions for event in kept),
        run_id=runs.pop() if len(runs) == 1 else None,
    )


def conflict(event_id: str) -> FieldProblem:
    """Return the problem of an event whose id names another payload."""
    message = f"id {event_id!r} was already used for an event with a different payload, which is kept"
    return FieldProblem(field="id", code=ID_CONFLICT, message=message)
