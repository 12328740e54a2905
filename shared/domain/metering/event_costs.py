"""The cost of an event: the client's estimate, the provider's bill or the catalog's price, in this order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from shared.domain.metering.amounts import can_cost
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.refusals import RefusedEvent
from shared.domain.metering.responses.extraction import Extracted
from shared.domain.metering.shown import shown
from shared.domain.prices.catalog import ResolvedProvider
from shared.domain.prices.costs import CLIENT_PRICE, NO_COST, PROVIDER_PRICE, EventCost
from shared.domain.prices.money import nanousd_from_decimal
from shared.domain.prices.pricing import Price, is_priced, price_of
from shared.domain.prices.token_pools import MAX_TOKENS

UNKNOWN_COST: Final = EventCost("unknown")


def cost_of_event(
    event: MeteringEvent, provider: ResolvedProvider, ts: datetime, read: Extracted | None
) -> EventCost:
    """Return the cost of an event that used what was read. Raises RefusedEvent for a cost beyond all bounds."""
    if event.cost_usd_estimate is not None:
        return EventCost("client", nanousd_from_decimal(event.cost_usd_estimate), CLIENT_PRICE)
    if read is None:
        return UNKNOWN_COST if can_cost(event.category, event.status, None) else NO_COST
    # A deployment or a router has a name of its own: the model that answered decides the price.
    served, calls = read.served_model, read.calls
    model = event.model if served is None or not is_priced(provider, served) else served
    if len(calls) == 1:
        catalog = price_of(provider, calls[0].model or model, ts, calls[0])
    else:
        catalog = _sum([price_of(provider, call.model or model, ts, call) for call in calls])
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
        return EventCost("unknown" if calls else "incomplete", None, None, unread)
    return EventCost("incomplete" if unread else "exact", catalog.nanousd, catalog.source, unread)


def _sum(prices: Sequence[Price]) -> Price:
    """Return the sum of what is known; a call without any price is named by its position."""
    known = [price for price in prices if price.nanousd is not None]
    unpriced = tuple(unit for price in prices for unit in price.unpriced)
    if not known:
        return Price(None, None, unpriced)
    unknown = (f"usage.iterations[{index}]" for index, price in enumerate(prices) if price.nanousd is None)
    return Price(sum(price.nanousd or 0 for price in known), known[0].source, (*unknown, *unpriced))
