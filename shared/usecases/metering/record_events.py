"""Records metering events: each valid event exactly once, with a problem for each invalid one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.limits.budgets import BudgetMatcher, Spender
from shared.domain.metering.event_costs import RecordingTerms
from shared.domain.metering.events import EnvelopedEvent, MeteringEvent, parse_events, problem_at
from shared.domain.metering.recording import RecordedEvent, prepare
from shared.domain.metering.refusals import RefusedEvent
from shared.domain.people.tenants import Tenant
from shared.domain.prices.book_prices import Prices
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.metering.recorded import Batch, Prepared, Recorded, Stored, result_of
from shared.usecases.metering.seal_batch import SealedRequest, seal
from shared.usecases.people.authenticate import Access
from shared.usecases.prices.read_prices import PriceReader


@dataclass(frozen=True, slots=True)
class EventRecorder:
    """Records events in the ledger at the platform's prices. A tenant may differ from `takes_estimates`."""

    ledger: Ledger
    prices: PriceReader
    takes_estimates: bool = True

    def record(
        self, access: Access, items: Sequence[object], now: datetime, sealed_as: str | None = None
    ) -> Recorded:
        """Record each of `items` that is a valid event of the caller's tenant; return when they are stored."""
        batch = Batch(items, now, access.key, sealed_as)
        events = parse_events(items, batch.problems)
        if sealed_as is not None:
            return self.seal(access.tenant, events, batch)
        return result_of(batch, self.store(access.tenant, self.prepare(access.tenant, events, batch), now))

    def seal(self, tenant: Tenant, events: Mapping[int, MeteringEvent], batch: Batch) -> Recorded:
        """Record the events of one tenant as a sealed batch, all in one commit."""
        return seal(self.ledger, tenant, SealedRequest(batch, events, self.prepare(tenant, events, batch)))

    def prepare(self, tenant: Tenant, events: Mapping[int, MeteringEvent], batch: Batch) -> Prepared:
        """Return the events ready for the tenant's ledger, at its terms; add the problems of those that cannot be."""
        terms, items = self.terms(tenant, batch.now)._replace(key=batch.key), batch.items
        budgets = BudgetMatcher.of(tenant.budgets)
        prepared: Prepared = {}
        for index, event in events.items():
            try:
                ready = prepare(event, tenant.id, batch.now, terms)
            except RefusedEvent as refusal:
                batch.problems.add([problem_at(refusal.problem, items, index)])
            else:
                item = items[index]
                if isinstance(item, EnvelopedEvent):
                    ready = _of_envelope(ready, item)
                if budgets.by_scope:
                    spender = Spender(ready.user_id, ready.workflow_id, batch.key, ready.tags)
                    ready = ready._replace(budgets=budgets.counting(spender, batch.now))
                prepared[index] = ready
        return prepared

    def store(self, tenant: Tenant, prepared: Prepared, now: datetime) -> Stored:
        """Record the prepared events of one tenant in the ledger."""
        if not prepared:
            return {}
        outcomes = self.ledger.record(tenant, list(prepared.values()), now)
        return dict(zip(prepared, zip(prepared.values(), outcomes, strict=True), strict=True))

    def terms(self, tenant: Tenant, now: datetime) -> RecordingTerms:
        """Return how the tenant's events are priced, whoever records them."""
        takes_estimates = tenant.takes_estimates
        if takes_estimates is None:
            takes_estimates = self.takes_estimates
        return RecordingTerms(Prices(tenant.id, self.prices.current(now)), takes_estimates)


def _of_envelope(event: RecordedEvent, envelope: EnvelopedEvent) -> RecordedEvent:
    return event._replace(
        identity=envelope.identity or event.identity, fingerprint=envelope.fingerprint or event.fingerprint
    )
