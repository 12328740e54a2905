"""A webhook endpoint for tests: keeps every request, verifies it as a receiver would, answers as it is asked."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import stripe

from tests.tools.test_stripe_double.shop import SECRET


class Receiver:
    """`statuses` are answered first, one a request; then 200."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.secret = SECRET
        self.times: list[float] = []
        self._silent_about = ""
        self._may_speak = threading.Event()
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        self.events: list[dict[str, Any]] = []

    def take(self, body: bytes, signature: str) -> int:
        """Verify and keep one request."""
        event = stripe.Webhook.construct_event(body, signature, self.secret, tolerance=300)
        if event.type == self._silent_about:
            self._may_speak.wait(timeout=15)
        self.times.append(time.monotonic())
        self.bodies.append(body)
        self.events.append(event.to_dict())
        return self.statuses.pop(0) if self.statuses else 200

    @contextmanager
    def silent_for(self, event_type: str) -> Iterator[None]:
        """Answer requests with events of a type only after the block."""
        self._silent_about = event_type
        try:
            yield
        finally:
            self._silent_about = ""
            self._may_speak.set()

    def pauses(self) -> list[float]:
        """Return the seconds between the requests."""
        return [later - earlier for earlier, later in pairwise(self.times)]

    def types(self) -> list[str]:
        """Return the types that have arrived, in order."""
        return [event["type"] for event in self.events]

    def wait_for(self, event_type: str, times: int = 1) -> list[dict[str, Any]]:
        """Return the events of a type as soon as there are so many; fail after 10 s."""
        deadline = time.monotonic() + 10
        while self.types().count(event_type) < times:
            assert time.monotonic() < deadline, f"{times} × {event_type} did not arrive, only {self.types()}"
            time.sleep(0.01)
        return [event for event in self.events if event["type"] == event_type]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve a receiver on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    receiver = Receiver(server.server_port)
    _Handler.receivers[server.server_port] = receiver
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    receivers: dict[int, Receiver] = {}  # noqa: RUF012 - one table for all servers, by port

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.receivers[self.connection.getsockname()[1]]
        try:
            status = receiver.take(body, self.headers["Stripe-Signature"])
        except stripe.SignatureVerificationError:
            status = 400
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""
