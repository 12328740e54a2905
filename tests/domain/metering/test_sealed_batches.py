"""A sealed batch comes back as it was stored: every field of every event, and what was rejected."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.batch_format import Table, pack, unpack
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.sealed_batches import RejectedItem, SealedBatch, packed_batch, unpacked_batch
from shared.domain.metering.sealed_ids import SealedId
from shared.domain.prices.costs import EventCost
from shared.domain.prices.token_pools import TokenPools
from tests.adapters.test_firestore_indexes import FULL_EVENT
from tests.sample_batches import BATCH_ID, batch_of_calls
from tests.sample_events import NOON, costing, event_of, llm_call

FULL = costing(FULL_EVENT, FULL_EVENT.cost)
SPARSE = event_of("e", None, None, None, category="other")
EMPTY_TOKENS = event_of("e", TokenPools(0, 0, 0), 0, 0)
counts = st.integers(0, 2**53)
events = st.sampled_from([FULL, SPARSE, EMPTY_TOKENS, llm_call("e")]) | st.builds(
    lambda pools, latency, nanousd, unread: costing(
        event_of("e", pools, latency, None), EventCost("incomplete", nanousd, "client", unread, nanousd)
    ),
    st.builds(TokenPools, *[counts] * 7) | st.none(),
    counts | st.none(),
    counts,
    st.lists(st.text(max_size=5), max_size=3).map(tuple),
)


def sealed(chosen: list[RecordedEvent], rejected: dict[int, RejectedItem]) -> SealedBatch:
    """Return the events under ids of a batch, at the numbers that the rejected items leave."""
    numbers = [number for number in range(len(chosen) + len(rejected)) if number not in rejected]
    ids = [SealedId(BATCH_ID, number).text for number in numbers]
    named = [
        event._replace(id=event_id, identity=event_id, ts=NOON + timedelta(microseconds=number * 7 % 5))
        for number, event_id, event in zip(numbers, ids, chosen, strict=True)
    ]
    return SealedBatch(id=BATCH_ID, events=named, rejected=rejected)


@given(st.lists(events, min_size=1, max_size=8), st.sets(st.integers(0, 3), max_size=2))
def test_every_field_of_every_event_comes_back(chosen: list[RecordedEvent], gaps: set[int]) -> None:
    rejected = {number: RejectedItem("f", (("ts", "ts_too_old"),)) for number in gaps if number < len(chosen)}
    batch = sealed(chosen, rejected)
    assert unpacked_batch(BATCH_ID, packed_batch(batch)) == batch


def test_each_event_is_found_by_its_number() -> None:
    batch = sealed([FULL, SPARSE], {1: RejectedItem("f", ())})
    assert [event and event.category for event in map(batch.event, range(4))] == ["llm", None, "other", None]


def test_whether_all_problems_are_known_comes_back() -> None:
    batch = replace(sealed([FULL], {}), is_truncated=True)
    assert unpacked_batch(BATCH_ID, packed_batch(batch)) == batch


def test_a_field_of_a_newer_release_is_ignored_by_readers_and_kept_by_writers() -> None:
    table = unpack(packed_batch(batch_of_calls(2)))
    columns = {**table.columns, "colour": ["red", None]}
    newer = pack(Table(rows=2, columns=columns, about={**table.about, "mood": "calm"}))
    assert unpacked_batch(BATCH_ID, newer) == batch_of_calls(2)
    assert unpack(pack(unpack(newer))) == unpack(newer)


def test_a_batch_takes_about_forty_bytes_an_event() -> None:
    assert len(packed_batch(batch_of_calls(500))) < 500 * 40
