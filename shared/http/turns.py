"""Lets requests that create something take turns: each caller's caps are checked against what is stored already."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from weakref import WeakValueDictionary

from shared.domain.errors import Conflict

WAIT_SECONDS = 5.0


class _Turn:
    """A lock that a WeakValueDictionary can hold: it lives as long as somebody has or awaits it."""

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock = Lock()


class Turns:
    """The turns of this instance. Several instances may pass a cap by one for each of the others."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[tuple[str, str], _Turn] = WeakValueDictionary()
        self._lock = Lock()

    @contextmanager
    def of(self, route: str, subject: str) -> Iterator[None]:
        """Wait until no other request of `subject` to `route` is under way; raise Conflict if that takes too long."""
        with self._lock:
            turn = self._turns.setdefault((route, subject), _Turn())
        if not turn.lock.acquire(timeout=WAIT_SECONDS):
            message = "another request like this one is still under way; try again"
            raise Conflict(message, code="request_under_way")
        try:
            yield
        finally:
            turn.lock.release()
