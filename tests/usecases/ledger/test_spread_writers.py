"""The fold sets a tenant's number of counter documents to what the measured rate needs, and loses nothing by it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.ledger.counter_settings import (
    MAX_COUNTER_SHARDS,
    SUSTAINED_COMMITS_PER_SECOND,
    CounterSettings,
)
from shared.domain.ledger.periods import Period, period_at, start_of
from shared.domain.ledger.usage import Detail
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger
from tests.sample_events import TODAY, llm_call, times, writing
from tests.usecases.plain_sums import current, new_tenant, plain_sums, stored_tenant, tick

MIDNIGHT = start_of(TODAY)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PER_MINUTE = round(60 * SUSTAINED_COMMITS_PER_SECOND)


def record(store: MemoryStore, commits: int, settings: CounterSettings, at: datetime) -> list[RecordedEvent]:
    events = [llm_call(f"{at}.{settings.shards}.{number}", ts=at) for number in range(commits)]
    for event in events:
        store.record("acme", [event], settings, at)
    return events


def settings_of(store: MemoryStore) -> CounterSettings:
    return stored_tenant(store).counters


@pytest.mark.parametrize(
    ("commits", "before", "after"),
    [
        (PER_MINUTE, 1, 1),
        (PER_MINUTE + 1, 1, 2),
        (2 * PER_MINUTE, 2, 2),
        (5 * PER_MINUTE, 2, 5),
        (64 * PER_MINUTE + 1, MAX_COUNTER_SHARDS, MAX_COUNTER_SHARDS),
        (2 * PER_MINUTE, 7, 7),
        (2 * PER_MINUTE, 8, 2),
        (1, MAX_COUNTER_SHARDS, 1),
    ],
)
def test_the_documents_are_as_many_as_the_rate_needs_up_to_64(
    memory: MemoryStore, commits: int, before: int, after: int
) -> None:
    new_tenant(memory, counters=writing(before))
    record(memory, commits, writing(before), MIDNIGHT)
    tick(memory, MIDNIGHT + MINUTE)
    assert settings_of(memory).shards == after


def test_only_the_commits_since_the_last_fold_make_the_rate(memory: MemoryStore) -> None:
    new_tenant(memory)
    for minute, commits, shards in ((0, PER_MINUTE, 1), (1, PER_MINUTE, 1), (2, PER_MINUTE + 1, 2)):
        record(memory, commits, writing(1), MIDNIGHT + minute * MINUTE)
        tick(memory, MIDNIGHT + (minute + 1) * MINUTE)
        assert settings_of(memory).shards == shards


def test_writers_that_know_the_previous_number_lose_nothing(memory: MemoryStore) -> None:
    tenant = new_tenant(memory, counters=writing(8))
    events = record(memory, 1, tenant.counters, MIDNIGHT)
    tick(memory, MIDNIGHT + MINUTE)
    lowered = settings_of(memory)
    assert (lowered.shards, lowered.most_shards) == (1, 8)
    for at in (MIDNIGHT + MINUTE, MIDNIGHT + DAY):
        events += record(memory, 30, tenant.counters, at)
        events += record(memory, 5, lowered, at)
        for known in (tenant, stored_tenant(memory)):
            assert current(memory, known, at).totals == times(len(events))
        tick(memory, at + MINUTE)
        assert current(memory, tenant, at + MINUTE).totals == times(len(events))


def test_readers_leave_the_previous_documents_alone_two_days_later(memory: MemoryStore) -> None:
    tenant = new_tenant(memory, counters=writing(8))
    record(memory, 1, tenant.counters, MIDNIGHT)
    tick(memory, MIDNIGHT + MINUTE)
    lowered = settings_of(memory)
    assert [lowered.shards_on(TODAY + days * DAY) for days in (-9, 0, 1, 2, 9)] == [8, 8, 8, 1, 1]


def test_a_day_with_more_series_than_a_document_holds_keeps_its_writers_spread(memory: MemoryStore) -> None:
    new_tenant(memory, counters=writing(8))
    events = [llm_call(f"e{n}", ts=MIDNIGHT, provider=f"{n:04}", model="x" * 250) for n in range(1_300)]
    memory.record("acme", events, writing(8), MIDNIGHT)
    tick(memory, MIDNIGHT + MINUTE)
    assert settings_of(memory).shards == 8


def test_usage_stays_whole_while_writers_and_readers_learn_of_it_one_by_one(memory: MemoryStore) -> None:
    tenant, ledger = new_tenant(memory), Ledger(memory)
    events = record(memory, PER_MINUTE + 1, writing(1), MIDNIGHT)
    now = MIDNIGHT + MINUTE
    tick(memory, now)
    # One writer still believes in one document, another knows of two; the reader has to find out.
    events += record(memory, 10, writing(1), now) + record(memory, 30, writing(2), now + MINUTE)
    now += MINUTE
    assert ledger.current(tenant, Detail.TOTALS, now).usage.totals == times(len(events))
    tick(memory, now)
    assert current(memory, tenant, now).totals == times(len(events))


changes = st.lists(st.tuples(st.integers(1, 64), st.booleans(), st.integers(0, 40)), min_size=1, max_size=12)


@given(changes)
@example([(1, False, 0), (1, False, 0), (1, False, 0), (4, False, 9), (1, False, 40), (1, False, 0)])
def test_raised_and_lowered_at_random_no_write_is_lost(steps: list[tuple[int, bool, int]]) -> None:
    store, now = MemoryStore(), MIDNIGHT
    tenant = new_tenant(store)
    known, events = settings_of(store), []
    for number, (rate, is_stale, hours) in enumerate(steps):
        settings = settings_of(store)
        events.append(llm_call(f"e{number}", ts=now, run_id=f"r{number % 3}"))
        store.record("acme", events[-1:], known if is_stale else settings, now)
        known = settings
        store._tenants["acme"] = stored_with(store, settings.at_rate(float(rate), now))
        assert current(store, tenant, now) == plain_sums(events, calendar_month(now))
        if number % 2:
            tick(store, now)
            assert current(store, tenant, now) == plain_sums(events, calendar_month(now))
        now += timedelta(hours=hours)
        known = settings_of(store) if hours else known


def stored_with(store: MemoryStore, settings: CounterSettings) -> Tenant:
    return replace(stored_tenant(store), counters=settings)


def calendar_month(instant: datetime) -> Period:
    return period_at(None, instant)
