"""The bench's table and file say what was measured, and its counter counts what Firestore bills."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest

from shared.adapters.firestore import FirestoreRpc, FirestoreUsageStore, queries
from shared.adapters.firestore.rpc import open_channel
from shared.adapters.memory import MemoryStore
from shared.domain.errors import Problems
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import month_of, period_at
from shared.domain.metering.events import parse_events
from tests.sample_events import NOON, ONE_SHARD, llm_call
from tools.bench.__main__ import GROUPS, main
from tools.bench.admission_store import HoldingTenant, Situation
from tools.bench.counting import DELETE_NANOUSD, READ_NANOUSD, WRITE_NANOUSD, OperationCounter, Operations
from tools.bench.fold_cost import ActiveTenant
from tools.bench.history import DAYS, HOURS, NOW, SERIES, load
from tools.bench.reading import ANCHORS, Budget, Reading
from tools.bench.report import Measure, at_least, at_most, exactly, table, write_json
from tools.bench.sample import BATCH_EVENTS, sample_events
from tools.bench.timing import medians

RATE = Measure("rate", 26_123, "events/s", at_least(25_000))
RATIO = Measure("ratio", 5.4321987, "times", at_least(8), "2,600 events/s by another")
COST = Measure("cost", 1.9, "USD")


def test_the_table_has_a_line_for_each_measure_in_aligned_columns() -> None:
    assert table([RATE, RATIO, COST]).splitlines() == [
        "measure   value  unit      target     met  baseline",
        "-------  ------  --------  ---------  ---  -------------------------",
        "rate     26,123  events/s  >= 25,000  yes",
        "ratio      5.43  times     >= 8       NO   2,600 events/s by another",
        "cost        1.9  USD",
    ]


def test_the_file_holds_value_unit_target_whether_it_is_met_and_the_baseline(tmp_path: Path) -> None:
    file = tmp_path / "results" / "bench.json"
    write_json([RATE, RATIO, COST], file)
    assert json.loads(file.read_text()) == {
        "rate": {"value": 26_123, "unit": "events/s", "target": ">= 25,000", "met": True},
        "ratio": {
            "value": 5.4322,
            "unit": "times",
            "target": ">= 8",
            "met": False,
            "baseline": "2,600 events/s by another",
        },
        "cost": {"value": 1.9, "unit": "USD", "target": None, "met": None},
    }


def test_a_target_is_met_by_exactly_its_amount() -> None:
    assert at_least(8).is_met_by(8)
    assert not at_least(8).is_met_by(7.99)
    assert at_most(1.1).is_met_by(1.1)
    assert not at_most(1.1).is_met_by(1.11)
    assert exactly(2).is_met_by(2)
    assert not exactly(2).is_met_by(1)


def test_what_is_compared_is_taken_in_turns_and_by_its_median() -> None:
    order: list[str] = []
    slow, fast = iter([30.0, 900.0, 31.0]), iter([10.0, 11.0, 500.0])

    def take_slow() -> float:
        order.append("slow")
        return next(slow)

    def take_fast() -> float:
        order.append("fast")
        return next(fast)

    assert medians(3, take_slow, take_fast) == [31.0, 11.0]
    assert order == ["slow", "fast", "fast", "slow", "slow", "fast"]


def test_every_sample_event_is_valid_and_has_an_id_of_its_own() -> None:
    sample = sample_events(BATCH_EVENTS, "test", NOON)
    problems = Problems()
    events = parse_events(sample, problems)
    assert problems.listed == []
    assert len({event.id for event in events.values()}) == BATCH_EVENTS


def test_histories_of_different_length_differ_in_nothing_that_a_document_holds() -> None:
    store = MemoryStore()
    load(store, store, "little", 1_000)
    load(store, store, "more", 4_000)
    days = tuple(NOW.date() - timedelta(days=ago) for ago in range(DAYS))
    wanted = Wanted(months=(month_of(NOW.date()),), days=days, fields=frozenset({"hours", "series"}))
    little, more = (store.read(tenant, wanted).documents for tenant in ("little", "more"))
    assert [
        sum(rollup.entry.totals["calls"] for rollup in each.days.values()) for each in (little, more)
    ] == [
        1_000,
        4_000,
    ]
    for day in days:
        assert set(little.days[day].series) == set(more.days[day].series) == set(SERIES)
        assert set(little.days[day].cells) == set(more.days[day].cells)
        assert little.days[day].runs == dict.fromkeys(HOURS, 1)
    for each in (little, more):
        assert {month: set(found.days) for month, found in each.months.items()} == {
            month_of(NOW.date()): set(days)
        }


def test_an_unknown_group_is_refused_with_the_names_of_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["no-such-group"])
    complaint = capsys.readouterr().err
    assert "no such group: no-such-group" in complaint
    assert all(name in complaint for name in GROUPS)


def test_a_budget_is_about_rpcs_and_the_documents_besides_the_counters_of_today() -> None:
    found = Operations(rpcs=2, reads=64 + 5 + 1, counted=1)
    rpcs, documents = Budget(at_most(1), at_most(5), counters=64).rows("check", found)
    assert (rpcs.name, rpcs.value, rpcs.is_met) == ("check_rpcs", 2, False)
    assert (documents.name, documents.value, documents.is_met) == ("check_documents", 5, True)


def test_a_deletion_that_follows_is_part_of_the_cost() -> None:
    operations = Operations(rpcs=4, reads=2, writes=3)
    assert operations.cost_nanousd(deletes=5) == 2 * READ_NANOUSD + 3 * WRITE_NANOUSD + 5 * DELETE_NANOUSD


class TestOnTheEmulator:
    """The counter, on the channel of the real adapter."""

    @pytest.fixture
    def counter(self) -> OperationCounter:
        return OperationCounter()

    @pytest.fixture
    def rpc(self, counter: OperationCounter, firestore_emulator_host: str) -> Iterator[FirestoreRpc]:
        with open_channel(firestore_emulator_host) as channel:
            counted = grpc.intercept_channel(channel, counter)
            yield FirestoreRpc(f"demo-{uuid4().hex[:12]}", lambda: counted, is_emulator=True)

    @pytest.fixture
    def store(self, rpc: FirestoreRpc) -> FirestoreUsageStore:
        return FirestoreUsageStore(rpc, timedelta(days=40))

    def test_counts_each_write_of_a_commit(
        self, counter: OperationCounter, store: FirestoreUsageStore
    ) -> None:
        events = [llm_call(f"e{number}", run_id="run") for number in range(3)]
        counted = counter.of(lambda: store.record("acme", events, ONE_SHARD, NOON))
        # three events, their counter and their run
        assert counted == Operations(rpcs=1, reads=0, writes=3 + 1 + 1)

    def test_does_not_count_the_writes_of_a_commit_that_failed(
        self, counter: OperationCounter, store: FirestoreUsageStore
    ) -> None:
        store.record("acme", [llm_call("e")], ONE_SHARD, NOON)
        counted = counter.of(lambda: store.record("acme", [llm_call("e")], ONE_SHARD, NOON))
        # the commit that failed, and the look at what the event was
        assert counted == Operations(rpcs=2, reads=1, writes=0)

    def test_counts_documents_that_were_looked_for_in_vain(
        self, counter: OperationCounter, store: FirestoreUsageStore
    ) -> None:
        days = [NOON.date(), NOON.date() - timedelta(days=1)]
        # the tenant and two days
        wanted = Wanted(days=tuple(days))
        assert counter.of(lambda: store.read("nobody", wanted)) == Operations(rpcs=1, reads=1 + 2)

    def test_an_active_tenant_is_folded_every_fifteen_minutes(
        self, counter: OperationCounter, rpc: FirestoreRpc
    ) -> None:
        tenant = ActiveTenant(rpc, counter, 2)
        tenant.live(2 * 15)
        ticks = tenant.live(3 * 15)
        # both counters are cleared with the tenant's row, and the day is set with its entry in its month
        assert (ticks.count, ticks.folds.writes) == (3, 3 * (2 + 1 + 2))
        # each of the other ticks asks what is due
        assert ticks.idle_ticks == Operations(rpcs=3 * 14, reads=3 * 14)

    @pytest.mark.parametrize(("remembers", "reads"), [(False, 5), (True, 4)])
    def test_an_admission_costs_as_much_whatever_is_open(
        self, counter: OperationCounter, rpc: FirestoreRpc, remembers: bool, reads: int
    ) -> None:
        tenant = HoldingTenant(rpc, Situation(holds=30, remembers=remembers))
        for _ in range(2):
            # reads the tenant, the holds if they are not remembered, the run, a counter and a month
            assert counter.of(tenant.admit_seconds) == Operations(rpcs=2, reads=reads, writes=3)

    @pytest.mark.parametrize("kind", ANCHORS)
    def test_checks_and_pages_read_no_more_than_they_may(
        self, counter: OperationCounter, rpc: FirestoreRpc, kind: str
    ) -> None:
        reading = Reading(rpc, counter, kind, ANCHORS[kind])
        measures = [*reading.in_use(), *reading.after_idleness()]
        assert [measure for measure in measures if not measure.is_met] == []

    def test_counts_a_query_that_finds_nothing_as_one_read(
        self, counter: OperationCounter, rpc: FirestoreRpc
    ) -> None:
        query = queries.all_of("tenants")
        assert counter.of(lambda: rpc.query(rpc.documents, query)) == Operations(rpcs=1, reads=1)

    def test_counts_an_aggregation_by_the_thousand(
        self, counter: OperationCounter, store: FirestoreUsageStore
    ) -> None:
        period = period_at(None, datetime(2026, 11, 20, tzinfo=UTC))
        assert counter.of(lambda: store.count_runs("acme", period.start, period.end)) == Operations(
            rpcs=1, reads=1, counted=1
        )
        for part in range(3):
            runs = range(part * 400, part * 400 + 400)
            store.record("acme", [llm_call(f"e{run}", run_id=f"run-{run}") for run in runs], ONE_SHARD, NOON)
        # 1,200 runs
        assert counter.of(lambda: store.count_runs("acme", period.start, period.end)) == Operations(
            rpcs=1, reads=2, counted=2
        )
