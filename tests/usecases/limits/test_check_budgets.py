"""Checks of a tenant with ten budgets: by the budgets as they are, in two calls to Firestore."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.adapters.firestore import FirestoreDirectory, FirestoreRpc, FirestoreUsageStore
from shared.domain.ledger.budget_counts import BudgetUnit
from shared.domain.limits.budgets import (
    TENANT_SCOPE,
    Budget,
    BudgetMatcher,
    BudgetScope,
    BudgetWindow,
    Spender,
)
from shared.domain.limits.metrics import UsageRequest
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.check_limits import Check, Limits, Planned
from tests.contracts.test_directory import CREATED
from tests.plans import THRESHOLDS
from tests.sample_events import NOON, ONE_SHARD, llm_call
from tests.usecases.conftest import RETENTION
from tests.usecases.fault_injection import counted
from tests.usecases.plain_sums import new_tenant, stored_tenant, tick

TOKENS = 120
"""Of each call."""
ANN = Spender("ann", "triage", "k1", {"feature": "search"})
SCOPES = (
    TENANT_SCOPE,
    BudgetScope("user", "*"),
    BudgetScope("workflow", "triage"),
    BudgetScope("key", "k1"),
    BudgetScope("tag", "search", "feature"),
)
WINDOWS: tuple[BudgetWindow, ...] = ("run", "day", "week", "month", "period", "total")


def budget(number: int, unit: BudgetUnit = "tokens", amount: int = 10**6) -> Budget:
    return Budget(
        id=f"b{number}",
        scope=SCOPES[number % len(SCOPES)],
        unit=unit,
        amount=amount,
        window=WINDOWS[number % len(WINDOWS)],
        on_reach="block",
        on_unknown_price="block",
        counts_from=NOON - timedelta(days=40),
    )


TEN = (
    *(budget(number) for number in range(8)),
    replace(budget(8, "runs", 10), window="day"),
    replace(budget(10, "runs", 10), window="month"),
)


class Scene:
    """A tenant on Firestore with ten budgets, and two instances: one records, the other checks."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self.directory = FirestoreDirectory(rpc)
        self.known: Tenant = new_tenant(self.directory, created_at=NOON - timedelta(days=40))
        self.directory.set_budgets("acme", TEN, CREATED)
        self.writer = FirestoreUsageStore(rpc, RETENTION)
        counting, self.rpcs = counted(rpc)
        self.limits = Limits(Ledger(FirestoreUsageStore(counting, RETENTION)), THRESHOLDS)

    def record(self, event_id: str, ts: datetime, now: datetime = NOON) -> None:
        counting = BudgetMatcher.of(TEN).counting(ANN, now)
        event = llm_call(event_id, ts=ts, run_id="r1")._replace(budgets=counting)
        self.writer.record("acme", [event], stored_tenant(self.writer).counters or ONE_SHARD, now)

    def check(self, tokens: int = 1, now: datetime = NOON) -> Check:
        planned = Planned(request=UsageRequest(tokens=tokens), spender=ANN, run_id="r1")
        return self.limits.check(self.known, planned, now)

    def calls_of_check(self, now: datetime = NOON) -> Counter[str]:
        self.rpcs.clear()
        assert self.check(now=now).decided
        return Counter(self.rpcs)


@pytest.fixture
def scene(firestore_rpc: FirestoreRpc) -> Scene:
    made = Scene(firestore_rpc)
    made.record("old", NOON - timedelta(days=3))
    tick(made.writer, NOON)
    made.known = stored_tenant(made.writer)
    return made


def test_a_check_with_ten_budgets_takes_at_most_two_calls(scene: Scene) -> None:
    assert len(TEN) == 10
    assert sum(scene.calls_of_check().values()) <= 2
    scene.record("today", NOON)
    assert scene.calls_of_check() == {"batch_get": 1, "count": 1}


def test_late_events_that_are_not_folded_count_and_take_no_call_more_once_they_are_known(
    scene: Scene,
) -> None:
    tomorrow = NOON + timedelta(days=1)
    tick(scene.writer, tomorrow)
    scene.record("late", NOON - timedelta(days=1), tomorrow)
    status = scene.check(now=tomorrow).status
    assert status is not None
    assert status.tokens_used == 2 * TOKENS
    assert scene.calls_of_check(tomorrow) == {"batch_get": 1}, "the runs are those that were just counted"
    tick(scene.writer, tomorrow)
    assert sum(scene.calls_of_check(tomorrow).values()) <= 2


def test_a_budget_that_was_just_lowered_decides_at_once_for_an_instance_that_knows_the_old_one(
    scene: Scene,
) -> None:
    scene.record("today", NOON)
    assert scene.check().allowed
    lowered = replace(TEN[3], amount=TOKENS)
    scene.directory.set_budgets("acme", [each if each != TEN[3] else lowered for each in TEN], CREATED)
    denied = scene.check()
    assert denied.code == "budget_exceeded"
    assert denied.denial is not None
    assert (denied.denial.use.budget.id, denied.denial.use.used) == ("b3", 2 * TOKENS)


def test_a_budget_that_was_just_added_is_read_in_one_call_more(scene: Scene) -> None:
    scene.record("today", NOON)
    known = replace(scene.known, budgets=())
    scene.known = known
    scene.check()
    assert scene.calls_of_check() == {"batch_get": 2}, "the runs are those that were just counted"
