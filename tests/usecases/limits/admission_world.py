"""A tenant whose runs are admitted, and the processes that admit them, on each store."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

import grpc

from shared.adapters.firestore import (
    FirestoreAdmissions,
    FirestoreDirectory,
    FirestoreRpc,
    FirestoreUsageStore,
)
from shared.adapters.memory import MemoryStore
from shared.domain.ledger.holds import Amounts, EndStatus, RunSpender
from shared.domain.limits.budgets import Budget, BudgetMatcher, Spender
from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.limits.runs import Admitted, End, Ended, Extension, HoldRequest, RunRequest
from shared.domain.people.tenants import Tenant
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools
from shared.ports import Admissions, Directory, UsageStore
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.admit_runs import RunAdmitter
from shared.usecases.limits.check_limits import Limits
from tests.contracts.test_directory import CREATED
from tests.plans import THRESHOLDS
from tests.sample_events import NOON, event_of
from tests.usecases.conftest import RETENTION

CENT = 10_000_000
"""Nano-USD."""
Open = Callable[[], tuple[UsageStore, Admissions]]


class World:
    """One tenant, whose only limits are those that a test sets, and the events of its agents."""

    def __init__(self, directory: Directory, open_store: Open) -> None:
        self.directory = directory
        self._open = open_store
        self._ids = count()
        self.now = NOON
        self.tenant = Tenant(id="", name="Acme", plan="enterprise", created_at=NOON)
        self.set_limits()

    def set_limits(
        self,
        *budgets: Budget,
        tokens: int = MAX_LIMIT,
        runs: int = MAX_LIMIT,
        cents: int | None = None,
    ) -> None:
        """Begin with a new tenant that has these limits."""
        cost = None if cents is None else cents * CENT
        limits = LimitOverrides(tokens=tokens, runs=runs, cost_nanousd=cost)
        tenant_id = f"acme-{uuid4().hex[:8]}"
        self.tenant = replace(self.tenant, id=tenant_id, overrides=limits, budgets=budgets)
        self.directory.create_tenant(self.tenant, None, replace(CREATED, tenant_id=tenant_id))

    def stored_tenant(self) -> Tenant:
        """Return the tenant as it is stored."""
        found = self.directory.find_tenant(self.tenant.id)
        assert found is not None
        return found

    def process(self, ahead: timedelta = timedelta(0)) -> "Process":
        """Start a process, whose clock may be ahead."""
        return Process(self, *self._open(), ahead)

    def next_id(self) -> str:
        """Return an id that no event has."""
        return f"e{next(self._ids)}"


class Process:
    """An instance of record_usage, which knows the tenant as it was at first. Its clock may be ahead of others."""

    def __init__(
        self, world: World, usage: UsageStore, admissions: Admissions, ahead: timedelta = timedelta(0)
    ) -> None:
        self.world = world
        self.usage = usage
        self.admissions = admissions
        self.ledger = Ledger(usage)
        self.limits = Limits(self.ledger, THRESHOLDS)
        self.admitter = RunAdmitter(self.limits, admissions)
        self._ahead = ahead

    @property
    def now(self) -> datetime:
        """The time by its own clock."""
        return self.world.now + self._ahead

    def admit(
        self,
        run_id: str,
        *,
        cents: int | None = None,
        own_cents: int = 0,
        tokens: int | None = None,
        parent: str | None = None,
        user: str | None = None,
        ttl: timedelta | None = None,
    ) -> Admitted:
        """Ask for a run with a hold."""
        cost = None if cents is None else cents * CENT
        request = RunRequest(
            run_id=run_id,
            parent_run_id=parent,
            spender=RunSpender(user_id=user),
            hold=HoldRequest(cost_nanousd=cost, tokens=tokens, ttl=ttl),
            own=Amounts(cost=own_cents * CENT),
        )
        return self.ask(request)

    def ask(self, request: RunRequest) -> Admitted:
        """Ask for a run."""
        return self.admitter.admit(self.world.tenant, request, self.now)

    def extend(
        self,
        run_id: str,
        *,
        cents: int | None = None,
        tokens: int | None = None,
        ttl: timedelta | None = None,
    ) -> Admitted:
        """Ask for another total."""
        cost = None if cents is None else cents * CENT
        extension = Extension(run_id=run_id, hold=HoldRequest(cost_nanousd=cost, tokens=tokens, ttl=ttl))
        return self.admitter.extend(self.world.tenant, extension, self.now)

    def end(self, run_id: str, status: EndStatus = "completed") -> Ended:
        """End a run."""
        return self.admitter.end(self.world.tenant, End(run_id=run_id, status=status), self.now)

    def draw(
        self,
        run_id: str | None,
        *,
        cents: int = 0,
        tokens: int = 0,
        user: str | None = None,
        ago: timedelta = timedelta(0),
    ) -> None:
        """Record a call of a run."""
        pools, ts = TokenPools(tokens, 0, tokens), self.now - ago
        event = event_of(self.world.next_id(), pools, 1, cents * CENT, ts=ts, run_id=run_id)
        spender = Spender(user_id=user)
        budgets = BudgetMatcher.of(self.world.tenant.budgets).counting(spender, ts)
        event = event._replace(budgets=budgets, user_id=user)
        self.ledger.record(self.world.tenant, [event], self.now)

    def draw_unpriced(self, run_id: str) -> None:
        """Record a call whose price nobody knows."""
        event = event_of(self.world.next_id(), TokenPools(5, 0, 5), 1, None, ts=self.world.now, run_id=run_id)
        unknown = event._replace(
            cost=EventCost("unknown", None, None), amounts={**event.amounts, "unpriced_calls": 1}
        )
        self.ledger.record(self.world.tenant, [unknown], self.world.now)


def memory_world() -> World:
    """A world in this process."""
    store = MemoryStore()
    return World(store, lambda: (store, store))


def firestore_world(channel: grpc.Channel) -> World:
    """A world in the emulator; each process has its own calls."""
    project = f"demo-{uuid4().hex[:12]}"

    def rpc() -> FirestoreRpc:
        return FirestoreRpc(project, lambda: channel, is_emulator=True)

    def open_store() -> tuple[UsageStore, Admissions]:
        calls = rpc()
        return FirestoreUsageStore(calls, RETENTION), FirestoreAdmissions(calls)

    return World(FirestoreDirectory(rpc()), open_store)
