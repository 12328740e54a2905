"""Filling the demo tenant while the stack's parts are overloaded: as patient as a good client."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from tools.dev.demo_history import demo_events
from tools.dev.demo_tenant import BATCH_EVENTS, send_demo_events
from tools.dev.errors import OverloadedError, StackError
from tools.dev.retries import Retries
from tools.dev.stack_access import StackAccess

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
EVENTS = len(demo_events(NOW))
BATCHES = -(-EVENTS // BATCH_EVENTS)


class BusyRecorder:
    """Answers 503 to the first request for each batch, and counts what it takes; it may have recorded it anyway."""

    def __init__(self, *, records_although_busy: bool = False, rejects: bool = False) -> None:
        self.requests = 0
        self._ids: set[str] = set()
        self._records_although_busy = records_although_busy
        self._rejects = rejects

    def answer(self, events: list[dict[str, Any]]) -> tuple[int, object]:
        self.requests += 1
        ids = {event["id"] for event in events}
        is_first = self.requests % 2 == 1
        known = ids & self._ids
        if not is_first or self._records_although_busy:
            self._ids |= ids
        if is_first:
            return 503, {"code": "unavailable"}
        rejected = [{"index": 0, "code": "invalid"}] if self._rejects else []
        return 200, {"accepted": len(ids) - len(known), "duplicates": len(known), "rejected": rejected}


@contextmanager
def serving(recorder: BusyRecorder) -> Iterator[StackAccess]:
    """Serve the recorder as the stack's record_usage."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = recorder.answer(json.loads(body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield access(server.server_port)
    finally:
        server.shutdown()
        server.server_close()


def access(port: int, seconds: float = 30) -> StackAccess:
    retries = Retries(Event(), seconds=seconds, longest_pause_seconds=0.01)
    return StackAccess(admin=lambda _: {}, ports={"record_usage": port}, retries=retries)


def test_a_batch_that_was_answered_with_503_is_sent_again() -> None:
    recorder = BusyRecorder()
    with serving(recorder) as stack:
        assert send_demo_events(stack, "key", NOW) == EVENTS
    assert recorder.requests == 2 * BATCHES


def test_what_was_recorded_although_the_answer_was_503_counts_as_recorded() -> None:
    with serving(BusyRecorder(records_although_busy=True)) as stack:
        assert send_demo_events(stack, "key", NOW) == EVENTS


def test_a_rejected_event_is_reported() -> None:
    with (
        serving(BusyRecorder(rejects=True)) as stack,
        pytest.raises(StackError, match="rejected demo events"),
    ):
        send_demo_events(stack, "key", NOW)


def test_a_part_that_never_comes_up_is_reported_when_patience_ends() -> None:
    with serving(BusyRecorder()) as stack:
        gone = access(stack.ports["record_usage"], seconds=0.1)
    with pytest.raises(OverloadedError, match="nothing listens on port"):
        send_demo_events(gone, "key", NOW)


def test_a_command_of_the_admin_tool_that_finds_its_store_unavailable_is_repeated() -> None:
    errors = [OverloadedError("unavailable: Firestore does not answer")]

    def admin(_command: object) -> dict[str, Any]:
        if errors:
            raise errors.pop()
        return {"tenant": "demo"}

    stack = StackAccess(admin=admin, ports={}, retries=Retries(Event(), longest_pause_seconds=0.01))
    assert stack.run_admin(("tenant", "show")) == {"tenant": "demo"}
