"""UsageStore.record: an event counts exactly once, however and by whomever it is sent."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from shared.ports import Outcome, UsageStore
from tests.sample_events import CALL, NOON, ONE_SHARD, counted, llm_call, times, writing

RECORDED, DUPLICATE, CONFLICT = Outcome.RECORDED, Outcome.DUPLICATE, Outcome.CONFLICT
THREADS = 20


def _all_at_once(calls: Sequence[Callable[[], list[Outcome]]]) -> list[list[Outcome]]:
    barrier = Barrier(len(calls))

    def wait_and(call: Callable[[], list[Outcome]]) -> list[Outcome]:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(wait_and, calls))


def test_records_a_new_event(store: UsageStore) -> None:
    assert store.record("acme", [llm_call("e1")], ONE_SHARD, NOON) == [RECORDED]
    assert counted(store, "acme") == CALL


def test_an_empty_batch_records_nothing(store: UsageStore) -> None:
    assert store.record("acme", [], ONE_SHARD, NOON) == []
    assert counted(store, "acme") == {}


def test_the_same_event_sent_three_times_counts_once(store: UsageStore) -> None:
    outcomes = [store.record("acme", [llm_call("e1")], ONE_SHARD, NOON) for _ in range(3)]
    assert outcomes == [[RECORDED], [DUPLICATE], [DUPLICATE]]
    assert counted(store, "acme") == CALL


def test_the_same_event_three_times_in_one_batch_counts_once(store: UsageStore) -> None:
    assert store.record("acme", [llm_call("e1")] * 3, ONE_SHARD, NOON) == [RECORDED, DUPLICATE, DUPLICATE]
    assert counted(store, "acme") == CALL


def test_the_same_event_far_apart_in_a_batch_of_many_series_counts_once(store: UsageStore) -> None:
    between = [llm_call(f"e{number}", model=f"model-{number}") for number in range(1, 101)]
    outcomes = store.record("acme", [llm_call("e0"), *between, llm_call("e0")], ONE_SHARD, NOON)
    assert outcomes == [RECORDED] * 101 + [DUPLICATE]
    assert counted(store, "acme") == times(101)


def test_the_same_event_at_two_instances_counts_once(store: UsageStore, other_store: UsageStore) -> None:
    assert store.record("acme", [llm_call("e1")], ONE_SHARD, NOON) == [RECORDED]
    assert other_store.record("acme", [llm_call("e1")], ONE_SHARD, NOON) == [DUPLICATE]
    assert counted(store, "acme") == counted(other_store, "acme") == CALL


def test_the_same_event_from_twenty_threads_counts_once(store: UsageStore, other_store: UsageStore) -> None:
    instances = [store, other_store] * (THREADS // 2)
    answers = _all_at_once(
        [partial(at.record, "acme", [llm_call("e1")], ONE_SHARD, NOON) for at in instances]
    )
    assert Counter(outcome for answer in answers for outcome in answer) == {
        RECORDED: 1,
        DUPLICATE: THREADS - 1,
    }
    assert counted(store, "acme") == CALL


def test_overlapping_batches_from_twenty_threads_count_each_event_once(store: UsageStore) -> None:
    batches = [[llm_call(f"e{number}") for number in range(first, first + 5)] for first in range(THREADS)]
    answers = _all_at_once([partial(store.record, "acme", batch, writing(2), NOON) for batch in batches])
    distinct = THREADS + 5 - 1
    outcomes = Counter(outcome for answer in answers for outcome in answer)
    assert outcomes == {RECORDED: distinct, DUPLICATE: THREADS * 5 - distinct}
    assert counted(store, "acme", shards=2) == times(distinct)


def test_another_payload_under_a_known_id_is_a_conflict_and_the_first_stands(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1", model="first-model")], ONE_SHARD, NOON)
    later = llm_call("e1", model="second-model", payload="second")
    assert store.record("acme", [later], ONE_SHARD, NOON) == [CONFLICT]
    assert counted(store, "acme") == CALL
    assert [event.series.model for event in store.list_events("acme", limit=9).items] == ["first-model"]


def test_two_payloads_under_one_id_in_one_batch_keep_the_first(store: UsageStore) -> None:
    first, second = llm_call("e1"), llm_call("e1", payload="second")
    assert store.record("acme", [first, second, first], ONE_SHARD, NOON) == [RECORDED, CONFLICT, DUPLICATE]
    assert counted(store, "acme") == CALL


def test_a_batch_compares_with_what_is_stored_and_not_with_its_own_first(store: UsageStore) -> None:
    store.record("acme", [llm_call("e1")], ONE_SHARD, NOON)
    batch = [llm_call("e1", payload="second"), llm_call("e1"), llm_call("e1", payload="second")]
    assert store.record("acme", batch, ONE_SHARD, NOON) == [CONFLICT, DUPLICATE, CONFLICT]


def test_a_batch_of_new_known_and_conflicting_events_answers_in_its_order(store: UsageStore) -> None:
    store.record("acme", [llm_call("known"), llm_call("taken")], ONE_SHARD, NOON)
    batch = [
        llm_call("new-1"),
        llm_call("known"),
        llm_call("new-2"),
        llm_call("taken", payload="second"),
        llm_call("new-1"),
        llm_call("new-3"),
    ]
    expected = [RECORDED, DUPLICATE, RECORDED, CONFLICT, DUPLICATE, RECORDED]
    assert store.record("acme", batch, ONE_SHARD, NOON) == expected
    assert counted(store, "acme") == times(2 + 3)


def test_a_known_event_of_many_series_does_not_stop_the_others(store: UsageStore) -> None:
    batch = [llm_call(f"e{number}", model=f"model-{number}") for number in range(100)]
    store.record("acme", batch[::10], ONE_SHARD, NOON)
    outcomes = store.record("acme", batch, ONE_SHARD, NOON)
    assert outcomes == [DUPLICATE if number % 10 == 0 else RECORDED for number in range(100)]
    assert counted(store, "acme") == times(100)


def test_the_same_id_at_two_tenants_is_two_events(store: UsageStore) -> None:
    assert store.record("acme", [llm_call("e1")], ONE_SHARD, NOON) == [RECORDED]
    assert store.record("bolt", [llm_call("e1", payload="second")], ONE_SHARD, NOON) == [RECORDED]
    assert counted(store, "acme") == counted(store, "bolt") == CALL


def test_ids_that_differ_only_in_odd_characters_are_different_events(store: UsageStore) -> None:
    ids = [
        "a",
        "A",
        "a ",
        " a",
        "a/b",
        "a.b",
        "a%2Fb",
        "..",
        ".",
        "__a__",
        "é",
        "e\u0301",
        "x" * 128,
        "日" * 128,
    ]
    assert store.record("acme", [llm_call(event_id) for event_id in ids], ONE_SHARD, NOON) == [
        RECORDED
    ] * len(ids)
    assert {event.id for event in store.list_events("acme", limit=50).items} == set(ids)


def test_events_of_one_id_and_of_different_identities_are_different_events(store: UsageStore) -> None:
    own = llm_call("1")
    events = [own, own._replace(identity="\0a"), own._replace(identity="\0b")]
    assert store.record("acme", events, ONE_SHARD, NOON) == [RECORDED] * 3
    assert store.record("acme", events, ONE_SHARD, NOON) == [DUPLICATE] * 3
    assert counted(store, "acme") == times(3)


def test_a_batch_with_all_the_metadata_that_a_request_may_have_is_recorded(store: UsageStore) -> None:
    """Eight megabytes of it are more than the emulator takes in one commit, and nearly what Firestore takes."""
    text = json.dumps({"text": "ä" * 8_000})
    events = [llm_call(f"e{number}")._replace(metadata_json=text) for number in range(480)]
    assert store.record("acme", events, ONE_SHARD, NOON) == [Outcome.RECORDED] * 480
    assert store.record("acme", events, ONE_SHARD, NOON) == [Outcome.DUPLICATE] * 480
    assert counted(store, "acme") == times(480)
