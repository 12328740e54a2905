"""Records metering events: each good one exactly once, each bad one named."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.errors import FieldProblem
from shared.domain.metering.events import parse_events
from shared.domain.metering.recording import RecordedEvent, RefusedEvent, admit
from shared.ports import Outcome
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.people.authenticate import Access

ID_CONFLICT = "id_conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a batch; `ids` are those of the events that are recorded now or were before, in order."""

    accepted: int
    duplicates: int
    rejected: list[FieldProblem]
    ids: list[str]


def record_events(ledger: Ledger, access: Access, items: Sequence[object], now: datetime) -> Recorded:
    """Record each of `items` that is a valid event of the caller's tenant; returns after they are stored."""
    events, problems = parse_events(items)
    admitted: dict[int, RecordedEvent] = {}
    for index, event in events.items():
        try:
            admitted[index] = admit(event, access.tenant_id, now)
        except RefusedEvent as refusal:
            problems.append(replace(refusal.problem, index=index))
    recorded = list(admitted.values())
    outcomes = ledger.record(access.tenant, recorded, now) if recorded else []
    conflicts = [
        index for index, outcome in zip(admitted, outcomes, strict=True) if outcome is Outcome.CONFLICT
    ]
    problems += [_conflict(index, admitted[index]) for index in conflicts]
    return Recorded(
        accepted=outcomes.count(Outcome.RECORDED),
        duplicates=outcomes.count(Outcome.DUPLICATE),
        rejected=sorted(problems, key=lambda problem: problem.index or 0),
        ids=[event.id for index, event in admitted.items() if index not in conflicts],
    )


def _conflict(index: int, event: RecordedEvent) -> FieldProblem:
    message = f"id {event.id!r} already names an event with another payload; the first one stands"
    return FieldProblem(field="id", code=ID_CONFLICT, message=message, index=index)
