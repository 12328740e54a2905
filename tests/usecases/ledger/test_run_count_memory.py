"""A count of runs is used again only while it is right."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.ledger.usage import Detail
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger
from tests.sample_events import NOON, ONE_SHARD, llm_call
from tests.usecases.limits.admission_world import Process, World, firestore_world, memory_world
from tests.usecases.plain_sums import new_tenant

HOUR = timedelta(hours=1)


class CountedStore(MemoryStore):
    """A store that knows how often runs were counted."""

    counts = 0

    def count_runs(self, tenant_id: str, start: datetime, end: datetime) -> int:
        self.counts += 1
        return super().count_runs(tenant_id, start, end)


@pytest.fixture
def store() -> CountedStore:
    return CountedStore()


@pytest.fixture
def tenant(store: CountedStore) -> Tenant:
    return new_tenant(store)


def runs(ledger: Ledger, tenant: Tenant) -> int:
    return ledger.current(tenant, Detail.TOTALS, NOON).usage.runs


def test_runs_are_not_counted_again_while_nothing_was_recorded(store: CountedStore, tenant: Tenant) -> None:
    ledger = Ledger(store)
    store.record(tenant.id, [llm_call("e1", run_id="r1")], ONE_SHARD, NOON)
    assert [runs(ledger, tenant), runs(ledger, tenant)] == [1, 1]
    assert store.counts == 1


@pytest.mark.parametrize("ts", [NOON, NOON - 48 * HOUR])
def test_runs_are_counted_again_after_anything_was_recorded(
    store: CountedStore, tenant: Tenant, ts: datetime
) -> None:
    ledger = Ledger(store)
    store.record(tenant.id, [llm_call("e1", run_id="r1")], ONE_SHARD, NOON)
    assert runs(ledger, tenant) == 1
    store.record(tenant.id, [llm_call("e2", run_id="r2", ts=ts)], ONE_SHARD, NOON)
    assert runs(ledger, tenant) == 2
    assert store.counts == 2


@pytest.fixture(params=["memory", "firestore"])
def process(request: pytest.FixtureRequest) -> Process:
    make: Callable[[], World] = memory_world
    if request.param == "firestore":
        channel = request.getfixturevalue("firestore_channel")
        return firestore_world(channel).process()
    return make().process()


def runs_used(process: Process) -> int:
    status = process.limits.current_status(process.world.tenant, process.world.now)
    assert status is not None
    return status.runs_used


def test_an_instance_counts_what_it_admits(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    process.admit("r1")
    process.admit("r2")

    def count(*_: object) -> int:
        raise AssertionError("the runs are counted again")

    with monkeypatch.context() as patch:
        patch.setattr(process.usage, "count_runs", count)
        process.admit("r3", tokens=5)
        assert process.admit("r4").status.runs_used == 4  # type: ignore[union-attr]  # its plan is known
    assert runs_used(process.world.process()) == 4


def test_what_others_admit_and_record_is_counted(process: Process) -> None:
    other = process.world.process()
    process.admit("r1")
    other.admit("r2")
    assert process.admit("r3").status.runs_used == 3  # type: ignore[union-attr]  # its plan is known
    other.draw("r4", tokens=1)
    assert process.admit("r5").status.runs_used == 5  # type: ignore[union-attr]  # its plan is known


def test_a_run_that_begins_now_is_no_run_of_an_interval_before(process: Process) -> None:
    ledger, world = process.ledger, process.world
    process.draw("r1", tokens=1)
    world.now = NOON + 3 * HOUR
    until_now = ledger.current(world.tenant, Detail.TOTALS, world.now).period
    morning = type(until_now)(until_now.start, NOON + HOUR)
    assert ledger.within(world.tenant, morning, Detail.TOTALS, world.now).usage.runs == 1
    process.admit("r2")
    assert ledger.within(world.tenant, morning, Detail.TOTALS, world.now).usage.runs == 1
    assert runs_used(process) == 2
