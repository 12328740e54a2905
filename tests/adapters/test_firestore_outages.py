"""A Firestore that dies silently: a new connection, one deadline for a request, and fast refusals meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from threading import Barrier
from time import monotonic
from uuid import uuid4

import grpc
import pytest

from shared.adapters.firestore import FirestoreRpc
from shared.adapters.firestore.refused import Gate
from shared.adapters.firestore.retries import (
    GIVE_UP_AFTER_SECONDS,
    PROBE_EVERY_SECONDS,
    TRIES_BEFORE_RECONNECTING,
    TRY_SECONDS,
    Effort,
    Retries,
)
from shared.adapters.firestore.rpc import open_channel
from shared.domain.errors import Unavailable
from tests.adapters.interceptors import CallFailed
from tests.tcp_proxy import Proxy, proxy

AWAY = CallFailed(grpc.StatusCode.DEADLINE_EXCEEDED)


@pytest.fixture
def dying(firestore_emulator_host: str) -> Iterator[Proxy]:
    """A connection to the emulator that can die."""
    with proxy(firestore_emulator_host) as running:
        yield running


def test_a_connection_that_died_silently_is_replaced_within_the_request(dying: Proxy) -> None:
    rpc = FirestoreRpc(f"demo-{uuid4().hex[:12]}", partial(open_channel, dying.host), is_emulator=True)
    name = f"{rpc.documents}/probes/one"
    assert rpc.batch_get([name]) == {}
    dying.kill_connections()
    started = monotonic()
    assert rpc.batch_get([name]) == {}
    assert monotonic() - started >= TRIES_BEFORE_RECONNECTING * TRY_SECONDS
    assert dying.connections == 2
    assert rpc.batch_get([name]) == {}
    assert dying.connections == 2


class Store:
    """A store that can be away, with a clock that its calls move on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.is_away = False
        self.calls = self.probes = self.reconnections = 0
        for name, fake in (("monotonic", lambda: self.now), ("sleep", self.pass_seconds)):
            monkeypatch.setattr(f"shared.adapters.firestore.retries.time.{name}", fake)
        gate = Gate("projects/some-project/databases/(default)", str)
        self.retries = Retries(GIVE_UP_AFTER_SECONDS, gate=gate, probe=self.probe, reconnect=self.reconnect)

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds

    def call(self, timeout: float) -> str:
        self.calls += 1
        return self._answer(timeout)

    def probe(self, timeout: float) -> None:
        self.probes += 1
        self._answer(timeout)

    def reconnect(self) -> None:
        self.reconnections += 1

    def _answer(self, timeout: float) -> str:
        assert timeout > 0
        self.now += timeout if self.is_away else 0.01
        if self.is_away:
            raise AWAY
        return "answer"

    def seconds_of_a_refusal(self) -> float:
        started = self.now
        with pytest.raises(Unavailable, match="Firestore does not answer"):
            self.retries.run(self.call)
        return self.now - started


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    return Store(monkeypatch)


def test_the_first_request_waits_and_the_next_hundred_are_refused_within_a_second(store: Store) -> None:
    store.is_away = True
    assert GIVE_UP_AFTER_SECONDS - 1 < store.seconds_of_a_refusal() <= GIVE_UP_AFTER_SECONDS
    calls, outage_began = store.calls, store.now
    for _ in range(100):
        assert store.seconds_of_a_refusal() < 1
        store.pass_seconds(0.1)
    assert store.calls == calls
    assert 10 <= store.probes <= (store.now - outage_began) / PROBE_EVERY_SECONDS


def test_a_store_that_is_back_answers_after_the_next_probe(store: Store) -> None:
    store.is_away = True
    store.seconds_of_a_refusal()
    store.is_away = False
    assert store.seconds_of_a_refusal() == 0
    store.pass_seconds(PROBE_EVERY_SECONDS)
    assert [store.retries.run(store.call) for _ in range(3)] == ["answer"] * 3
    assert store.probes == 1


def test_all_calls_of_a_request_share_one_deadline(store: Store) -> None:
    def slow(timeout: float) -> str:
        store.now += min(timeout, 2.0)
        return "answer"

    with store.retries.request():
        assert [store.retries.run(slow) for _ in range(3)] == ["answer"] * 3
        store.is_away = True
        started = store.now
        with pytest.raises(Unavailable):
            store.retries.run(store.call)
        assert store.now - started <= GIVE_UP_AFTER_SECONDS - 3 * 2.0
    store.is_away = False
    assert store.retries.run(store.call) == "answer", "what was left of its time says nothing about the store"
    assert store.probes == 0


def test_seconds_in_which_several_threads_of_a_request_wait_count_once(store: Store) -> None:
    both = Barrier(2)

    def slow(_timeout: float) -> str:
        if both.wait() == 0:
            store.now += 3.0
        both.wait()
        return "answer"

    with store.retries.request(), ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(copy_context().run, store.retries.run, slow) for _ in range(2)]
        assert [call.result() for call in calls] == ["answer"] * 2
        store.is_away = True
        assert GIVE_UP_AFTER_SECONDS - 3 - 1 < store.seconds_of_a_refusal() <= GIVE_UP_AFTER_SECONDS - 3


def test_time_that_a_request_spends_elsewhere_is_not_taken_from_the_store(store: Store) -> None:
    with store.retries.request():
        store.pass_seconds(60)
        assert store.retries.run(store.call) == "answer"


def test_a_request_that_has_used_its_time_does_not_call_again(store: Store) -> None:
    with store.retries.request():
        store.is_away = True
        store.seconds_of_a_refusal()
        calls = store.calls
        store.pass_seconds(60)
        store.is_away = False
        assert store.seconds_of_a_refusal() < 1
    assert store.calls == calls


def test_two_deadlines_in_a_row_open_one_new_connection(store: Store) -> None:
    store.is_away = True
    store.seconds_of_a_refusal()
    assert store.reconnections == 1
    store.is_away = False
    store.pass_seconds(PROBE_EVERY_SECONDS)
    store.retries.run(store.call)
    store.is_away = True
    with pytest.raises(CallFailed):
        store.retries._connection.call(store.call, TRY_SECONDS)
    assert store.reconnections == 1, "an answer lies between the deadlines"


def test_a_large_commit_may_take_longer(store: Store) -> None:
    def slow(timeout: float) -> str:
        assert timeout > 5.0
        store.now += 5.0
        return "answer"

    assert store.retries.run(slow, Effort(writes=505)) == "answer"


def test_a_short_call_does_not_declare_an_outage(store: Store) -> None:
    store.is_away = True
    with pytest.raises(Unavailable):
        store.retries.run(store.call, Effort(give_up_after_seconds=1.0))
    store.is_away = False
    assert store.retries.run(store.call) == "answer"
    assert store.probes == 0
