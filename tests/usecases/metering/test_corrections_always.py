"""For any history of events, corrections, crashes and folds, usage is the plain sum of what stands."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import grpc
from hypothesis import example, given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Conflict, Unavailable
from shared.domain.ledger.counters import Totals
from shared.domain.ledger.periods import MAX_AGE, Period, period_at
from shared.domain.metering.corrected_events import amendment_id
from shared.domain.metering.corrections import Action
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import Change
from shared.domain.prices.book_prices import LIST_PRICES
from shared.domain.prices.costs import EventCost
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.verify_counters import verify_counters
from shared.usecases.metering.correct_events import EventCorrector
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.metering.rerate_events import Rerating
from shared.usecases.prices.read_prices import PriceReader
from tests.properties import ON_EMULATOR
from tests.sample_events import CALL, costing, llm_call, times, writing
from tests.usecases.conftest import RETENTION, FirestorePlace, MemoryPlace, Place
from tests.usecases.fault_injection import Fault
from tests.usecases.plain_sums import Sums, current, new_tenant, plain_sums, stored_tenant, tick

BEGIN = datetime(2026, 10, 30, 21, 30, tzinfo=UTC)
AMENDED = MeteringEvent.model_validate(
    {"category": "llm", "provider": "local", "model": "m", "tokens": {"input_tokens": 7, "output_tokens": 2}}
)


class Wait(NamedTuple):
    """Time passes."""

    hours: int


class Call(NamedTuple):
    """An event of now, or of earlier, whose price may not be known when it is recorded."""

    hours_ago: int
    model: str
    run_id: str | None
    is_priced: bool


class Correct(NamedTuple):
    """Somebody corrects one of the events so far, perhaps through an instance that loses its store."""

    number: int
    action: Action
    crash: Fault | None


class Rerate(NamedTuple):
    """Whoever knows the prices now rates all events again, perhaps in a process that loses its store."""

    crash: Fault | None


class Fold(NamedTuple):
    """A tick, which may be cut short."""

    crash: Fault | None


Step = Wait | Call | Correct | Rerate | Fold

crashes = st.none() | st.none() | st.builds(Fault, st.integers(0, 8), st.booleans())
actions = st.sampled_from(("void", "void", "unvoid", "amend"))
waits = st.builds(Wait, st.sampled_from([1, 11, 26, 20 * 24, 36 * 24]))
calls = st.builds(
    Call,
    st.sampled_from([0, 0, 5, 30, 34 * 24]),
    st.sampled_from(["gpt-4.1-mini", "nobody-knows"]),
    st.none() | st.sampled_from(["r1"]),
    st.booleans(),
)
reratings = st.builds(Rerate, crashes)
corrections = st.builds(Correct, st.integers(0, 9), actions, crashes)
folds = st.builds(Fold, st.none() | st.builds(Fault, st.integers(0, 20), st.booleans()))
histories = st.lists(waits | calls | corrections | corrections | reratings | folds, min_size=5, max_size=25)


class Life:
    """A tenant, lived through step by step, and what stands of everything that was recorded of it."""

    def __init__(self, place: Place) -> None:
        self.place, self.now = place, BEGIN
        self.tenant = new_tenant(place.directory, created_at=BEGIN, counters=writing(2))
        self.events: list[RecordedEvent] = []
        self.standing: dict[str, bool] = {}
        self.amounts: dict[str, Totals] = {}
        """Of each event, at its newest cost."""
        self.sums: list[RecordedEvent] = []
        """The amounts that count, by their instants: a correction adds an entry of its own."""

    def step(self, step: Step) -> None:
        """Let one thing happen."""
        match step:
            case Wait(hours):
                self.now += timedelta(hours=hours)
            case Call():
                self._record(step)
            case Rerate(crash):
                self._rerate(crash)
            case Fold(crash):
                with suppress(Unavailable, ExceptionGroup):
                    tick(self.place.open(crash), self.now)
            case Correct(number) if number < len(self.events):
                self._correct(self.events[number], step)

    def expected(self) -> Sums:
        return plain_sums(self.sums, period_at(None, self.now))

    def _record(self, call: Call) -> None:
        ts = self.now - timedelta(hours=call.hours_ago)
        event = llm_call(f"e{len(self.events)}", ts=ts, model=call.model, run_id=call.run_id)
        if not call.is_priced:
            event = costing(event, EventCost("unknown"))
        self.place.open().record("acme", [event], stored_tenant(self.place.open()).counters, self.now)
        self._add(event)

    def _add(self, event: RecordedEvent) -> None:
        self.events.append(event)
        self.sums.append(event)
        self.standing[event.id] = True
        self.amounts[event.id] = event.amounts

    def _rerate(self, crash: Fault | None) -> None:
        """Rate again as the step says; after a crash, once more without one. A third time changes nothing."""
        with suppress(Unavailable):
            self._rerating(crash).apply(Change("admin:ada", self.now, "known now"))
        self._rerating(None).apply(Change("admin:ada", self.now, "known now"))
        left = self._rerating(None).dry_run().by_series.values()
        assert sum(each.rated for each in left) == 0
        for event in self.events:
            is_rated = self.amounts[event.id].get("unpriced_calls") and event.model == "gpt-4.1-mini"
            if is_rated and self.standing[event.id]:
                self._count(event, {"cost_nanousd": CALL["cost_nanousd"], "unpriced_calls": -1})
                self.amounts[event.id] = CALL

    def _rerating(self, crash: Fault | None) -> Rerating:
        ends = self.now.replace(minute=0) + timedelta(hours=1)
        within = Period(ends - timedelta(days=300), ends)
        tenant = stored_tenant(self.place.open())
        return Rerating(self.place.open(crash), tenant, within, LIST_PRICES)

    def _correct(self, event: RecordedEvent, step: Correct) -> None:
        """Correct it as the step says; after a crash, try again without one."""
        stands = self.standing[event.id]
        is_possible = stands == (step.action != "unvoid") and not self._is_amended(event)
        try:
            self._attempt(event, step.action, step.crash)
            assert is_possible
        except Conflict:
            assert not is_possible
        except Unavailable:
            with suppress(Conflict):
                self._attempt(event, step.action, None)
        if is_possible:
            self.standing[event.id] = not stands
            self._count(event, times(-1 if stands else 1, self.amounts[event.id]))
            if step.action == "amend":
                found = self.place.open().find_event("acme", amendment_id(event.id))
                assert found is not None
                assert (found.ts, found.amounts["total_tokens"]) == (self._counts_at(event), 7 + 2)
                self._add(found)

    def _attempt(self, event: RecordedEvent, action: Action, crash: Fault | None) -> None:
        corrector = EventCorrector(EventRecorder(Ledger(self.place.open(crash)), PriceReader(MemoryStore())))
        tenant, change = stored_tenant(self.place.open()), Change("admin:ada", self.now, "because")
        if action == "amend":
            corrector.amend(tenant, event.identity, AMENDED, change)
        else:
            correct: Callable[..., object] = getattr(corrector, action)
            correct(tenant, event.identity, change)

    def _is_amended(self, event: RecordedEvent) -> bool:
        return amendment_id(event.id) in self.standing

    def _counts_at(self, event: RecordedEvent) -> datetime:
        return event.ts if self.now - event.ts <= MAX_AGE else self.now

    def _count(self, event: RecordedEvent, amounts: Totals) -> None:
        # Without its run: a correction begins none.
        self.sums.append(
            event._replace(
                id=f"correction {len(self.sums)}", ts=self._counts_at(event), amounts=amounts, run_id=None
            )
        )


def check_history(place: Place, history: list[Step]) -> None:
    life = Life(place)
    for step in history:
        life.step(step)
    store = place.open()
    for _ in range(2):
        tick(store, life.now)
        read, expected = current(store, life.tenant, life.now), life.expected()
        assert (read.totals, read.runs) == (_nonzero(expected.totals), expected.runs)
        assert read.series == {
            name: totals for name, each in expected.series.items() if (totals := _nonzero(each))
        }
        drifts = verify_counters(store, "acme", RETENTION, life.now).drifts
        assert drifts == []
        life.now += timedelta(hours=1)
    for event in life.events:
        found = store.find_correction("acme", event.identity)
        assert found is None or found.stands == life.standing[event.id]


def _nonzero(totals: Totals) -> Totals:
    return {metric: amount for metric, amount in totals.items() if amount}


CALLED, UNPRICED = Call(0, "gpt-4.1-mini", "r1", True), Call(0, "gpt-4.1-mini", "r1", False)
VOID, UNVOID, AMEND = Correct(0, "void", None), Correct(0, "unvoid", None), Correct(0, "amend", None)
LATER, RERATE, FOLD = Wait(36 * 24), Rerate(None), Fold(None)
OLD: list[Step] = [CALLED, FOLD, LATER, CALLED, VOID, FOLD, UNVOID]
VOID_BEFORE: list[Step] = [CALLED, VOID, FOLD, LATER, UNVOID, AMEND, FOLD]
RATED: list[Step] = [UNPRICED, VOID, RERATE, FOLD, UNVOID, RERATE, VOID, LATER, UNVOID]
RATED_LATE: list[Step] = [UNPRICED, FOLD, LATER, RERATE, VOID, FOLD]


@example(OLD)
@example(VOID_BEFORE)
@example(RATED)
@example(RATED_LATE)
@given(histories)
def test_in_memory_usage_is_the_plain_sum_of_what_stands(history: list[Step]) -> None:
    check_history(MemoryPlace(), history)


@example(OLD)
@example(RATED)
@ON_EMULATOR
@given(histories)
def test_in_firestore_usage_is_the_plain_sum_of_what_stands(
    firestore_channel: grpc.Channel, history: list[Step]
) -> None:
    check_history(FirestorePlace(firestore_channel), history)
