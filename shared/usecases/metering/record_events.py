"""Records metering events: each valid event exactly once, with a problem for each invalid one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.errors import FieldProblem, Problems
from shared.domain.limits.budgets import BudgetMatcher, Spender
from shared.domain.metering.event_costs import PricingTerms
from shared.domain.metering.events import EnvelopedEvent, MeteringEvent, parse_events, problem_at
from shared.domain.metering.recording import RecordedEvent, prepare
from shared.domain.metering.refusals import RefusedEvent
from shared.domain.people.tenants import Tenant
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
    run_id: str | None
    """The run of all recorded events; None if they are of several, or of none."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The items of a request, of which some are no valid events, the API key, and the problems found so far."""

    items: Sequence[object]
    now: datetime
    key: str | None
    problems: Problems = field(default_factory=Problems)


Prepared = dict[int, RecordedEvent]
"""Events that are ready for the ledger, by their index in the request."""
Stored = dict[int, tuple[RecordedEvent, Outcome]]
"""Events that the ledger has taken, by their index in the request."""


@dataclass(frozen=True, slots=True)
class EventRecorder:
    """Records events in the ledger at the platform's prices. A tenant may differ from `takes_estimates`."""

    ledger: Ledger
    prices: PriceReader
    takes_estimates: bool = True

    def record(self, access: Access, items: Sequence[object], now: datetime) -> Recorded:
        """Record each of `items` that is a valid event of the caller's tenant; return when they are stored."""
        batch = Batch(items, now, access.key)
        prepared = self.prepare(access.tenant, parse_events(items, batch.problems), batch)
        return result_of(batch, self.store(access.tenant, prepared, now))

    def prepare(self, tenant: Tenant, events: Mapping[int, MeteringEvent], batch: Batch) -> Prepared:
        """Return the events ready for the tenant's ledger, at its terms; add the problems of those that cannot be."""
        terms, items = self.terms(tenant, batch.now), batch.items
        budgets = BudgetMatcher.of(tenant.budgets)
        prepared: Prepared = {}
        for index, event in events.items():
            try:
                ready = prepare(event, tenant.id, batch.now, terms)
            except RefusedEvent as refusal:
                batch.problems.add([problem_at(refusal.problem, items, index)])
            else:
                item = items[index]
                envelope = item if isinstance(item, EnvelopedEvent) else None
                spender = Spender(ready.user_id, ready.workflow_id, batch.key, ready.tags)
                prepared[index] = ready._replace(
                    key=batch.key,
                    identity=(envelope and envelope.identity) or ready.identity,
                    fingerprint=(envelope and envelope.fingerprint) or ready.fingerprint,
                    budgets=budgets.counting(spender, batch.now),
                )
        return prepared

    def store(self, tenant: Tenant, prepared: Prepared, now: datetime) -> Stored:
        """Record the prepared events of one tenant in the ledger."""
        if not prepared:
            return {}
        outcomes = self.ledger.record(tenant, list(prepared.values()), now)
        return dict(zip(prepared, zip(prepared.values(), outcomes, strict=True), strict=True))

    def terms(self, tenant: Tenant, now: datetime) -> PricingTerms:
        """Return how the tenant's events are priced."""
        takes_estimates = tenant.takes_estimates
        if takes_estimates is None:
            takes_estimates = self.takes_estimates
        return PricingTerms(Prices(tenant.id, self.prices.current(now)), takes_estimates)


def result_of(batch: Batch, stored: Stored) -> Recorded:
    """Return the result of a batch of which `stored` was recorded, in the order of the request."""
    conflicts = {index for index, (_, outcome) in stored.items() if outcome is Outcome.CONFLICT}
    batch.problems.add(
        problem_at(_conflict(stored[index][0]), batch.items, index) for index in sorted(conflicts)
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


def _conflict(event: RecordedEvent) -> FieldProblem:
    message = f"id {event.id!r} was already used for an event with a different payload, which is kept"
    return FieldProblem(field="id", code=ID_CONFLICT, message=message)
