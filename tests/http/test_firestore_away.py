"""An unavailable Firestore: every route says when to retry, nothing is partially written, a retry counts once."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Timer
from time import monotonic, sleep
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from shared.adapters.firestore import FirestoreRpc, rpc
from shared.usecases.ledger.verify_counters import verify_counters
from tests.http.serving import Clock, Functions, Json, bearer, refused
from tools.dev.emulators import start_firestore
from tools.dev.loopback import free_port
from tools.dev.processes import Server, wait_until_ready

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini", "run_id": "run-1"}
BATCH = [{**CALL, "id": f"event-{number}", "model": f"model-{number % 60}"} for number in range(100)]
OF_A_TENANT = ("usage", "usage/series", "usage/top?group_by=user", "runs", "runs/run-1", "events")
OF_A_RUN: dict[str, Json] = {
    "/v1/runs": {"run_id": "run-1", "budget_usd": "1.00"},
    "/v1/runs/run-1/extend": {"ttl_seconds": 60},
    "/v1/runs/run-1/end": {"status": "completed"},
}
START_SECONDS = 60
PATIENT, IMPATIENT = 60.0, 4.0


class Emulator:
    """A Firestore emulator for this test, on the same port after each start. It loses its data when stopped."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._port = free_port()
        self.start()

    @property
    def host(self) -> str:
        return self._server.host

    def start(self) -> None:
        self._server: Server = start_firestore(self._logs, port=self._port, heap_mb=512)
        wait_until_ready([self._server], timeout_seconds=START_SECONDS)

    def stop(self) -> None:
        self._server.process.stop()

    def freeze(self) -> None:
        """Stop responding, but keep all connections and data, like a network failure."""
        os.killpg(self._server.process.group, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self._server.process.group, signal.SIGCONT)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("firestore"))
    yield emulator
    emulator.stop()


@pytest.fixture
def giving_up_after(
    emulator: Emulator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Callable[[float], Functions]:
    """Return a loader of the functions on that emulator, which takes the seconds they wait for it."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", f"demo-{uuid4().hex[:12]}")
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", emulator.host)
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setenv("GWI_METERING_ENABLED", "1")

    def load(seconds: float) -> Functions:
        monkeypatch.setattr(rpc, "FirestoreRpc", partial(FirestoreRpc, give_up_after_seconds=seconds))
        return Functions(clock)

    return load


def every_route_says_retry(functions: Functions, key: str) -> None:
    """Call all at once, because each call waits as long as the functions wait for Firestore."""

    def post(path: str, body: Json) -> TestResponse:
        return functions.record_usage.post(path, json=body, headers=bearer(key))

    record_usage = (
        lambda: functions.post_events(key, BATCH),
        lambda: functions.post_events(key, BATCH, "/v1/events?status=true"),
        *(lambda path=path, body=body: post(path, body) for path, body in OF_A_RUN.items()),
    )
    usage_api = [
        lambda path=path: functions.get(key, path)
        for path in ("/health", *(f"/tenants/acme/{name}" for name in OF_A_TENANT))
    ]
    with ThreadPoolExecutor(max_workers=20) as threads:
        answers = [threads.submit(ask) for ask in (*record_usage, *usage_api)]
        tick = threads.submit(functions.tick)
        plans = threads.submit(functions.get, None, "/plans")
        check = threads.submit(functions.check, key, tokens=1)
    for answer in answers:
        document = refused(answer.result(), 503, "unavailable")
        assert int(answer.result().headers["Retry-After"]) >= 1
        assert "Firestore does not answer" in document["detail"]
    assert tick.result().status_code == 500, "Pub/Sub has to send the tick again"
    assert plans.result().status_code == 200, "the catalog needs no store"
    decision = check.result()
    assert (decision["allowed"], decision["decided"], decision["code"]) == (False, False, "usage_unreadable")
    assert "Firestore does not answer" in decision["reason"]


def wait_until_every_function_is_back(functions: Functions, key: str) -> None:
    """Repeat a call of each function, as its callers do: they know for a second that the store is away."""
    calls: tuple[Callable[[], TestResponse], ...] = (
        lambda: functions.record_usage.post("/v1/check", json={}, headers=bearer(key)),
        lambda: functions.get(key, "/tenants/acme/usage"),
        functions.tick,
    )
    deadline = monotonic() + START_SECONDS
    for call in calls:
        while (answer := call()).status_code >= 500 or (answer.get_json(silent=True) or {}).get(
            "decided"
        ) is False:
            assert monotonic() < deadline
            sleep(0.5)


def counts_each_event_of_the_batch_once(functions: Functions, key: str) -> None:
    wait_until_every_function_is_back(functions, key)
    answer = functions.record(key, *BATCH)
    assert answer["accepted"] + answer["duplicates"] == len(BATCH)
    assert functions.record(key, *BATCH)["duplicates"] == len(BATCH)
    assert functions.usage(key)["total_llm_calls"] == len(BATCH)
    assert functions.usage(key)["total_runs"] == 1
    assert sorted(event["id"] for event in functions.events(key)) == sorted(
        str(event["id"]) for event in BATCH
    )
    store = functions.containers["record_usage"].usage
    assert verify_counters(store, "acme", timedelta(days=90), functions.clock.now).drifts == []
    assert functions.tick(["acme"]).status_code == 200
    assert functions.usage(key)["total_llm_calls"] == len(BATCH)


def test_a_store_that_stops_and_comes_back(
    giving_up_after: Callable[[float], Functions], emulator: Emulator
) -> None:
    key = giving_up_after(PATIENT).create_tenant()
    functions = giving_up_after(IMPATIENT)
    functions.usage(key)
    functions.check(key)
    emulator.stop()
    every_route_says_retry(functions, key)
    refused(functions.another().post_events(key, BATCH), 503, "unavailable")
    emulator.start()
    giving_up_after(PATIENT).create_tenant()
    counts_each_event_of_the_batch_once(functions, key)


def test_a_store_that_hangs_may_have_stored_a_batch_without_confirming(
    giving_up_after: Callable[[float], Functions], emulator: Emulator
) -> None:
    key = giving_up_after(PATIENT).create_tenant()
    functions = giving_up_after(IMPATIENT)
    functions.usage(key)
    functions.check(key)
    emulator.freeze()
    try:
        every_route_says_retry(functions, key)
    finally:
        emulator.thaw()
    counts_each_event_of_the_batch_once(functions, key)


def test_a_request_during_a_short_outage_succeeds(
    giving_up_after: Callable[[float], Functions], emulator: Emulator
) -> None:
    functions = giving_up_after(PATIENT)
    key = functions.create_tenant()
    functions.usage(key)
    emulator.freeze()
    thaw = Timer(1.5, emulator.thaw)
    thaw.start()
    answer = functions.record(key, *BATCH)
    thaw.join()
    assert answer["accepted"] + answer["duplicates"] == len(BATCH)
    counts_each_event_of_the_batch_once(functions, key)
