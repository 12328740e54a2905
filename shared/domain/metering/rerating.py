"""Events that had no price when they were recorded, at the prices of now. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain.ledger.counters import Series
from shared.domain.metering.event_costs import Priced, RecordingTerms, priced_model
from shared.domain.metering.recording import RecordedEvent
from shared.domain.prices.book_prices import Prices
from shared.domain.prices.catalog import resolve_provider
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import MAX_TOKENS, CallUsage


def is_unpriced(event: RecordedEvent) -> bool:
    """Return whether an event used tokens whose price was not known."""
    return event.cost.status == "unknown" and event.tokens is not None and event.tokens.total > 0


def cost_at(event: RecordedEvent, prices: Prices) -> EventCost | None:
    """Return the cost of an unpriced event; None if it has no price now either.

    Its tokens are priced. Of other units and of a service tier, an event has only the names, as `unread`.
    """
    if event.tokens is None:
        return None
    by = Priced(resolve_provider(event.provider), event.ts, RecordingTerms(prices))
    model = priced_model(event.model, event.served_model, by)
    price = prices.price_of(by.provider, model, event.ts, CallUsage(event.tokens))
    if price.nanousd is None or price.nanousd > MAX_TOKENS:
        return None
    unread = tuple(dict.fromkeys((*event.cost.unread, *price.unpriced)))
    return EventCost("incomplete" if unread else "exact", price.nanousd, price.source, unread)


class RatedEvent(NamedTuple):
    """An unpriced event, and its cost at the prices of now; None if it still has none."""

    event: RecordedEvent
    cost: EventCost | None


@dataclass(slots=True)
class ModelDifference:
    """The unpriced events of a model: how many get a cost, how much that is, and how many stay without."""

    rated: int = 0
    cost_nanousd: int = 0
    still_unpriced: int = 0


@dataclass(slots=True)
class Difference:
    """The difference that new prices make, by model."""

    by_series: dict[Series, ModelDifference] = field(default_factory=dict)

    def add(self, rated: Iterable[RatedEvent]) -> None:
        for event, cost in rated:
            of_model = self.by_series.setdefault(event.series, ModelDifference())
            if cost is None:
                of_model.still_unpriced += 1
            else:
                of_model.rated += 1
                of_model.cost_nanousd += cost.nanousd or 0
