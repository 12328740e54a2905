"""The fold raises a tenant's number of counter documents when a day is written faster than they sustain."""

from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.counters import MAX_COUNTER_SHARDS, SUSTAINED_COMMITS_PER_SECOND
from shared.domain.rollups import start_of
from shared.usecases.live_usage import LiveUsageReader
from tests.sample_events import CALL, TODAY, llm_call, times
from tests.usecases.ledger import new_tenant, tick

MIDNIGHT = start_of(TODAY)
PER_MINUTE = round(60 * SUSTAINED_COMMITS_PER_SECOND)


def record(store: MemoryStore, commits: int, counter_shards: int, minute: int = 0) -> None:
    for number in range(commits):
        event = llm_call(f"{minute}.{number}", ts=MIDNIGHT + timedelta(minutes=minute))
        store.record("acme", [event], counter_shards, MIDNIGHT)


def shards(store: MemoryStore) -> int:
    tenant = store.find_tenant("acme")
    assert tenant is not None
    return tenant.counter_shards


@pytest.mark.parametrize(
    ("commits", "before", "after"),
    [
        (PER_MINUTE, 1, 1),
        (PER_MINUTE + 1, 1, 2),
        (2 * PER_MINUTE, 2, 2),
        (2 * PER_MINUTE + 1, 2, 4),
        (64 * PER_MINUTE + 1, MAX_COUNTER_SHARDS, MAX_COUNTER_SHARDS),
    ],
)
def test_more_commits_than_the_documents_sustain_double_them_up_to_64(
    memory: MemoryStore, commits: int, before: int, after: int
) -> None:
    new_tenant(memory, counter_shards=before)
    record(memory, commits, before)
    tick(memory, MIDNIGHT + timedelta(minutes=1))
    assert shards(memory) == after


def test_only_the_commits_since_the_last_fold_tell_the_rate(memory: MemoryStore) -> None:
    new_tenant(memory)
    record(memory, PER_MINUTE, 1)
    tick(memory, MIDNIGHT + timedelta(minutes=1))
    record(memory, PER_MINUTE, 1, minute=1)
    tick(memory, MIDNIGHT + timedelta(minutes=2))
    assert shards(memory) == 1
    record(memory, PER_MINUTE + 1, 1, minute=2)
    tick(memory, MIDNIGHT + timedelta(minutes=3))
    assert shards(memory) == 2


def test_a_rate_that_stays_high_doubles_them_at_each_fold(memory: MemoryStore) -> None:
    new_tenant(memory)
    numbers = []
    for minute in range(4):
        record(memory, 5 * PER_MINUTE, shards(memory), minute)
        tick(memory, MIDNIGHT + timedelta(minutes=minute + 1))
        numbers.append(shards(memory))
    assert numbers == [2, 4, 8, 8]


def test_usage_stays_whole_while_writers_and_readers_learn_of_it_one_by_one(memory: MemoryStore) -> None:
    new_tenant(memory)
    reader = LiveUsageReader(memory)
    now = MIDNIGHT + timedelta(minutes=1)
    record(memory, PER_MINUTE + 1, 1)
    assert reader.standing("acme", now).totals == times(PER_MINUTE + 1)
    tick(memory, now)
    # One writer still believes in one document, another knows of two; the reader has to find out.
    record(memory, 10, 1, minute=1)
    record(memory, 30, 2, minute=2)
    expected = times(PER_MINUTE + 1 + 10 + 30)
    assert reader.standing("acme", now).totals == expected
    tick(memory, now + timedelta(minutes=2))
    assert reader.usage("acme", now + timedelta(minutes=2)).rollup.totals == expected
    assert set(expected) == set(CALL)
