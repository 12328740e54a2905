"""A Stripe that is silent or slow: requests end in time, and leave threads for everything else."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest

from shared.adapters import stripe_time
from shared.adapters.stripe import StripeApi
from shared.domain.errors import Unavailable
from tests.plans import current_plans

KEY = "sk_test_slow"


class Silent:
    """A server that takes connections and never answers."""

    def __init__(self) -> None:
        self.connected = Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._open: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self._open.append(self._server.accept()[0])
            except OSError:
                return
            self.connected.set()

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()
        for each in self._open:
            each.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    server = Silent()
    yield server
    server.close()


def test_all_requests_of_a_context_end_by_its_deadline(silent: Silent) -> None:
    api = StripeApi(KEY, silent.url, current_plans)
    began = time.monotonic()
    with api.within(0.4):
        for _ in range(5):
            with pytest.raises(Unavailable, match="Stripe does not respond") as failure:
                api.find_customer("cus_1")
            assert failure.value.retry_after_seconds > 0
    # Each call may pause once before its retry; none waits for an answer after the deadline.
    assert time.monotonic() - began < 0.4 + 5 * 1.5


def test_without_a_deadline_a_request_ends_by_the_limit_of_its_own(
    silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_time, "READ_SECONDS", 0.2)
    with pytest.raises(Unavailable):
        StripeApi(KEY, silent.url, current_plans).find_customer("cus_1")


def test_while_the_slots_are_taken_other_requests_fail_at_once(silent: Silent) -> None:
    api = StripeApi(KEY, silent.url, current_plans, slots=1)

    def wait() -> None:
        with api.within(3), pytest.raises(Unavailable):
            api.find_customer("cus_waiting")

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        assert silent.connected.wait(10)
        with api.within(30), pytest.raises(Unavailable):
            api.find_customer("cus_second")
        assert not waiting.done()
        waiting.result()
