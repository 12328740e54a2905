"""Whatever is recorded, set and folded, what is used of a budget is a plain sum over the events that match it."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import Unavailable
from shared.domain.ledger.budget_counts import BudgetUnit
from shared.domain.ledger.periods import MAX_AGE, Period, period_at, start_of
from shared.domain.limits.budgets import (
    COUNTED_AFTER,
    Budget,
    BudgetMatcher,
    BudgetScope,
    BudgetWindow,
    Spender,
    beginning_again,
    with_budget,
    without_budget,
)
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.limits.read_budgets import ask_for, budgets_of, read_uses, uses_of
from tests.properties import ON_EMULATOR
from tests.sample_events import costing, event_of, writing
from tests.usecases.conftest import FirestorePlace, MemoryPlace, Place
from tests.usecases.fault_injection import Fault
from tests.usecases.plain_sums import new_tenant, plain_runs, stored_tenant, tick

BEGIN = datetime(2026, 10, 30, 21, 30, tzinfo=UTC)
ANCHORS = (None, datetime(2026, 1, 31, 17, 5, tzinfo=UTC))
USERS = ("ann", "a.b`|%", "*")
SCOPES = (
    BudgetScope("tenant"),
    BudgetScope("user", "ann"),
    BudgetScope("user", "*"),
    BudgetScope("workflow", "w"),
    BudgetScope("key", "k1"),
    BudgetScope("tag", "x", "team"),
    BudgetScope("tag", "*", "team"),
)


class Wait(NamedTuple):
    """Time passes."""

    minutes: int


class Call(NamedTuple):
    """An event of now, of a few minutes from now, or of up to a month ago."""

    minutes_ahead: int
    spender: Spender
    run_id: str | None
    tokens: int
    cost: int | None


class Fold(NamedTuple):
    """A tick, which may be cut short."""

    crash: Fault | None


class Set(NamedTuple):
    """A budget is set, perhaps in the place of another."""

    id: str
    scope: BudgetScope
    unit: BudgetUnit
    window: BudgetWindow


class Remove(NamedTuple):
    """A budget is removed."""

    id: str


Step = Wait | Call | Fold | Set | Remove

spenders = st.builds(
    Spender,
    st.none() | st.sampled_from(["ann", "a.b`|%"]),
    st.none() | st.just("w"),
    st.sampled_from(["k1", "k2"]),
    st.none() | st.fixed_dictionaries({"team": st.sampled_from(["x", "y/z"])}),
)
runs = st.none() | st.sampled_from(["r1", "r2"])
waits = st.builds(Wait, st.sampled_from([1, 2, 9, 60, 11 * 60, 26 * 60, 8 * 24 * 60]))
calls = st.builds(
    Call,
    st.sampled_from([0, 0, 9, -5, -600, -3_000, -20_000]),
    spenders,
    runs,
    st.integers(0, 50),
    st.none() | st.integers(0, 10**9),
)
folds = st.builds(Fold, st.none() | st.none() | st.builds(Fault, st.integers(0, 20), st.booleans()))
sets = st.builds(
    Set,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(SCOPES),
    st.sampled_from(["tokens", "runs", "cost"]),
    st.sampled_from(["run", "day", "week", "month", "period", "total"]),
)
removals = st.builds(Remove, st.sampled_from(["a", "b", "c"]))
timelines = st.lists(waits | calls | calls | folds | sets | removals, min_size=8, max_size=30)


class Life:
    """A tenant, lived through step by step, and everything that was recorded and set."""

    def __init__(self, place: Place, tenant: Tenant) -> None:
        self.place, self.tenant, self.now = place, tenant, BEGIN
        self.events: list[tuple[datetime, RecordedEvent]] = []

    def step(self, step: Step) -> None:
        """Let one thing happen."""
        match step:
            case Wait(minutes):
                self.now += timedelta(minutes=minutes)
            case Call():
                self._record(step)
            case Fold(crash):
                with suppress(Unavailable, ExceptionGroup):
                    tick(self.place.open(crash), self.now)
            case Set():
                self._set(step)
            case Remove(budget_id):
                self._store(without_budget(self.known().budgets, budget_id))

    def _record(self, call: Call) -> None:
        cost = EventCost("unknown") if call.cost is None else EventCost("exact", call.cost, "test")
        ts = self.now + timedelta(minutes=call.minutes_ahead)
        plain = event_of(
            f"e{len(self.events)}",
            TokenPools(call.tokens, 0, call.tokens),
            None,
            0,
            ts=ts,
            run_id=call.run_id,
        )
        spender, known = call.spender, self.known()
        event = costing(plain, cost)._replace(
            user_id=spender.user_id,
            workflow_id=spender.workflow_id,
            key=spender.key,
            tags=spender.tags,
            budgets=BudgetMatcher.of(known.budgets).counting(spender, self.now),
        )
        self.events.append((self.now, event))
        self.place.open().record(self.tenant.id, [event], known.counters, self.now)

    def _set(self, step: Set) -> None:
        before = next((each for each in self.known().budgets if each.id == step.id), None)
        budget = Budget(
            id=step.id,
            scope=step.scope,
            unit=step.unit,
            amount=100,
            window=step.window,
            on_reach="block",
            on_unknown_price="block",
            counts_from=self.now + COUNTED_AFTER,
        )
        self._store(with_budget(self.known().budgets, beginning_again(budget, before)))

    def _store(self, budgets: Iterable[Budget]) -> None:
        entry = Change("test", self.now).entry(self.tenant.id, "budget.set", None, None)
        self.place.directory.set_budgets(self.tenant.id, tuple(budgets), entry)

    def known(self) -> Tenant:
        return stored_tenant(self.place.open(), self.tenant.id)

    def expected(self, budget: Budget, value: str, run_id: str | None) -> tuple[int, int]:
        """Add up the events that match, in as few words as possible."""
        window = plain_window(budget, self.tenant, self.now)
        events = [
            event
            for at, event in self.events
            if matches(event, budget.scope, value)
            and (budget.scope.kind == "tenant" or at >= budget.counts_from)
            and (event.run_id == run_id if window is None else window.contains(event.ts))
        ]
        if budget.unit == "tokens":
            return sum(event.amounts.get("total_tokens", 0) for event in events), 0
        if budget.unit == "cost":
            unknown = sum(event.amounts.get("unpriced_calls", 0) for event in events)
            return sum(event.amounts.get("cost_nanousd", 0) for event in events), unknown
        if budget.scope.kind != "tenant":
            return len({(event.ts.date(), event.run_id) for event in events if event.run_id}), 0
        assert window is not None
        return plain_runs([event for _, event in self.events], window.start, window.end), 0


def matches(event: RecordedEvent, scope: BudgetScope, value: str) -> bool:
    if scope.kind == "tenant":
        return True
    own = {
        "user": event.user_id,
        "workflow": event.workflow_id,
        "key": event.key,
        "tag": (event.tags or {}).get(scope.name),
    }[scope.kind]
    return own is not None and own == value and scope.value in (own, "*")


def plain_window(budget: Budget, tenant: Tenant, now: datetime) -> Period | None:
    day, midnight = timedelta(days=1), start_of(now.date())
    monday = midnight - now.weekday() * day
    return {
        "run": None,
        "day": Period(midnight, midnight + day),
        "week": Period(monday, monday + 7 * day),
        "month": period_at(None, now),
        "period": period_at(tenant.anchor, now),
        "total": Period(start_of((tenant.created_at - MAX_AGE).date()), midnight + 2 * day),
    }[budget.window]


def check_now(life: Life, ledger: Ledger, known: Tenant) -> None:
    budgets = life.known().budgets
    spender, run_id = Spender("ann", "w", "k1", {"team": "x"}), "r1"
    applying = budgets_of(life.known(), spender, run_id)
    asked = [each for each in applying if (each.budget.window, each.budget.unit) != ("run", "runs")]
    read = ledger.budgets(known, lambda _: ask_for(life.known(), asked, run_id, life.now), life.now)
    for use in uses_of(read, asked, run_id, life.now):
        assert (use.used, use.spent.unknown_calls) == life.expected(use.budget, use.value, run_id), use
    tenant, uses = read_uses(ledger, known, life.now)
    assert tenant.budgets == budgets
    for use in uses:
        assert (use.used, use.spent.unknown_calls) == life.expected(use.budget, use.value, None), use


def check_timeline(place: Place, timeline: list[Step], anchor: datetime | None, shards: int) -> None:
    tenant = new_tenant(place.directory, anchor=anchor, counters=writing(shards), created_at=BEGIN)
    life = Life(place, tenant)
    ledger = Ledger(place.open())
    for step in timeline:
        life.step(step)
        # As an instance knows the tenant that has just read it, and one that read it before everything.
        for known in (life.known(), life.tenant):
            check_now(life, ledger, known)
    tick(place.open(), life.now)
    check_now(life, Ledger(place.open()), life.tenant)


@given(timelines, st.sampled_from(ANCHORS), st.sampled_from([1, 3]))
def test_in_memory_a_budgets_use_is_a_plain_sum_at_every_moment(
    timeline: list[Step], anchor: datetime | None, shards: int
) -> None:
    check_timeline(MemoryPlace(), timeline, anchor, shards)


@ON_EMULATOR
@given(timelines, st.sampled_from(ANCHORS), st.sampled_from([1, 3]))
def test_in_firestore_a_budgets_use_is_a_plain_sum_at_every_moment(
    firestore_channel: grpc.Channel, timeline: list[Step], anchor: datetime | None, shards: int
) -> None:
    check_timeline(FirestorePlace(firestore_channel), timeline, anchor, shards)


ANN = Spender("ann", "w", "k1", {"team": "x"})
CALL_OF_ANN = Call(0, ANN, "r1", 10, 5)
A_DAY = 24 * 60


@pytest.mark.parametrize(
    "timeline",
    [
        pytest.param(
            [
                *(Set("a", BudgetScope("user", "ann"), "tokens", "month"), Wait(2), CALL_OF_ANN, Remove("a")),
                *(Set("a", BudgetScope("key", "k1"), "tokens", "month"), Wait(2), CALL_OF_ANN),
            ],
            id="a budget that is set again begins again",
        ),
        pytest.param(
            [
                *(Set("a", BudgetScope("user", "*"), "cost", "period"), Wait(2)),
                # Before and after 17:00, the hour of the anchor, on the last day of a month.
                *(Wait(19 * 60), CALL_OF_ANN, Wait(60), CALL_OF_ANN, Wait(2 * A_DAY), Fold(None), Wait(1)),
            ],
            id="a period that cuts a folded day",
        ),
        pytest.param(
            [
                *(Set("a", BudgetScope("tenant"), "runs", "week"), Wait(2 * A_DAY + 180), CALL_OF_ANN),
                *(Fold(None), Wait(2 * A_DAY), CALL_OF_ANN, Fold(None)),
                Call(-A_DAY, ANN, "r2", 10, None),
                *(Wait(1), CALL_OF_ANN),
            ],
            id="a run of a folded day that is reported late",
        ),
    ],
)
def test_what_random_timelines_rarely_meet(timeline: list[Step]) -> None:
    check_timeline(MemoryPlace(), timeline, ANCHORS[1], 1)
