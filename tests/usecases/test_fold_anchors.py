"""Folds while anchors move: one under a former anchor may save last, and still no day is lost and none is stuck."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.entitlements import Entitlement
from shared.domain.errors import Unavailable
from shared.domain.periods import period_at
from shared.domain.recording import RecordedEvent
from shared.domain.rollups import DayRollup, start_of
from shared.domain.tenants import Tenant
from shared.ports import UsageStore
from shared.usecases.fold_usage import fold_tenant
from shared.usecases.live_usage import LiveUsageReader
from tests.sample_events import NOON, TODAY, llm_call, times
from tests.usecases.conftest import FirestorePlace, MemoryPlace, Place
from tests.usecases.cut_off import PassingOn, counted, just_before_saving
from tests.usecases.ledger import folded_sums, new_tenant, plain_sums, sums_of, tick

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
FORMER = start_of(TODAY - 10 * DAY)
NEW = period_at(None, NOON)
ENDS = NOON + MINUTE


def before_and_after(tenant: Tenant, way: str) -> tuple[Tenant, Tenant]:
    """The tenant before its subscription ends and after it: by its webhook, or by the time that was known."""
    held = replace(tenant, anchor=FORMER)
    if way == "webhook":
        return held, replace(held, anchor=None, anchored_at=ENDS)
    ending = replace(held, entitlement=Entitlement(plan="starter", until=ENDS, anchor=FORMER))
    return ending, ending


@pytest.fixture(params=["memory", "firestore"])
def usage_place(request: pytest.FixtureRequest) -> Place:
    """Usage on each store in turn."""
    if request.param == "memory":
        return MemoryPlace()
    return FirestorePlace(request.getfixturevalue("firestore_channel"))


class BillingStore(PassingOn):
    """A usage store in which billing moves the tenant's anchor."""

    def __init__(self, target: UsageStore, tenant: Tenant) -> None:
        super().__init__(target)
        self.tenant = tenant

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        found = method(*args, **named)
        return replace(found, tenant=self.tenant) if name == "read" else found

    def move(self, anchor: datetime | None, now: datetime) -> None:
        """Move the anchor, which no subscription ends any more."""
        self.tenant = replace(self.tenant, anchor=anchor, anchored_at=now, entitlement=None)


def record(store: UsageStore, event_id: str, *, age: int = 0) -> None:
    store.record("acme", [llm_call(event_id, ts=NOON - age * DAY)], 1, NOON)


def check_all_is_counted(store: UsageStore, calls: int, now: datetime) -> None:
    """The rollup itself says so, and what is read live of it, with series and without."""
    reader = LiveUsageReader(store)
    assert store.read("acme", periods=[NEW]).periods[NEW].totals == times(calls)
    assert reader.standing("acme", now).totals == reader.usage("acme", now).rollup.totals == times(calls)


@pytest.mark.parametrize("way", ["webhook", "time"])
@pytest.mark.parametrize("is_folded_before", [True, False])
@pytest.mark.parametrize("age", [0, 1])
def test_a_day_saved_after_a_period_of_a_new_anchor_was_built_is_not_lost(
    usage_place: Place, way: str, is_folded_before: bool, age: int
) -> None:
    before, after = before_and_after(new_tenant(usage_place.directory), way)
    billing = BillingStore(usage_place.open(), before)
    store = cast(UsageStore, billing)
    if is_folded_before:
        record(store, "before", age=age)
        tick(store, NOON)
    record(store, "slow", age=age)

    def fold_another_day_under_the_new_anchor() -> None:
        billing.tenant = after
        record(store, "other", age=2)
        fold_tenant(cast(UsageStore, _OneDirty(store, TODAY - 2 * DAY)), "acme", ENDS + SECOND)

    fold_tenant(just_before_saving(store, fold_another_day_under_the_new_anchor), "acme", NOON)
    calls = 2 + is_folded_before
    check_all_is_counted(store, calls, ENDS + 2 * SECOND)
    record(store, "after", age=age)
    tick(store, ENDS + MINUTE)
    check_all_is_counted(store, calls + 1, ENDS + MINUTE)


@pytest.mark.parametrize("age", [0, 1])
def test_a_period_that_does_not_fit_its_days_is_told_by_the_counters_and_built_again(
    usage_place: Place, age: int
) -> None:
    new_tenant(usage_place.directory)
    store, day = usage_place.open(), TODAY - age * DAY
    for each in (0, 1, 2):
        record(store, f"before-{each}", age=each)
    tick(store, NOON)
    torn = store.read("acme", days=[day]).days[day]
    store.save_rollups("acme", replace(torn, cells={}), [])
    reader = LiveUsageReader(store)
    for _ in range(2):
        assert sums_of(reader.usage("acme", NOON + SECOND).rollup).totals == times(3)
    record(store, "after", age=age)
    tick(store, NOON + MINUTE)
    check_all_is_counted(store, 4, NOON + MINUTE)
    assert store.dirty_shards("acme") == []


def test_a_period_is_built_again_only_if_it_is_still_torn_when_it_is_read_again(memory: MemoryStore) -> None:
    new_tenant(memory)
    for age in (0, 1):
        record(memory, f"before-{age}", age=age)
    tick(memory, NOON)
    torn = memory.read("acme", days=[TODAY]).days[TODAY]
    record(memory, "after")
    store, calls = counted(_TornOnce(memory, torn))
    fold_tenant(cast(UsageStore, store), "acme", NOON + MINUTE)
    # Of the tenant, of the day when it is torn, and of the day.
    assert calls["read"] == 3
    check_all_is_counted(memory, 3, NOON + MINUTE)


