"""Rate events again that had no price when they were recorded: as a dry run, or by correcting each of them once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shared.domain.errors import Conflict
from shared.domain.ledger.periods import Period
from shared.domain.metering.corrected_events import CorrectedEvent, correct
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.rerating import Difference, RatedEvent, cost_at, is_unpriced
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.prices.book_prices import Prices
from shared.domain.prices.money import usd_text
from shared.ports import CorrectionChange, CorrectionsWanted, EventsWanted, StaleCorrection, UsageStore
from shared.usecases.metering.correct_events import next_correction

_PAGE: Final = 500
_AT_ONCE: Final = 20
"""Of one commit: so few fit into one counter document of a day, whatever they are."""
_MAX_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Rerating:
    """The unpriced events of a tenant within an interval, and the prices of now."""

    store: UsageStore
    tenant: Tenant
    within: Period
    prices: Prices

    def dry_run(self) -> Difference:
        """Return what `apply` would change now."""
        return self._run(lambda page: self._rated(page))

    def apply(self, change: Change) -> Difference:
        """Correct the cost of each event that has a price now, and return the difference.

        What was corrected stays corrected after Unavailable: apply it again. An event that somebody else corrects
        meanwhile is read again.
        """

        def correct_page(page: Sequence[RecordedEvent]) -> Iterator[RatedEvent]:
            for start in range(0, len(page), _AT_ONCE):
                yield from self._correct(page[start : start + _AT_ONCE], change)

        return self._run(correct_page)

    def _run(self, handle: Callable[[Sequence[RecordedEvent]], Iterator[RatedEvent]]) -> Difference:
        wanted = EventsWanted(since=self.within.start, before=self.within.end)
        difference, cursor = Difference(), None
        while True:
            page = self.store.list_events(self.tenant.id, wanted, limit=_PAGE, cursor=cursor)
            if unpriced := [event for event in page.items if event.adjusts is None and is_unpriced(event)]:
                difference.add(handle(unpriced))
            cursor = page.next_cursor
            if cursor is None:
                return difference

    def _rated(self, events: Sequence[RecordedEvent]) -> Iterator[RatedEvent]:
        """Yield those events that count and were not rated again yet, with their costs."""
        corrections = self.store.list_corrections(self.tenant.id, CorrectionsWanted.of(events))
        for event in events:
            known = corrections.get(event.identity)
            if known is None or (known.stands and known.cost is None):
                yield RatedEvent(event._replace(correction=known), cost_at(event, self.prices))

    def _correct(self, events: Sequence[RecordedEvent], change: Change) -> list[RatedEvent]:
        """Correct those of a few events that have a price, in one commit."""
        for _ in range(_MAX_TRIES):
            rated = list(self._rated(events))
            corrected = [_corrected(each, change) for each in rated if each.cost is not None]
            try:
                if corrected:
                    self._save(corrected, change)
            except StaleCorrection:
                continue
            return rated
        raise Conflict("somebody else is correcting these events", code="corrected_meanwhile")

    def _save(self, corrected: Sequence[CorrectedEvent], change: Change) -> None:
        cost = sum(each.difference.amounts.get("cost_nanousd", 0) for each in corrected)
        events = "1 event" if len(corrected) == 1 else f"{len(corrected)} events"
        audit = change.entry(self.tenant.id, "events.rerated", events, usd_text(cost))
        self.store.save_corrections(
            self.tenant,
            CorrectionChange(
                corrections=[each.correction for each in corrected],
                differences=[each.difference for each in corrected],
                audits=[audit],
            ),
            change.at,
        )


def _corrected(rated: RatedEvent, change: Change) -> CorrectedEvent:
    event, cost = rated
    after = next_correction(event, event.correction, "rerate", change)
    return correct(event, event.correction, replace(after, cost=cost), change.at)
