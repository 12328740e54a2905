"""Records metering events: each valid event exactly once, with a problem for each invalid one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import FieldProblem, Problems
from shared.domain.metering.event_costs import PricingTerms
from shared.domain.metering.events import EnvelopedEvent, parse_events, problem_at
from shared.domain.metering.recording import RecordedEvent, prepare
from shared.domain.metering.refusals import RefusedEvent
from shared.domain.prices.book_prices import Prices
from shared.ports import Outcome
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.people.authenticate import Access
from shared.usecases.prices.read_prices import PriceReader

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
    """Whether `rejected` lists only the first problems."""
    ids: list[str]
    redacted: int


@dataclass(frozen=True, slots=True)
class EventRecorder:
    """Records events in the ledger at the platform's prices. A tenant may differ from `takes_estimates`."""

    ledger: Ledger
    prices: PriceReader
    takes_estimates: bool = True

    def record(self, access: Access, items: Sequence[object], now: datetime) -> Recorded:
        """Record each of `items` that is a valid event of the caller's tenant; return when they are stored."""
        problems = Problems()
        events = parse_events(items, problems)
        terms = self._terms(access, now)
        prepared: dict[int, RecordedEvent] = {}
        for index, event in events.items():
            try:
                prepared[index] = prepare(event, access.tenant_id, now, terms)
            except RefusedEvent as refusal:
                problems.add([problem_at(refusal.problem, items, index)])
            else:
                if isinstance(item := items[index], EnvelopedEvent) and item.identity is not None:
                    prepared[index] = prepared[index]._replace(identity=item.identity)
        outcomes = self.ledger.record(access.tenant, list(prepared.values()), now) if prepared else []
        conflicts = [
            index for index, outcome in zip(prepared, outcomes, strict=True) if outcome is Outcome.CONFLICT
        ]
        problems.add(problem_at(_conflict(prepared[index]), items, index) for index in conflicts)
        kept = [event for index, event in prepared.items() if index not in conflicts]
        return Recorded(
            accepted=outcomes.count(Outcome.RECORDED),
            duplicates=outcomes.count(Outcome.DUPLICATE),
            rejected=sorted(problems.listed, key=lambda problem: problem.index or 0),
            truncated=problems.is_truncated,
            ids=[event.id for event in kept],
            redacted=sum(event.redactions for event in kept),
        )

    def _terms(self, access: Access, now: datetime) -> PricingTerms:
        takes_estimates = access.tenant.takes_estimates
        if takes_estimates is None:
            takes_estimates = self.takes_estimates
        return PricingTerms(Prices(access.tenant_id, self.prices.current(now)), takes_estimates)


def _conflict(event: RecordedEvent) -> FieldProblem:
    message = f"id {event.id!r} was already used for an event with a different payload, which is kept"
    return FieldProblem(field="id", code=ID_CONFLICT, message=message)