class Record(NamedTuple):
    """An event of some days ago comes."""

    age: int


class Move(NamedTuple):
    """A webhook moves the anchor."""

    anchor: datetime | None


class Fold(NamedTuple):
    """A fold, of the one day that was dirty when it listed them or of all, and what happens before it saves."""

    age: int | None
    meanwhile: "list[Step]"


class Read(NamedTuple):
    """Somebody reads usage. What is told depends on what is folded; but it must be told."""


Step = Record | Move | Fold | Read


def race(slow: int, anchor: datetime | None, fast: int, last: "list[Step]") -> Fold:
    """Rare by chance: while one day is folded, the anchor moves and another day is folded."""
    return Fold(slow, [Move(anchor), Fold(fast, []), *last])


anchors = st.sampled_from([None, FORMER, start_of(TODAY - DAY), start_of(TODAY)])
ages = st.integers(0, 2)
steps: st.SearchStrategy[Step] = st.deferred(
    lambda: (
        st.builds(Record, ages)
        | st.builds(Move, anchors)
        | st.builds(Fold, st.none() | ages, st.lists(steps, max_size=5))
        | st.builds(race, ages, anchors, ages, st.lists(steps, max_size=2))
        | st.builds(Read)
    )
)
ends = st.none() | st.builds(lambda seconds: NOON + seconds * SECOND, st.integers(0, 15))


class Life:
    """A tenant whose anchor moves, and everything that was recorded of it; each step is a second later."""

    def __init__(self, store: BillingStore) -> None:
        self._seconds = count()
        self._billing, self.store = store, cast(UsageStore, store)
        self.events: list[RecordedEvent] = []

    def now(self) -> datetime:
        """A second later each time."""
        return NOON + next(self._seconds) * SECOND

    def step(self, step: Step) -> None:
        """Let one thing happen."""
        match step:
            case Record(age):
                event_id, run_id = f"e{len(self.events)}", f"r{len(self.events) % 3}"
                self.events.append(llm_call(event_id, ts=NOON - age * DAY, run_id=run_id))
                self.store.record("acme", self.events[-1:], 1, self.now())
            case Move(anchor):
                self._billing.move(anchor, self.now())
            case Fold(age, meanwhile):
                self._fold(age, meanwhile)
            case Read():
                LiveUsageReader(self.store).usage("acme", self.now())

    def _fold(self, age: int | None, meanwhile: list[Step]) -> None:
        listed = self.store if age is None else cast(UsageStore, _OneDirty(self.store, TODAY - age * DAY))
        interrupted = just_before_saving(listed, lambda: self.live(meanwhile))
        with suppress(Unavailable):  # losing too often: the tick is sent again
            fold_tenant(interrupted, "acme", self.now())

    def wait(self) -> None:
        """Let an hour pass: by then each anchor that ends has ended."""
        self._seconds = count(next(self._seconds) + 60 * 60)

    def live(self, history: Iterable[Step]) -> None:
        """Let one thing happen after the other."""
        for step in history:
            self.step(step)


@given(st.lists(steps, max_size=10), ends)
def test_however_anchors_move_and_end_among_folds_all_that_is_folded_is_the_plain_sum(
    history: list[Step], until: datetime | None
) -> None:
    memory = MemoryStore()
    held = Entitlement(plan="starter", until=until, anchor=FORMER) if until else None
    billing = BillingStore(memory, replace(new_tenant(memory), anchor=FORMER, entitlement=held))
    life = Life(billing)
    life.live([Record(0), Record(1), Record(2), *history])
    tick(life.store, life.now())
    check_plain_sums(life.store, billing.tenant, life)
    life.wait()
    for age in (0, 1, 2):
        life.step(Record(age))
        tick(life.store, life.now())
    check_plain_sums(life.store, billing.tenant, life)
    now = life.now()
    period = period_at(billing.tenant.at(now).anchor, now)
    assert folded_sums(life.store, billing.tenant.at(now), now) == plain_sums(life.events, period)


def check_plain_sums(store: UsageStore, tenant: Tenant, life: Life) -> None:
    now = life.now()
    expected = plain_sums(life.events, period_at(tenant.at(now).anchor, now))
    reader = LiveUsageReader(store)
    assert sums_of(reader.usage("acme", now).rollup) == expected
    standing = reader.standing("acme", now)
    assert (standing.totals, standing.runs) == (expected.totals, expected.runs)


class _OneDirty(PassingOn):
    """A store whose user listed what is dirty while nothing but one day was."""

    def __init__(self, target: UsageStore, day: date) -> None:
        super().__init__(target)
        self._day = day

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        found = method(*args, **named)
        return [ref for ref in found if ref.day == self._day] if name == "dirty_shards" else found


class _TornOnce(PassingOn):
    """A store that once answers a read of documents with a day as it was before the others."""

    def __init__(self, target: UsageStore, former: DayRollup) -> None:
        super().__init__(target)
        self._former: DayRollup | None = replace(former, cells={})

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        found, former = method(*args, **named), self._former
        if name == "read" and found.days and former:
            self._former = None
            return replace(found, days={former.day: former})
        return found
