"""Limits how long a client may take to send its body: a silent one would hold a thread of the server for good."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

from flask import Request

from shared.domain.errors import TooSlow

BODY_SECONDS = 20.0
SILENT_SECONDS = 5.0
DISCARD_SECONDS = 2.0
DISCARD_SILENT_SECONDS = 0.2
DISCARDED_BYTES = 16 * 1024 * 1024
"""The most that is read of a refused body: enough for whoever did not know the maximum."""
_CHUNK_BYTES = 64 * 1024
_LOOK_EVERY_SECONDS = 0.25
_SOCKETS = ("gunicorn.socket", "werkzeug.socket")


@contextmanager
def body_deadline(request: Request) -> Iterator[None]:
    """Raise TooSlow if reading the body takes BODY_SECONDS, or pauses for SILENT_SECONDS."""
    deadline = time.monotonic() + BODY_SECONDS
    try:
        with _timed(_socket_of(request), deadline, SILENT_SECONDS):
            yield
    except Exception as error:  # each server raises its own errors
        if time.monotonic() >= deadline or _is_timeout(error):
            raise TooSlow("the body did not arrive in time; send it again") from error
        raise


def discard_body(request: Request) -> bool:
    """Read and drop the rest of a refused body; return False if not all of it arrived soon.

    A client reads the response when it has sent its request. Whoever stops sending is not waited for: the server
    would read on before it closes the connection, so that is ended here.
    """
    connection, body, left = _socket_of(request), request.environ["wsgi.input"], DISCARDED_BYTES
    deadline = time.monotonic() + DISCARD_SECONDS
    is_complete = False
    with suppress(Exception), _timed(connection, deadline, DISCARD_SILENT_SECONDS):
        while left > 0 and (chunk := body.read(_CHUNK_BYTES)):
            left -= len(chunk)
        is_complete = left > 0 and time.monotonic() < deadline
    if not is_complete:
        _end_reading(connection)
    return is_complete


def _socket_of(request: Request) -> socket.socket | None:
    """Return the connection of the request; None in a test without a server."""
    return next((request.environ[name] for name in _SOCKETS if name in request.environ), None)


@contextmanager
def _timed(connection: socket.socket | None, deadline: float, silent_seconds: float) -> Iterator[None]:
    """Limit each wait for bytes to `silent_seconds`, and end all reading at `deadline`."""
    if connection is None:
        yield
        return
    before = connection.gettimeout()
    connection.settimeout(silent_seconds)
    _WATCHDOG.watch(connection, deadline)
    try:
        yield
    finally:
        _WATCHDOG.release(connection)
        connection.settimeout(before)


def _end_reading(connection: socket.socket | None) -> None:
    with suppress(OSError):  # the client has closed it
        if connection:
            connection.shutdown(socket.SHUT_RD)


def _is_timeout(error: BaseException | None) -> bool:
    while error and not isinstance(error, TimeoutError):
        error = error.__cause__ or error.__context__
    return error is not None


class _Watchdog:
    """Ends reading from connections at their deadlines: a timeout of a socket starts again with every byte.

    One thread watches all of them. A timer for each request would take longer than most bodies.
    """

    def __init__(self) -> None:
        self._deadlines: dict[socket.socket, float] = {}
        self._has_work = Event()
        self._starting = Lock()
        self._thread: Thread | None = None

    def watch(self, connection: socket.socket, deadline: float) -> None:
        self._deadlines[connection] = deadline
        self._has_work.set()
        if self._thread is None:
            self._start()

    def release(self, connection: socket.socket) -> None:
        self._deadlines.pop(connection, None)

    def _start(self) -> None:
        # Not at import: the server forks later, and threads do not survive that.
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="body-deadlines", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while self._has_work.wait():
            time.sleep(_LOOK_EVERY_SECONDS)
            now = time.monotonic()
            for connection, deadline in tuple(self._deadlines.items()):
                if now >= deadline:
                    _end_reading(connection)
            self._has_work.clear()
            if self._deadlines:
                self._has_work.set()


_WATCHDOG = _Watchdog()
