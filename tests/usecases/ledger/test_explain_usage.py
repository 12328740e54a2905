"""The events behind a number: on every page together, exactly those that it counts."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.ledger.counters import Series, Totals, sum_totals
from shared.domain.ledger.periods import Period
from shared.domain.metering.recording import RecordedEvent
from shared.ports import UsageStore
from shared.usecases.ledger import explain_usage
from shared.usecases.ledger.explain_usage import EventFilter, EventSearch, Place, find_events
from tests.sample_events import MINI, NOON, ONE_SHARD, llm_call

HOUR = timedelta(hours=1)
OTHER = Series("anthropic", "claude-sonnet-4-5")
EVENTS = st.builds(
    lambda hours, series, user, workflow: llm_call(ts=NOON - hours * HOUR, event_id="x")._replace(
        series=series, user_id=user, workflow_id=workflow
    ),
    st.integers(0, 30),
    st.sampled_from([MINI, OTHER]),
    st.sampled_from([None, "ada", "bob"]),
    st.sampled_from([None, "w1"]),
)
FILTERS = st.builds(
    EventFilter,
    provider=st.sampled_from([None, MINI.provider, OTHER.provider]),
    model=st.sampled_from([None, MINI.model]),
    user_id=st.sampled_from([None, "ada"]),
    workflow_id=st.sampled_from([None, "w1"]),
)


def pages(store: UsageStore, search: EventSearch) -> Iterator[tuple[list[RecordedEvent], Totals]]:
    """Yield each page with the sum so far."""
    place = Place()
    while True:
        found = find_events(store, "acme", search, place)
        yield list(found.events), found.next_place.sum
        place = found.next_place
        if place.cursor is None:
            return


@given(st.lists(EVENTS, max_size=25), FILTERS, st.integers(1, 8), st.integers(0, 24))
def test_all_pages_are_the_events_that_match_once_each_and_the_last_has_their_sum(
    events: list[RecordedEvent], wanted: EventFilter, limit: int, hours: int
) -> None:
    store = MemoryStore()
    sent = [event._replace(id=f"e{n}", identity=f"e{n}") for n, event in enumerate(events)]
    if sent:
        store.record("acme", sent, ONE_SHARD, NOON)
    within = Period(NOON - hours * HOUR, NOON + HOUR)
    read = list(pages(store, EventSearch(within=within, wanted=wanted, limit=limit)))
    expected = [event for event in sent if within.contains(event.ts) and wanted.includes(event)]
    assert all(len(page) <= limit for page, _ in read)
    assert sorted(event.id for page, _ in read for event in page) == sorted(event.id for event in expected)
    assert read[-1][1] == sum_totals(event.amounts for event in expected)


def test_a_page_looks_at_a_bounded_number_of_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain_usage, "MOST_READ", 4)
    monkeypatch.setattr(explain_usage, "_PAGE", 2)
    store = MemoryStore()
    events = [llm_call(f"e{n}", ts=NOON - n * timedelta(minutes=1)) for n in range(10)]
    store.record("acme", [*events[:9], events[9]._replace(user_id="ada")], ONE_SHARD, NOON)
    search = EventSearch(within=Period(NOON - HOUR, NOON + HOUR), wanted=EventFilter(user_id="ada"), limit=1)
    read = list(pages(store, search))
    assert [[event.id for event in page] for page, _ in read] == [[], [], ["e9"]]
