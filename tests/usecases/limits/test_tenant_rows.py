"""A tenant's row equals what the tenant and its usage say, whatever happened, once the fold or the daily job came."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.firestore import (
    FirestoreDirectory,
    FirestoreRpc,
    FirestoreTenantIndex,
    FirestoreUsageStore,
)
from shared.adapters.memory import MemoryStore
from shared.domain.ledger.periods import period_at
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import PlanVersion
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import Change
from shared.domain.people.tenant_rows import RowUsage, TenantRow, row_tenant
from shared.domain.people.tenants import Tenant, TenantProfile
from shared.ports import Directory, StoredRow, TenantIndex, UsageStore
from shared.usecases.ledger.fold_tenant import TenantFolder
from shared.usecases.ledger.fold_usage import fold_tenants
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.tenant_rows import TenantRows
from tests.plans import THRESHOLDS
from tests.properties import ON_EMULATOR
from tests.sample_events import NOON, ONE_SHARD, llm_call
from tests.usecases.plain_sums import new_tenant, plain_sums

POLICY_OF = THRESHOLDS.policy_of
HOURS = st.integers(min_value=1, max_value=24 * 20)


@dataclass
class World:
    """One tenant of a store, its clock, and everything that was recorded."""

    usage: UsageStore
    directory: Directory
    index: TenantIndex
    now: datetime = NOON
    events: list[RecordedEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        new_tenant(self.directory, "acme", plan="free")

    @property
    def tenant(self) -> Tenant:
        tenant = self.directory.find_tenant("acme")
        assert tenant is not None
        return tenant

    def change(self, change: Callable[[Directory, Change], None]) -> None:
        change(self.directory, Change("test", self.now))

    def record(self, hours_ago: int) -> None:
        event = llm_call(f"e{len(self.events)}", ts=self.now - timedelta(hours=hours_ago), run_id="r")
        self.usage.record("acme", [event], ONE_SHARD, self.now)
        self.events.append(event)

    def pass_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def fold(self) -> None:
        fold_tenants(TenantFolder(self.usage, POLICY_OF), ["acme"], self.now)

    def run_daily_job(self) -> None:
        self.fold()
        TenantRows(self.index, Ledger(self.usage), POLICY_OF).refresh(["acme"], self.now)

    def check(self) -> None:
        """Compare the row with plain sums over all that was recorded."""
        row = self.index.read_row("acme").row
        assert row is not None
        assert row.tenant == row_tenant(self.tenant, self.now)
        period, policy = period_at(None, self.now), POLICY_OF(self.tenant)
        sums = plain_sums(self.events, period)
        assert policy is not None
        tokens, runs = sums.totals.get("total_tokens", 0), sums.runs
        limits = ((tokens, policy.token_limit), (runs, policy.run_limit))
        percents = [used * 10_000 // limit if limit else 10_000 * bool(used) for used, limit in limits]
        hours = [each.ts.replace(minute=0, second=0) for each in self.events]
        expected = RowUsage(
            tokens=tokens,
            runs=runs,
            cost_nanousd=sums.totals.get("cost_nanousd", 0),
            percent_hundredths=max(percents),
            over_80=max(percents) >= 80 * 100,
            last_event_at=max(hours, default=None),
            period_end=period.end,
            folded_at=NOON,
        )
        assert row.usage is not None
        assert replace(row.usage, folded_at=NOON, rate=None) == expected


PLANS = st.builds(PlanVersion, st.sampled_from(["free", "starter"]), st.integers(1, 2)).map(
    lambda plan: lambda to, change: to.set_plan("acme", plan, change.entry("acme", "x", None, None))
)
STATES = st.sampled_from([NOON, None]).map(
    lambda at: lambda to, change: to.set_suspended_at("acme", at, change.entry("acme", "x", None, None))
)
ENDS = st.sampled_from([NOON, None]).map(
    lambda at: lambda to, change: to.set_ended_at("acme", at, change.entry("acme", "x", None, None))
)
NAMES = st.sampled_from(["Acme", "ÉCLAIR"]).map(
    lambda name: (
        lambda to, change: to.set_profile(
            "acme", TenantProfile(name, {}), change.entry("acme", "x", None, None)
        )
    )
)
LIMITS = st.sampled_from([0, 100, 1_000, None]).map(
    lambda tokens: (
        lambda to, change: to.set_limits(
            "acme", LimitOverrides(tokens=tokens), change.entry("acme", "x", None, None)
        )
    )
)
STEPS = st.one_of(
    st.one_of(PLANS, STATES, ENDS, NAMES, LIMITS).map(lambda change: lambda world: world.change(change)),
    st.integers(0, 72).map(lambda hours: lambda world: world.record(hours)),
    HOURS.map(lambda hours: lambda world: world.pass_by(hours)),
    st.just(World.fold),
    st.just(World.run_daily_job),
)


def in_memory() -> World:
    """A world with one tenant, which has nothing else."""
    store = MemoryStore()
    return World(store, store, store)


def in_firestore(channel: grpc.Channel) -> World:
    rpc = FirestoreRpc(f"demo-{uuid4().hex[:12]}", lambda: channel, is_emulator=True)
    usage = FirestoreUsageStore(rpc, timedelta(days=40))
    return World(usage, FirestoreDirectory(rpc), FirestoreTenantIndex(rpc))


@pytest.fixture(params=["memory", "firestore"])
def world(request: pytest.FixtureRequest) -> Callable[[], World]:
    """Makes such a world."""
    if request.param == "memory":
        return in_memory
    return partial(in_firestore, request.getfixturevalue("firestore_channel"))


HISTORIES = st.lists(STEPS, max_size=12)


@given(steps=HISTORIES)
def test_in_memory_the_row_equals_what_tenant_and_usage_say(steps: list[Callable[[World], None]]) -> None:
    check_history(in_memory(), steps)


@ON_EMULATOR
@given(steps=HISTORIES)
def test_in_firestore_the_row_equals_what_tenant_and_usage_say(
    firestore_channel: grpc.Channel, steps: list[Callable[[World], None]]
) -> None:
    check_history(in_firestore(firestore_channel), steps)


def check_history(here: World, steps: list[Callable[[World], None]]) -> None:
    for step in steps:
        step(here)
        row = here.index.read_row("acme").row
        assert row is not None
        assert row.tenant == row_tenant(here.tenant, here.now), "what the tenant decides is there at once"
    here.run_daily_job()
    here.check()
    here.record(0)
    here.fold()
    here.check()


def test_the_daily_job_writes_nothing_where_nothing_differs(world: Callable[[], World]) -> None:
    here = world()
    here.record(1)
    here.run_daily_job()
    before = here.index.read_row("acme")
    here.pass_by(24)
    here.run_daily_job()
    after = here.index.read_row("acme")
    assert (after.row, after.version) == (before.row, before.version)


def test_a_row_is_completed_though_somebody_else_changes_it_meanwhile(world: Callable[[], World]) -> None:
    here = world()
    here.record(1)
    here.fold()
    here.pass_by(24 * 20)

    def upgrade(to: Directory, change: Change) -> None:
        to.set_plan("acme", PlanVersion("starter", 1), change.entry("acme", "plan.changed", None, None))

    raced = _Raced(here.index, lambda: here.change(upgrade))
    TenantRows(raced, Ledger(here.usage), POLICY_OF).refresh(["acme"], here.now)
    here.check()
    assert here.tenant.plan == "starter"


class _Raced:
    """An index whose first row is changed by somebody else between reading and saving."""

    def __init__(self, index: TenantIndex, race: Callable[[], None]) -> None:
        self._index = index
        self._races = [race]
        self.list_rows = index.list_rows
        self.read_row = index.read_row
        self.count_rows = index.count_rows

    def save_row(self, row: TenantRow, stored: StoredRow) -> None:
        while self._races:
            self._races.pop()()
        self._index.save_row(row, stored)
