"""Whatever has been folded so far, live usage is the plain sum, and what the next fold writes."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import grpc
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import Unavailable
from shared.domain.ledger.counters import Series
from shared.domain.ledger.periods import period_at, start_of
from shared.domain.ledger.usage import Detail
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.usecases.ledger.ledger import Ledger
from tests.properties import ON_EMULATOR
from tests.sample_events import llm_call, writing
from tests.usecases.conftest import FirestorePlace, MemoryPlace, Place
from tests.usecases.fault_injection import Fault
from tests.usecases.plain_sums import (
    MovingStore,
    Sums,
    current,
    folded,
    new_tenant,
    plain_sums,
    stored_tenant,
    sums_of,
    tick,
)

BEGIN = datetime(2026, 10, 30, 21, 30, tzinfo=UTC)
ANCHORS = (None, datetime(2026, 1, 31, 17, 5, tzinfo=UTC), datetime(2026, 9, 1, 0, tzinfo=UTC))


class Wait(NamedTuple):
    """Time passes."""

    minutes: int


class Call(NamedTuple):
    """An event of now, or of a few minutes from now, or of earlier today."""

    minutes_ahead: int
    series: Series
    run_id: str | None


class Fold(NamedTuple):
    """A tick, which may be cut short."""

    crash: Fault | None


class Reanchor(NamedTuple):
    """Billing moves the tenant's anchor, and its plan."""

    anchor: datetime | None
    plan: str


Step = Wait | Call | Fold | Reanchor

series = st.builds(Series, st.sampled_from(["openai", "a.b"]), st.sampled_from(["m", "n/1"]))
runs = st.none() | st.sampled_from(["r1", "r2"])
waits = st.builds(Wait, st.sampled_from([1, 9, 60, 11 * 60, 26 * 60, 75 * 60]))
calls = st.builds(Call, st.sampled_from([0, 0, 9, -5, -600]), series, runs)
folds = st.builds(Fold, st.none() | st.none() | st.builds(Fault, st.integers(0, 20), st.booleans()))
timelines = st.lists(waits | calls | folds, min_size=5, max_size=25)


class Life:
    """A tenant, lived through step by step, and everything that was recorded of it."""

    def __init__(self, place: Place, tenant: Tenant) -> None:
        self.place, self.tenant, self.now = place, tenant, BEGIN
        self.events: list[RecordedEvent] = []

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
            case Reanchor(anchor, plan):
                self.tenant = replace(self.tenant, anchor=anchor, plan=plan)

    def _record(self, call: Call) -> None:
        # Not before today: what comes late for an earlier day shows after the next fold.
        ts = max(start_of(self.now.date()), self.now + timedelta(minutes=call.minutes_ahead))
        event = llm_call(
            f"e{len(self.events)}",
            ts=ts,
            provider=call.series.provider,
            model=call.series.model,
            run_id=call.run_id,
        )
        self.events.append(event)
        self.place.open().record(self.tenant.id, [event], self.known().counters, self.now)

    def known(self) -> Tenant:
        """The tenant as it is stored now."""
        return stored_tenant(self.place.open(), self.tenant.id)

    def expected(self) -> Sums:
        """Return the sums of the current period."""
        return plain_sums(self.events, period_at(self.tenant.anchor, self.now))


def check_timeline(place: Place, timeline: list[Step], anchor: datetime | None, counter_shards: int) -> None:
    life = Life(place, new_tenant(place.directory, anchor=anchor, counters=writing(counter_shards)))
    store = place.open()
    for step in timeline:
        life.step(step)
        # As an instance knows the tenant that has just read it, and one that read it before everything.
        for known in (life.known(), life.tenant):
            assert current(store, known, life.now) == life.expected()
    before = current(store, life.tenant, life.now)
    tick(store, life.now)
    assert folded(store, life.tenant, life.now) == before


@given(timelines, st.sampled_from(ANCHORS), st.sampled_from([1, 3]))
def test_in_memory_live_usage_is_exact_at_every_moment(
    timeline: list[Step], anchor: datetime | None, counter_shards: int
) -> None:
    check_timeline(MemoryPlace(), timeline, anchor, counter_shards)


@ON_EMULATOR
@given(timelines, st.sampled_from(ANCHORS), st.sampled_from([1, 3]))
def test_in_firestore_live_usage_is_exact_at_every_moment(
    firestore_channel: grpc.Channel, timeline: list[Step], anchor: datetime | None, counter_shards: int
) -> None:
    check_timeline(FirestorePlace(firestore_channel), timeline, anchor, counter_shards)


reanchorings = st.builds(Reanchor, st.sampled_from(ANCHORS), st.sampled_from(["free", "starter"]))


@given(st.lists(waits | calls | folds | reanchorings, min_size=5, max_size=25))
def test_live_usage_is_exact_at_every_moment_while_plan_and_anchor_move(timeline: list[Step]) -> None:
    store = MovingStore()
    life = Life(MemoryPlace(store), new_tenant(store))
    ledger, stale = Ledger(store), life.tenant
    for step in timeline:
        life.step(step)
        if isinstance(step, Reanchor):
            store.move(life.tenant.id, anchor=step.anchor, plan=step.plan)
        for known in (life.known(), stale):
            read = ledger.current(known, Detail.SERIES, life.now)
            assert sums_of(read.usage) == life.expected()
            assert (read.tenant.anchor, read.tenant.plan) == (life.tenant.anchor, life.tenant.plan)
    tick(store, life.now)
    assert current(store, life.tenant, life.now) == life.expected()
