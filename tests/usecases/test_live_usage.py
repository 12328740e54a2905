"""What is read to know the usage of now: around midnight, period ends, moved anchors and a fold that is away."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.adapters.memory import MemoryStore
from shared.domain.counters import Series
from shared.domain.errors import NotFound
from shared.domain.recording import RecordedEvent
from shared.domain.rollups import start_of
from shared.ports import Snapshot
from shared.usecases.live_usage import NEW_FOR, LiveUsageReader
from tests.sample_events import CALL, NOON, TODAY, llm_call, times
from tests.usecases.conftest import RETENTION
from tests.usecases.cut_off import counted
from tests.usecases.ledger import ReanchoredStore, new_tenant, tick

MIDNIGHT = start_of(TODAY)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ANCHOR = datetime(2026, 1, 31, 17, tzinfo=UTC)


def record(store: MemoryStore, *instants: datetime) -> None:
    events: list[RecordedEvent] = [llm_call(f"{ts.isoformat()}", ts=ts) for ts in instants]
    store.record("acme", events, ONE_SHARD, instants[-1])


def calls(reader: LiveUsageReader, now: datetime) -> int:
    """Calls by both ways of reading, which must agree."""
    standing, usage = reader.standing("acme", now), reader.usage("acme", now)
    assert standing.totals == usage.rollup.totals
    assert (standing.period, standing.runs) == (usage.rollup.period, usage.rollup.runs)
    return standing.totals.get("calls", 0)


def test_an_unknown_tenant_is_not_found(memory: MemoryStore) -> None:
    with pytest.raises(NotFound, match="'ghost'"):
        LiveUsageReader(memory).standing("ghost", NOON)


def test_a_tenant_without_usage_has_used_nothing(memory: MemoryStore) -> None:
    new_tenant(memory)
    usage = LiveUsageReader(memory).usage("acme", NOON)
    assert (usage.rollup.totals, usage.rollup.series, usage.rollup.runs) == ({}, {}, 0)


def test_an_event_counts_from_the_moment_it_is_recorded(memory: MemoryStore) -> None:
    new_tenant(memory)
    reader = LiveUsageReader(memory)
    for expected in range(1, 4):
        record(memory, NOON + expected * SECOND)
        assert calls(reader, NOON + expected * SECOND) == expected


def test_just_after_midnight_yesterdays_last_events_are_not_forgotten(memory: MemoryStore) -> None:
    new_tenant(memory)
    reader = LiveUsageReader(memory)
    record(memory, MIDNIGHT - 60 * SECOND)
    tick(memory, MIDNIGHT - 30 * SECOND)
    record(memory, MIDNIGHT - SECOND, MIDNIGHT + SECOND)
    for each in (reader, LiveUsageReader(memory)):
        assert calls(each, MIDNIGHT + 2 * SECOND) == 3
    tick(memory, MIDNIGHT + 30 * SECOND)
    assert calls(reader, MIDNIGHT + 31 * SECOND) == 3


def test_an_event_of_tomorrow_counts_today(memory: MemoryStore) -> None:
    new_tenant(memory)
    record(memory, MIDNIGHT + timedelta(minutes=4))
    now = MIDNIGHT - timedelta(minutes=5)
    assert calls(LiveUsageReader(memory), now) == 1
    tick(memory, now)
    assert calls(LiveUsageReader(memory), now) == 1
    assert calls(LiveUsageReader(memory), MIDNIGHT + timedelta(minutes=5)) == 1


def test_a_period_that_ends_in_the_middle_of_a_day_ends_on_the_hour(memory: MemoryStore) -> None:
    new_tenant(memory, anchor=datetime(2026, 9, 20, 12, 45, tzinfo=UTC))
    reader = LiveUsageReader(memory)
    record(memory, NOON - DAY, NOON - timedelta(microseconds=1), NOON, NOON + SECOND)
    assert calls(reader, NOON - SECOND) == 2
    assert calls(reader, NOON) == 2
    tick(memory, NOON + SECOND)
    assert [calls(reader, NOON - SECOND), calls(reader, NOON + SECOND)] == [2, 2]
    record(memory, NOON + 2 * SECOND)
    assert [calls(reader, NOON - SECOND), calls(reader, NOON + 2 * SECOND)] == [2, 3]


def test_a_new_period_begins_at_nothing_without_anybody_doing_anything(memory: MemoryStore) -> None:
    new_tenant(memory)
    reader = LiveUsageReader(memory)
    record(memory, NOON)
    tick(memory, NOON)
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert [calls(reader, december - SECOND), calls(reader, december)] == [1, 0]


def test_a_moved_anchor_takes_effect_at_once(memory: MemoryStore) -> None:
    store = ReanchoredStore()
    new_tenant(store)
    reader = LiveUsageReader(store)
    record(store, *(NOON - age * DAY for age in (10, 5, 1, 0)))
    tick(store, NOON)
    assert calls(reader, NOON) == 4
    store.reanchor(start_of(TODAY - 5 * DAY), NOON)
    for each in (reader, LiveUsageReader(store)):
        assert calls(each, NOON + SECOND) == 3
    record(store, NOON + SECOND)
    tick(store, NOON + 2 * SECOND)
    assert calls(reader, NOON + 3 * SECOND) == 4


def test_while_the_fold_is_away_for_days_nothing_is_missing(memory: MemoryStore) -> None:
    new_tenant(memory)
    reader = LiveUsageReader(memory)
    record(memory, NOON)
    tick(memory, NOON)
    for age in range(1, 6):
        record(memory, NOON + age * DAY)
        assert calls(reader, NOON + age * DAY) == calls(LiveUsageReader(memory), NOON + age * DAY) == 1 + age
    tick(memory, NOON + 5 * DAY)
    assert calls(reader, NOON + 5 * DAY) == 6


def test_what_comes_late_for_a_folded_day_shows_after_the_next_fold(memory: MemoryStore) -> None:
    new_tenant(memory)
    record(memory, NOON)
    tick(memory, NOON)
    record(memory, NOON - 3 * DAY)
    tick(memory, NOON + 60 * SECOND)
    assert calls(LiveUsageReader(memory), NOON + 60 * SECOND) == 2


def test_series_are_read_live_as_well(memory: MemoryStore) -> None:
    new_tenant(memory)
    memory.record("acme", [llm_call("e1"), llm_call("e2", provider="a.b")], ONE_SHARD, NOON)
    tick(memory, NOON)
    memory.record("acme", [llm_call("e3", provider="a.b")], ONE_SHARD, NOON)
    series = LiveUsageReader(memory).usage("acme", NOON).rollup.series
    assert series == {Series("openai", "gpt-4.1-mini"): CALL, Series("a.b", "gpt-4.1-mini"): times(2)}


@pytest.mark.parametrize("counter_shards", [1, 8])
def test_a_warm_reader_needs_one_rpc_while_nothing_is_new_and_two_when_something_is(
    firestore_rpc: FirestoreRpc, counter_shards: int
) -> None:
    new_tenant(FirestoreDirectory(firestore_rpc), counter_shards=counter_shards)
    counting_rpc, rpcs = counted(firestore_rpc)
    store = FirestoreUsageStore(counting_rpc, RETENTION)
    store.record("acme", [llm_call("e1")], writing(counter_shards), NOON)
    tick(store, NOON)
    reader = LiveUsageReader(store)
    reader.standing("acme", NOON)
    for number, expected in enumerate(({"batch_get": 1}, {"batch_get": 1, "count": 1})):
        for now in (NOON + SECOND, NOON + DAY, NOON + 2 * DAY):
            for read in (reader.standing, reader.usage):
                rpcs.clear()
                read("acme", now)
                assert rpcs == expected
        store.record("acme", [llm_call(f"new{number}")], writing(counter_shards), NOON)


@pytest.mark.parametrize("has_rollup", [True, False])
@pytest.mark.parametrize("anchor", [None, ANCHOR])
def test_a_cold_reader_that_knows_the_tenant_needs_two_rpcs_and_one_that_does_not_three_at_most(
    firestore_rpc: FirestoreRpc, anchor: datetime | None, has_rollup: bool
) -> None:
    tenant = new_tenant(FirestoreDirectory(firestore_rpc), anchor=anchor, counter_shards=2)
    counting_rpc, rpcs = counted(firestore_rpc)
    store = FirestoreUsageStore(counting_rpc, RETENTION)
    store.record("acme", [llm_call("e1", ts=NOON - 5 * DAY)], writing(2), NOON)
    if has_rollup:
        tick(store, NOON)
    for known, batch_gets in ((tenant, 1), (None, 2)):
        rpcs.clear()
        assert LiveUsageReader(store).standing("acme", NOON, known).totals == CALL
        assert rpcs == {"batch_get": batch_gets} | ({} if has_rollup else {"count": 1})


class AskedStore(MemoryStore):
    """A store that tells how many documents it was asked for."""

    asked = 0

    def read(self, tenant_id: str, **wanted: Collection[object]) -> Snapshot:
        """See UsageStore.read."""
        self.asked += 1 + sum(len(documents) for documents in wanted.values())
        return super().read(tenant_id, **wanted)  # type: ignore[arg-type]  # handed on as it came


def test_a_cold_reader_reads_four_documents_of_a_tenant_that_is_folded() -> None:
    store = AskedStore()
    tenant = new_tenant(store)
    store.record("acme", [llm_call("e1"), llm_call("e2", ts=NOON - 9 * DAY)], ONE_SHARD, NOON)
    tick(store, NOON)
    store.asked = 0
    usage = LiveUsageReader(store).usage("acme", NOON + NEW_FOR, tenant)
    assert usage.rollup.totals == times(2)
    assert store.asked == len({"tenant", "period", "day", "counter"})


def test_a_cold_reader_is_right_about_a_tenant_that_was_never_folded() -> None:
    store = MemoryStore()
    tenant = new_tenant(store)
    store.record("acme", [llm_call("e1"), llm_call("e2", ts=NOON - 9 * DAY)], ONE_SHARD, NOON)
    assert LiveUsageReader(store).usage("acme", NOON + NEW_FOR, tenant).rollup.totals == times(2)


def test_in_the_first_minutes_of_a_period_a_cold_reader_takes_it_for_unfolded() -> None:
    store = AskedStore()
    tenant = new_tenant(store)
    begun = datetime(2026, 12, 1, 0, 1, tzinfo=UTC)
    store.record("acme", [llm_call("e1", ts=begun)], ONE_SHARD, begun)
    assert LiveUsageReader(store).standing("acme", begun, tenant).totals == CALL
    assert store.asked == len({"tenant", "period", "counter"})


def test_a_moved_anchor_is_read_back_from_firestore(firestore_rpc: FirestoreRpc) -> None:
    directory = FirestoreDirectory(firestore_rpc)
    tenant = new_tenant(directory, anchor=NOON, anchored_at=NOON + timedelta(microseconds=7))
    assert directory.find_tenant("acme") == tenant
    assert FirestoreUsageStore(firestore_rpc, RETENTION).read("acme").tenant == tenant
