"""UsageStore.read and count_runs: what exists, as it was at one instant, of one tenant only."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Event, Thread

from shared.adapters.memory import MemoryStore
from shared.domain.ledger.counters import ShardRef, sum_totals
from shared.domain.ledger.documents import Documents, Wanted
from shared.domain.ledger.periods import Period, month_of, start_of
from shared.domain.ledger.rollups import DayRollup, MonthRollup
from shared.domain.limits.limits import LimitOverrides
from shared.domain.people.audit import AuditEntry
from shared.domain.people.keys import ApiKey
from shared.domain.people.tenants import Tenant
from shared.ports import Directory, EventsWanted, Snapshot, UsageStore
from tests.sample_events import CALL, NOON, ONE_SHARD, TODAY, counted, llm_call, read_shards, times, writing

OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
REF = ShardRef(TODAY, 0)
EVERYTHING = Wanted(months=(month_of(TODAY),), days=(TODAY,), shards=(REF,))
NOTHING_FOUND = Snapshot(tenant=None, documents=Documents())


def create_tenant(directory: Directory, tenant_id: str, **settings: object) -> Tenant:
    tenant = Tenant(id=tenant_id, name="Acme", plan="starter", created_at=NOON, **settings)  # type: ignore[arg-type]
    key = ApiKey(
        id=f"{tenant_id}-key",
        tenant_id=tenant_id,
        scopes=("usage:write",),
        label="first",
        prefix="gwi_test_abcde",
        created_at=NOON,
    )
    directory.create_tenant(
        tenant,
        key,
        AuditEntry(
            tenant_id=tenant_id,
            at=NOON,
            actor="test",
            action="tenant.create",
            before=None,
            after=None,
            reason="",
        ),
    )
    return tenant


def test_what_does_not_exist_is_absent(store: UsageStore) -> None:
    assert store.read("acme", EVERYTHING) == NOTHING_FOUND


def test_nothing_is_asked_for_and_only_the_tenant_is_read(store: UsageStore, directory: Directory) -> None:
    tenant = create_tenant(directory, "acme")
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    found = store.read("acme")
    assert (found.tenant, found.documents) == (tenant, Documents())


def test_the_tenant_is_read_back_as_it_was_created(store: UsageStore, directory: Directory) -> None:
    overrides = LimitOverrides(tokens=0, runs=7, hard_percent=130)
    anchor = datetime(2026, 1, 31, 17, 5, 9, 123_456, tzinfo=UTC)
    tenant = create_tenant(directory, "acme", overrides=overrides, anchor=anchor, counters=writing(8))
    assert store.read("acme").tenant == directory.find_tenant("acme") == tenant


def test_a_shard_is_read_with_its_day_number_and_state(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    (shard,) = read_shards(store, "acme", REF, ShardRef(TODAY, 1))
    assert (shard.ref, shard.commits, shard.dirty, shard.totals) == (REF, 1, True, CALL)


def test_a_shards_cells_are_read_only_if_they_are_wanted(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    shard = store.read("acme", Wanted(shards=(REF,))).documents.shards[REF]
    assert (shard.cells, shard.totals) == ({}, CALL)


def test_only_the_shards_asked_for_are_read(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1"), llm_call("e2", ts=NOON - timedelta(days=1))], ONE_SHARD, NOON)
    assert [shard.ref for shard in read_shards(store, "acme", REF)] == [REF]


def test_a_snapshot_does_not_change_afterwards(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    (before,) = read_shards(store, "acme", REF)
    store.record("acme", [llm_call("e2")], ONE_SHARD, NOON)
    assert sum_totals(before.cells.values()) == CALL
    assert counted(store, "acme") == times(2)


def test_a_reader_sees_the_days_of_one_commit_together() -> None:
    # Not on the emulator: it applies a commit one document after the other in sight of readers (about 1 read
    # in 200 here, even in a read-only transaction). test_firestore_rpc pins that a read is one BatchGet.
    store, yesterday, finished = MemoryStore(), NOON - timedelta(days=1), Event()
    refs = [ShardRef(yesterday.date(), 0), REF]

    def record_pairs() -> None:
        for number in range(300):
            store.record(
                "acme", [llm_call(f"a{number}", ts=yesterday), llm_call(f"b{number}")], ONE_SHARD, NOON
            )
        finished.set()

    store.record("acme", [llm_call("a", ts=yesterday), llm_call("b")], ONE_SHARD, NOON)
    writer = Thread(target=record_pairs)
    writer.start()
    seen = [[shard.commits for shard in read_shards(store, "acme", *refs)]]
    while not finished.is_set():
        seen.append([shard.commits for shard in read_shards(store, "acme", *refs)])
    writer.join()
    assert [commits for commits in seen if commits[0] != commits[1]] == []


def test_tenants_see_nothing_of_each_other(store: UsageStore, directory: Directory) -> None:
    create_tenant(directory, "acme")
    store.record("acme", [llm_call("e1", run_id="run-1")], ONE_SHARD, NOON)
    store.create_month("acme", MonthRollup(month=month_of(TODAY), days={}))
    store.save_day("acme", DayRollup(day=TODAY, folded_at=NOON))
    assert store.read("bolt", EVERYTHING) == NOTHING_FOUND
    assert store.count_runs("bolt", NOVEMBER.start, NOVEMBER.end) == 0
    assert store.dirty_counters("bolt") == []
    assert store.list_events("bolt", limit=9).items == []
    assert store.list_events("bolt", EventsWanted(run_id="run-1"), limit=9).items == []
    assert store.list_runs("bolt", limit=9).items == []
    assert store.find_run("bolt", "run-1") is None


def test_a_tenant_whose_id_begins_with_anothers_is_another(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1", run_id="run-1")], ONE_SHARD, NOON)
    store.record("acme-2", [llm_call("e1", run_id="run-2")], ONE_SHARD, NOON)
    assert [run.id for run in store.list_runs("acme", limit=9).items] == ["run-1"]
    assert store.count_runs("acme", NOVEMBER.start, NOVEMBER.end) == 1


def test_runs_are_counted_in_the_half_open_interval_in_which_they_began(store: UsageStore) -> None:
    start, end, step = NOVEMBER.start, NOVEMBER.end, timedelta(microseconds=1)
    begun = {"before": start - step, "first": start, "last": end - step, "after": end}
    store.record("acme", [llm_call(run, ts=ts, run_id=run) for run, ts in begun.items()], ONE_SHARD, NOON)
    edges = [OCTOBER.start, start, end, datetime(2027, 1, 1, tzinfo=UTC)]
    assert [store.count_runs("acme", *pair) for pair in pairwise(edges)] == [1, 2, 1]
    assert store.count_runs("acme", start, start) == 0


def test_a_run_of_many_events_is_counted_once(store: UsageStore) -> None:
    for number in range(3):
        store.record(
            "acme", [llm_call(f"e{number}", run_id="run-1"), llm_call(f"f{number}")], ONE_SHARD, NOON
        )
    assert store.count_runs("acme", NOVEMBER.start, NOVEMBER.end) == 1


def test_an_earlier_event_moves_a_run_to_the_period_in_which_it_really_began(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1", run_id="run-1", ts=NOVEMBER.start)], ONE_SHARD, NOON)
    store.record(
        "acme", [llm_call("e2", run_id="run-1", ts=NOVEMBER.start - timedelta(hours=1))], ONE_SHARD, NOON
    )
    assert store.count_runs("acme", OCTOBER.start, OCTOBER.end) == 1
    assert store.count_runs("acme", NOVEMBER.start, NOVEMBER.end) == 0


def test_runs_are_counted_from_any_hour_to_any_other(store: UsageStore) -> None:
    midnight = start_of(TODAY)
    events = [
        llm_call(f"e{hour}", ts=midnight + timedelta(hours=hour), run_id=f"r{hour}") for hour in range(24)
    ]
    store.record("acme", events, ONE_SHARD, NOON)
    assert store.count_runs("acme", midnight + timedelta(hours=5), midnight + timedelta(hours=12)) == 12 - 5
