"""For any history of deliveries, repetitions, crashes and folds, rollups equal the plain sum of distinct events."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import grpc
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import Unavailable
from shared.domain.ledger.counters import Series
from shared.domain.ledger.documents import Wanted
from shared.domain.ledger.periods import month_of, period_at, start_of
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.tenants import Tenant
from shared.domain.prices.token_pools import TokenPools
from shared.ports import UsageStore
from tests.properties import ON_EMULATOR
from tests.sample_events import NOON, event_of, llm_call, writing
from tests.usecases.conftest import FirestorePlace, MemoryPlace, Place
from tests.usecases.fault_injection import Fault
from tests.usecases.plain_sums import current, new_tenant, plain_runs, plain_sums, tick, within

ANCHORS = (None, datetime(2026, 1, 31, 17, 5, tzinfo=UTC), NOON, NOON + timedelta(minutes=5))
NAMES = ("openai", "__proto__", "a.b", "a/b", "`", "多")
INSTANTS = (
    NOON,
    NOON - timedelta(hours=1),
    NOON - timedelta(days=34),
    start_of(NOON.date()),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 10, 31, 17, tzinfo=UTC),
)
END = NOON + timedelta(days=1)
MAX_CALLS = 30

moments = st.builds(
    lambda instant, step: instant + step,
    st.sampled_from(INSTANTS),
    st.sampled_from([timedelta(0), timedelta(microseconds=-1), timedelta(minutes=9), timedelta(hours=-3)]),
)
faults = st.none() | st.builds(Fault, st.integers(0, MAX_CALLS), st.booleans())
amounts = st.none() | st.builds(
    lambda taken, given: TokenPools(taken, given, taken + given), st.integers(0, 5), st.integers(0, 2**40)
)


@st.composite
def ledgers(draw: st.DrawFn, max_size: int = 25) -> list[RecordedEvent]:
    """Events with ids of their own, of a few series and runs, on a few awkward days."""
    count = draw(st.integers(1, max_size))
    return [
        event_of(
            f"e{number}",
            draw(amounts),
            draw(st.none() | st.integers(0, 9)),
            draw(st.none() | st.integers(0, 2**50)),
            ts=draw(moments),
            series=Series(draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))),
            run_id=draw(st.none() | st.sampled_from(["r1", "r2", "r/3"])),
        )
        for number in range(count)
    ]


@dataclass(frozen=True)
class Step:
    """A batch is delivered, perhaps to an instance that loses its store, so that the caller sends it again."""

    batch: list[RecordedEvent]
    crash: Fault | None
    fold_crashes: list[Fault | None]
    """A fold for each, which ends early where there is a cut-off."""


@st.composite
def histories(draw: st.DrawFn, max_size: int = 25) -> list[Step]:
    """All events of a ledger in any order, some of them again, in batches with folds in between."""
    events = draw(ledgers(max_size))
    again = draw(st.lists(st.sampled_from(events), max_size=10))
    left, steps = draw(st.permutations(events + again)), []
    while left:
        size = draw(st.integers(1, len(left)))
        steps.append(Step(left[:size], draw(faults), draw(st.lists(faults, max_size=2))))
        left = left[size:]
    return steps


def live_through(place: Place, tenant: Tenant, history: list[Step]) -> UsageStore:
    """Deliver and fold as `history` says, then fold once more."""
    for number, step in enumerate(history):
        now = NOON + timedelta(minutes=number)
        with suppress(Unavailable):
            place.open(step.crash).record(tenant.id, step.batch, tenant.counters, now)
        if step.crash:
            place.open().record(tenant.id, step.batch, tenant.counters, now)
        for crash in step.fold_crashes:
            # A fold that fails is an error to whoever sent the tick, in a group of one for each tenant.
            with suppress(Unavailable, ExceptionGroup):
                tick(place.open(crash), now)
    tick(place.open(), END)
    return place.open()


def check_rollups(place: Place, tenant: Tenant, history: list[Step]) -> None:
    store = live_through(place, tenant, history)
    events = [event for step in history for event in step.batch]
    for period in {period_at(tenant.anchor, event.ts) for event in events}:
        expected = plain_sums(events, period)
        assert within(store, tenant, period, END) == expected
        assert store.count_runs(tenant.id, period.start, period.end) == expected.runs
    for day in {event.ts.date() for event in events}:
        found = store.read(tenant.id, Wanted(days=(day,), months=(month_of(day),))).documents
        expected_runs = plain_runs(events, start_of(day), start_of(day) + timedelta(days=1))
        assert sum(found.days[day].runs.values()) == expected_runs
        assert found.entry(day) == found.months[month_of(day)].days[day]
    assert store.dirty_counters(tenant.id) == []
    check_live(store, tenant, events)


def check_live(store: UsageStore, tenant: Tenant, events: list[RecordedEvent]) -> None:
    """Without late events runs are reported live: as they were folded, and with those that began since."""
    new = llm_call("live", ts=END, run_id="live")
    period = period_at(tenant.anchor, END)
    for known in (events, [*events, new]):
        assert current(store, tenant, END) == plain_sums(known, period)
        store.record(tenant.id, [new], tenant.counters, END)


@given(histories(), st.sampled_from(ANCHORS), st.sampled_from([1, 3]))
def test_in_memory_rollups_equal_the_plain_sum_of_distinct_events(
    history: list[Step], anchor: datetime | None, counter_shards: int
) -> None:
    place = MemoryPlace()
    tenant = new_tenant(place.directory, anchor=anchor, counters=writing(counter_shards))
    check_rollups(place, tenant, history)


@ON_EMULATOR
@given(histories(max_size=12), st.sampled_from(ANCHORS), st.sampled_from([1, 3]))
def test_in_firestore_rollups_equal_the_plain_sum_of_distinct_events(
    firestore_channel: grpc.Channel, history: list[Step], anchor: datetime | None, counter_shards: int
) -> None:
    place = FirestorePlace(firestore_channel)
    tenant = new_tenant(place.directory, anchor=anchor, counters=writing(counter_shards))
    check_rollups(place, tenant, history)
