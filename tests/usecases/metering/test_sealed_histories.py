"""For any history of batches, events of own ids, repetitions, races and crashes, each id counts once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import grpc
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryStore
from shared.domain.errors import InvalidInput, Unavailable
from shared.domain.ledger.periods import period_at
from shared.domain.metering.events import MeteringEvent
from shared.domain.metering.recording import RecordedEvent, prepare
from shared.domain.metering.sealed_ids import SealedId, batch_of_key
from shared.domain.metering.sealed_requests import batch_of
from shared.domain.people.keys import ALL_SCOPES
from shared.domain.people.tenants import Tenant
from shared.ports import UsageStore
from shared.usecases.ledger.ledger import Ledger
from shared.usecases.ledger.verify_counters import verify_counters
from shared.usecases.metering.record_events import EventRecorder
from shared.usecases.people.authenticate import Access
from shared.usecases.prices.read_prices import PriceReader
from tests.properties import ON_EMULATOR
from tests.sample_batches import PRODUCER
from tests.sample_events import NOON, writing
from tests.usecases.conftest import RETENTION, FirestorePlace, MemoryPlace, Place
from tests.usecases.fault_injection import Fault
from tests.usecases.plain_sums import current, new_tenant, plain_sums, tick

Item = dict[str, object]
MAX_CALLS = 3
SENDERS = 3
MOMENTS = (NOON, NOON - timedelta(minutes=30), NOON - timedelta(hours=14), NOON - timedelta(hours=23))
PRICES = PriceReader(MemoryStore())


@dataclass(frozen=True)
class Delivery:
    """A request, by so many senders at once, and perhaps before them by one that crashes; perhaps a fold follows."""

    items: list[Item]
    key: str | None
    senders: int
    crash: Fault | None
    folds: bool


calls = st.builds(
    lambda model, run_id, moment, tokens: {
        "category": "llm",
        "provider": "openai",
        "model": model,
        "ts": moment.isoformat(),
        "tokens": {"input_tokens": tokens, "output_tokens": 1},
        **({"run_id": run_id} if run_id else {}),
    },
    st.sampled_from(["gpt-4.1-mini", "o4-mini", "nobody's"]),
    st.sampled_from([None, "r1", "r2"]),
    st.sampled_from(MOMENTS),
    st.integers(0, 2**40),
)
contents = st.lists(calls, min_size=1, max_size=5)


@st.composite
def requests(draw: st.DrawFn) -> tuple[list[Item], str | None]:
    """A batch of a producer, events of own ids, or events with an Idempotency-Key; few names, so that they meet."""
    items, number = draw(contents), draw(st.integers(0, 2))
    match draw(st.sampled_from(["batch", "own", "key"])):
        case "batch":
            ids = [SealedId(f"{PRODUCER}.{number}", place).text for place in range(len(items))]
        case "own":
            ids = draw(st.lists(st.sampled_from("abcdef"), min_size=len(items), max_size=len(items)))
        case _:
            return items, f"key-{number}"
    return [{**item, "id": event_id} for item, event_id in zip(items, ids, strict=True)], None


@st.composite
def histories(draw: st.DrawFn, max_size: int = 10) -> list[Delivery]:
    """Requests in any order, most of them more than once, some of them cut again with other events."""
    sent = draw(st.lists(requests(), min_size=1, max_size=max_size))
    again = draw(st.lists(st.sampled_from(sent), max_size=max_size))
    faults = st.none() | st.builds(Fault, st.integers(0, MAX_CALLS), st.booleans())
    senders = st.sampled_from([1, 1, SENDERS])
    return [
        Delivery(items, key, draw(senders), draw(faults), draw(st.booleans()))
        for items, key in draw(st.permutations(sent + again))
    ]


def deliver(place: Place, tenant: Tenant, delivery: Delivery, now: datetime) -> None:
    access = Access(tenant=tenant, permissions=ALL_SCOPES, actor="test")

    def send(crash: Fault | None = None) -> None:
        recorder = EventRecorder(Ledger(place.open(crash)), PRICES)
        # Other events under an Idempotency-Key are refused.
        with suppress(InvalidInput):
            recorder.record(access, delivery.items, now, batch_of(delivery.items, delivery.key))

    if delivery.crash:
        with suppress(Unavailable):
            send(delivery.crash)
    with ThreadPoolExecutor(delivery.senders) as threads:
        list(threads.map(lambda _: send(), range(delivery.senders)))


def events_of(delivery: Delivery) -> Iterator[RecordedEvent]:
    for number, item in enumerate(delivery.items):
        event = prepare(MeteringEvent.model_validate(item), "acme", NOON)
        if delivery.key is None:
            yield event
        else:
            yield event._replace(id=SealedId(batch_of_key(delivery.key), number).text)


def counting(known: dict[str, RecordedEvent], delivery: Delivery) -> dict[str, RecordedEvent]:
    """Return the events that count after a delivery: the first of each id, and of a batch those of its first cut."""
    sent = list(events_of(delivery))
    batch = batch_of(delivery.items, delivery.key)
    if batch is not None and any(event_id.startswith(f"gwi1.{batch}.") for event_id in known):
        return known
    new: dict[str, RecordedEvent] = {}
    for event in sent:
        new.setdefault(event.id, event)
    return new | known


def check_history(place: Place, tenant: Tenant, history: list[Delivery]) -> None:
    known: dict[str, RecordedEvent] = {}
    for minute, delivery in enumerate(history):
        now = NOON + timedelta(minutes=minute)
        deliver(place, tenant, delivery, now)
        if delivery.folds:
            tick(place.open(), now)
        known = counting(known, delivery)
        store = place.open()
        assert current(store, tenant, now) == plain_sums(known.values(), period_at(None, now))
        assert sorted(listed(store)) == sorted(known), "each is listed once"
        assert [event for event in known.values() if found(store, event.id) != event.amounts] == []
        verification = verify_counters(store, "acme", RETENTION, now)
        assert (verification.events, verification.drifts) == (len(known), [])


def listed(store: UsageStore) -> Iterator[str]:
    """Yield the ids of all events, from pages that are smaller than a batch."""
    cursor: str | None = None
    while True:
        page = store.list_events("acme", limit=3, cursor=cursor)
        yield from (event.id for event in page.items)
        if (cursor := page.next_cursor) is None:
            return


def found(store: UsageStore, event_id: str) -> object:
    event = store.find_event("acme", event_id)
    return event and event.amounts


@given(histories(), st.sampled_from([1, 3]))
def test_in_memory_each_id_counts_once(history: list[Delivery], counter_shards: int) -> None:
    place = MemoryPlace()
    check_history(place, new_tenant(place.directory, counters=writing(counter_shards)), history)


@ON_EMULATOR
@given(histories(max_size=5), st.sampled_from([1, 3]))
def test_in_firestore_each_id_counts_once(
    firestore_channel: grpc.Channel, history: list[Delivery], counter_shards: int
) -> None:
    place = FirestorePlace(firestore_channel)
    check_history(place, new_tenant(place.directory, counters=writing(counter_shards)), history)
