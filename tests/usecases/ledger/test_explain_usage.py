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
from shared.domain.people.tenants import Tenant
from shared.domain.prices.token_pools import TokenPools
from shared.ports import UsageStore
from shared.usecases.ledger import explain_usage
from shared.usecases.ledger.explain_usage import EventFilter, EventSearch, Place, find_events
from tests.sample_events import MINI, NOON, ONE_SHARD, event_of, llm_call

HOUR = timedelta(hours=1)
OTHER = Series("anthropic", "claude-sonnet-4-5")
NAMES = st.tuples(
    st.sampled_from([MINI, OTHER]), st.sampled_from([None, "ada", "bob"]), st.sampled_from([None, "w1"])
)
EVENTS = st.builds(
    lambda hours, names, key, tags, status: event_of(
        "x", TokenPools(100, 20, 120), 350, 72_000, ts=NOON - hours * HOUR, status=status, series=names[0]
    )._replace(user_id=names[1], workflow_id=names[2], key=key, tags=tags),
    st.integers(0, 30),
    NAMES,
    st.sampled_from([None, "k1"]),
    st.sampled_from([None, {"team": "a"}, {"team": "b", "env": "a"}]),
    st.sampled_from([None, "ok", "error", "failed"]),
)
ONE_FILTER = st.sampled_from(
    [
        {"provider": MINI.provider},
        {"model": MINI.model},
        {"user_id": "ada"},
        {"workflow_id": "w1"},
        {"key": "k1"},
        {"tag": ("team", "a")},
        {"status": "failed"},
        {"errors": True},
    ]
)
FILTERS = st.builds(
    lambda parts: EventFilter(**{name: value for part in parts for name, value in part.items()}),
    st.lists(ONE_FILTER, max_size=2),
)


def matches(event: RecordedEvent, wanted: EventFilter) -> bool:
    """Compare by hand, one field after the other."""
    names = [
        (wanted.provider, event.series.provider),
        (wanted.model, event.series.model),
        (wanted.user_id, event.user_id),
        (wanted.workflow_id, event.workflow_id),
        (wanted.key, event.key),
        (wanted.tag and wanted.tag[1], (event.tags or {}).get("team")),
        (wanted.status, event.status),
    ]
    if any(asked is not None and asked != found for asked, found in names):
        return False
    return not wanted.errors or event.status in ("error", "failed")


ACME = Tenant(id="acme", name="Acme", plan="free", created_at=NOON)


def pages(store: UsageStore, search: EventSearch) -> Iterator[tuple[list[RecordedEvent], Totals]]:
    """Yield each page with the sum so far."""
    place = Place()
    while True:
        found = find_events(store, ACME, search, place)
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
    expected = [event for event in sent if within.contains(event.ts) and matches(event, wanted)]
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
