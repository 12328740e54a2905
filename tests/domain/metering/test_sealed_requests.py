"""The ids of sealed batches, and which requests are a whole batch."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.metering.events import EnvelopedEvent
from shared.domain.metering.sealed_ids import MAX_BATCH_NUMBER, SealedId, batch_of_key, sent_id, stored_id
from shared.domain.metering.sealed_requests import batch_of, fingerprint_of_item, too_wide
from tests.sample_batches import BATCH_ID, PRODUCER
from tests.sample_events import NOON

OTHER_PRODUCER = "zyxwvutsrqponmlk"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def items(*numbers: int, batch: str = BATCH_ID) -> list[object]:
    return [{"id": SealedId(batch, number).text} for number in numbers]


@given(st.text(ALPHABET, min_size=16, max_size=16), st.integers(0, MAX_BATCH_NUMBER), st.integers(0, 499))
def test_an_id_names_its_batch_and_its_number(producer: str, batch: int, number: int) -> None:
    sealed = SealedId(f"{producer}.{batch}", number)
    assert sent_id(sealed.text) == stored_id(sealed.text) == sealed


@pytest.mark.parametrize(
    "text",
    [
        "gwi1.",
        f"gwi1.{PRODUCER}.7",
        f"gwi1.{PRODUCER}.7.",
        f"gwi1.{PRODUCER}.7.01",
        f"gwi1.{PRODUCER}.07.1",
        f"gwi1.{PRODUCER}.-7.1",
        f"gwi1.{PRODUCER}.7.1000",
        f"gwi1.{PRODUCER}.7.1\n",
        f"gwi1.{PRODUCER}x.7.1",
        f"gwi1.{PRODUCER[:-1]}.7.1",
        f"gwi1.{PRODUCER[:-1]}é.7.1",
        f"gwi1.{PRODUCER}.{MAX_BATCH_NUMBER + 1}.1",
        f"gwi1.{PRODUCER}.{2**70}.1",
        f"GWI1.{PRODUCER}.7.1",
        f"gwi1.k.{'f' * 40}.1",
    ],
)
def test_an_id_of_another_form_names_no_batch_of_a_producer(text: str) -> None:
    assert sent_id(text) is None


def test_the_batch_of_an_idempotency_key_is_found_by_readers_and_named_by_no_producer() -> None:
    sealed = SealedId(batch_of_key("a-key"), 3)
    assert stored_id(sealed.text) == sealed
    assert sent_id(sealed.text) is None
    assert batch_of_key("a-key") != batch_of_key("another")


def test_a_request_of_a_whole_batch_is_that_batch() -> None:
    assert batch_of(items(0, 1, 2), None) == BATCH_ID


def test_requests_without_ids_of_batches_are_none() -> None:
    assert batch_of([{"id": "a"}, {}, 5, {"id": 7}], None) is None


def test_items_that_cannot_be_read_take_their_place() -> None:
    unreadable = FieldProblem(field="event", code="malformed_json", message="event: not JSON")
    first, _, third = items(0, 1, 2)
    assert batch_of([first, unreadable, third], None) == BATCH_ID
    assert batch_of([5, *items(1)], None) == BATCH_ID


def test_the_data_of_a_cloudevent_may_have_an_id_of_a_batch_and_its_envelope_has_its_own() -> None:
    data = items(0)[0]
    assert batch_of([EnvelopedEvent(data=data, identity=None, names={})], None) == BATCH_ID
    assert batch_of([EnvelopedEvent(data=data, identity="\0hash", names={})], None) is None


@pytest.mark.parametrize(
    ("sent", "code", "index"),
    [
        ([*items(0), {"id": "own"}], "mixed_ids", 1),
        ([{"id": "own"}, *items(1)], "mixed_ids", 0),
        ([*items(0), {}], "mixed_ids", 1),
        ([*items(0), {"id": 5}], "mixed_ids", 1),
        (items(0) + items(1, batch=f"{OTHER_PRODUCER}.7"), "mixed_batches", 1),
        (items(0) + items(1, batch=f"{PRODUCER}.8"), "mixed_batches", 1),
        (items(0, 2), "out_of_order", 1),
        (items(0, 1, 1), "out_of_order", 2),
        (items(1, 0), "out_of_order", 0),
        (items(1, 2), "out_of_order", 0),
        ([{"id": "gwi1.nonsense"}], "invalid_sealed_id", 0),
        ([{"id": "own"}, {"id": "gwi1.nonsense"}], "invalid_sealed_id", 1),
        (items(0, batch=f"{PRODUCER}.{2**70}"), "invalid_sealed_id", 0),
        (items(0, batch=batch_of_key("a-key")), "invalid_sealed_id", 0),
    ],
)
def test_a_request_that_is_no_whole_batch_is_refused(sent: list[object], code: str, index: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        batch_of(sent, None)
    assert [(each.field, each.code, each.index) for each in refusal.value.problems] == [("id", code, index)]


def test_an_idempotency_key_makes_a_batch_of_events_without_ids_only() -> None:
    assert batch_of([{}, {}], "a-key") == batch_of_key("a-key")
    for sent in ([{}, {"id": "own"}], items(0)):
        with pytest.raises(InvalidInput) as refusal:
            batch_of(sent, "a-key")
        assert refusal.value.code == "mixed_ids"


@pytest.mark.parametrize("key", [None, "a-key"])
def test_a_cloudevent_among_others_is_reported_with_the_id_that_its_sender_gave_to_it(
    key: str | None,
) -> None:
    cloudevent = EnvelopedEvent(data={"id": "own"}, identity="\0hash", names={"id": "ce-id"})
    with pytest.raises(InvalidInput, match=r"\(got 'own'\)"):
        batch_of([{}, cloudevent] if key else [*items(0), cloudevent], key)


def test_a_batch_spans_at_most_24_hours() -> None:
    day = timedelta(hours=24)
    assert too_wide([]) is None
    assert too_wide([NOON, NOON - day]) is None
    refusal = too_wide([NOON, NOON - day - timedelta(microseconds=1)])
    assert refusal
    assert [(each.code, each.index) for each in refusal.problems] == [("batch_too_wide", 0)]


def test_a_rejected_item_is_known_again_whatever_its_order_and_its_tenant() -> None:
    one, other = {"a": 1, "b": [{"c": None}]}, {"b": [{"c": None}], "tenant_id": "acme", "a": 1}
    assert fingerprint_of_item(one) == fingerprint_of_item(other)
    assert fingerprint_of_item(one) != fingerprint_of_item({"a": 2, "b": [{"c": None}]})
