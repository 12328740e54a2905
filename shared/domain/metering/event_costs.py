"""The cost of an event: the client's estimate, the provider's bill, the platform's price, the catalog's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from shared.domain.errors import shown
from shared.domain.metering.amounts import can_cost
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.refusals import RefusedEvent
from shared.domain.metering.responses.extraction import Extracted
from shared.domain.prices.book_prices import LIST_PRICES, Prices
from shared.domain.prices.catalog import ResolvedProvider
from shared.domain.prices.costs import CLIENT_PRICE, NO_COST, PROVIDER_PRICE, EventCost
from shared.domain.prices.money import nanousd_from_decimal
from shared.domain.prices.priced_models import Price
from shared.domain.prices.token_pools import MAX_TOKENS

UNKNOWN_COST: Final = EventCost("unknown")


class RecordingTerms(NamedTuple):
    """The prices that hold for a tenant, whether its own estimates count, and the API key that records."""

    prices: Prices = LIST_PRICES
    takes_estimates: bool = True
    key: str | None = None


LIST_TERMS: Final = RecordingTerms()


class Priced(NamedTuple):
    """The provider of an event, its time, and the prices that hold for its tenant."""

    provider: ResolvedProvider
    ts: datetime
    terms: RecordingTerms


def cost_of_event(event: MeteringEvent, read: Extracted | None, by: Priced) -> EventCost:
    """Return the cost of an event that used what was read. Raises RefusedEvent for a cost beyond all bounds."""
    provider, ts, terms = by
    if event.cost_usd_estimate is not None and terms.takes_estimates:
        return EventCost("client", nanousd_from_decimal(event.cost_usd_estimate), CLIENT_PRICE)
    if read is None:
        return UNKNOWN_COST if can_cost(event.category, event.status, None) else NO_COST
    calls, model = read.calls, priced_model(event.model, read.served_model, by)
    if len(calls) == 1:
        catalog = terms.prices.price_of(provider, calls[0].model or model, ts, calls[0])
    else:
        catalog = _sum([terms.prices.price_of(provider, call.model or model, ts, call) for call in calls])
    if catalog.nanousd is not None and catalog.nanousd > MAX_TOKENS:
        total = shown(read.pools.total)
        raise RefusedEvent("tokens", "cost_out_of_range", f"{total} tokens cost more than can be billed")
    if read.bill_nanousd is not None:
        return EventCost("exact", read.bill_nanousd, PROVIDER_PRICE, (), catalog.nanousd)
    unread = read.unread
    if catalog.unpriced:
        unpriced = (read.places.get(each, each) for each in catalog.unpriced)
        unread = tuple(dict.fromkeys((*unread, *unpriced)))
    if catalog.nanousd is None:
        # A stream that was cut off before it said anything is no model without a price.
        unread = tuple(dict.fromkeys((*unread, *_beside_tokens(read))))
        return EventCost("unknown" if calls else "incomplete", None, None, unread)
    return EventCost("incomplete" if unread else "exact", catalog.nanousd, catalog.source, unread)


def priced_model(model: str, served: str | None, by: Priced) -> str:
    """Return the model whose price holds: a deployment or a router has a name of its own, and another answers."""
    is_served = served is not None and by.terms.prices.is_priced(by.provider, served, by.ts)
    return served if served is not None and is_served else model


def _beside_tokens(read: Extracted) -> list[str]:
    """Return the places of what decides the price beside tokens: without a price, they are all that is stored."""
    if not any(call.pools.total for call in read.calls):
        return []
    named = [each for call in read.calls for each in (*call.other_units, *call.price_context)]
    return [
        *(["usage.iterations"] if len(read.calls) > 1 else []),
        *(read.places.get(each, each) for each in named),
    ]


def _sum(prices: Sequence[Price]) -> Price:
    """Return the sum of what is known; a call without any price is named by its position."""
    known = [price for price in prices if price.nanousd is not None]
    unpriced = tuple(unit for price in prices for unit in price.unpriced)
    if not known:
        return Price(None, None, unpriced)
    unknown = (f"usage.iterations[{index}]" for index, price in enumerate(prices) if price.nanousd is None)
    return Price(sum(price.nanousd or 0 for price in known), known[0].source, (*unknown, *unpriced))
