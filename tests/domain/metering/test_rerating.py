"""Events at prices that became known later: never said to be complete where something of them is not known."""

from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import RecordedEvent, prepare
from shared.domain.metering.rerating import Difference, RatedEvent, cost_at, is_unpriced
from shared.domain.prices.book_prices import LIST_PRICES
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools
from tests.sample_events import MINI, NOON, costing, event_of, llm_call

TOKENS = {"input_tokens": 100, "output_tokens": 20}


def recorded(**fields: object) -> RecordedEvent:
    sent = {"category": "llm", "provider": "openai", "model": "nobody-knows", "tokens": TOKENS} | fields
    return prepare(MeteringEvent.model_validate(sent), "acme", NOON)


def priced_later(event: RecordedEvent) -> RecordedEvent:
    """Return the event as if its model were one that has a price."""
    return event._replace(model=MINI.model)


def test_a_call_with_nothing_but_tokens_costs_exactly_what_it_would_have() -> None:
    event = priced_later(recorded())
    assert is_unpriced(event)
    cost = cost_at(event, LIST_PRICES)
    assert cost is not None
    assert (cost.status, cost.nanousd, cost.unread) == ("exact", 100 * 400 + 20 * 1_600, ())


def test_units_and_a_service_tier_beside_the_tokens_leave_it_incomplete() -> None:
    units = cost_at(priced_later(recorded(units={"images": 2})), LIST_PRICES)
    tier = cost_at(priced_later(recorded(service_tier="batch")), LIST_PRICES)
    assert units is not None
    assert tier is not None
    assert (units.status, units.unread) == ("incomplete", ("units.images",))
    assert (tier.status, tier.unread) == ("incomplete", ("service_tier",))


def test_what_used_no_tokens_had_a_price_or_cannot_cost_is_left_alone() -> None:
    others = [
        recorded(tokens=None, units={"pages": 3}),
        recorded(tokens=None),
        llm_call("priced"),
        event_of("tool", None, None, None, category="tool"),
        costing(llm_call("e"), EventCost("incomplete", 5)),
    ]
    assert [is_unpriced(event) for event in others] == [False] * 5


def test_a_model_without_a_price_and_a_total_alone_stay_unpriced() -> None:
    total = event_of("e", TokenPools(0, 0, 9), None, None)
    assert cost_at(recorded(), LIST_PRICES) is None
    assert cost_at(total, LIST_PRICES) is None


def test_a_difference_is_by_the_series_that_was_counted() -> None:
    event, difference = event_of("e", TokenPools(1, 1, 2), None, None), Difference()
    difference.add([RatedEvent(event, EventCost("exact", 7)), RatedEvent(event, None)])
    difference.add([RatedEvent(event, EventCost("exact", 5))])
    (found,) = difference.by_series.values()
    assert (found.rated, found.cost_nanousd, found.still_unpriced) == (2, 7 + 5, 1)
    assert difference.by_series.keys() == {MINI}
