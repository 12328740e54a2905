"""Retries calls to Firestore within a deadline, replaces a dead connection, and fails fast during an outage."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import grpc

from shared.adapters.firestore.refused import Gate
from shared.domain.errors import Unavailable
from shared.ports import Operations

R = TypeVar("R")

GIVE_UP_AFTER_SECONDS = 8.0
TRY_SECONDS = 2.5
"""The first tries wait this long; later ones double it, because the store may only be slow."""
WRITES_PER_TRY = 100
"""A commit may take that time once more for each so many writes."""
TRIES_BEFORE_RECONNECTING = 2
PROBE_SECONDS = 0.8
PROBE_EVERY_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_UNANSWERED = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})
# A commit is atomic and creates its events, so repeating one that succeeded fails with ALREADY_EXISTS.
_RETRIED = _UNANSWERED | {
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
}


class Contended(Exception):
    """A commit was aborted repeatedly, because others write to the same documents."""


class _Request:
    """A request of a caller: how long it may still wait for the store, and what it has cost.

    Its calls may be made by several threads. Seconds in which several of them wait count once.
    """

    def __init__(self, seconds: float) -> None:
        self.operations = Operations()
        self._seconds = seconds
        self._waiting = 0
        self._since = 0.0
        self._lock = Lock()

    @property
    def seconds_left(self) -> float:
        with self._lock:
            return self._seconds - (time.monotonic() - self._since if self._waiting else 0.0)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the seconds within the block."""
        with self._lock:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                if not self._waiting:
                    self._seconds -= time.monotonic() - self._since

    def count(self, reads: int, writes: int) -> None:
        """Add a call and what Firestore bills for it."""
        with self._lock:
            self.operations.calls += 1
            self.operations.reads += reads
            self.operations.writes += writes


_REQUEST: ContextVar[_Request | None] = ContextVar("request", default=None)


def count_operations(*, reads: int = 0, writes: int = 0) -> None:
    """Add a call, and the reads and writes that Firestore bills for it, to the current request, if there is one."""
    if request := _REQUEST.get():
        request.count(reads, writes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long a call is tried: in all, and after how many aborts somebody else decides."""

    give_up_after_seconds: float | None = None
    most_aborts: int | None = None
    writes: int = 0
    """A large commit takes longer."""

    def try_seconds(self, tries: int) -> float:
        """Return how long to wait for the answer after so many tries."""
        longer = 1 + self.writes // WRITES_PER_TRY
        return TRY_SECONDS * longer * 2.0 ** max(0, tries - TRIES_BEFORE_RECONNECTING + 1)


USUAL_EFFORT = Effort()


class Retries:
    """Retries the calls of one database, unless its gate says that this service is refused.

    `probe` makes a cheap call that takes at most the seconds it gets. `reconnect` opens a new connection.
    """

    def __init__(
        self,
        give_up_after_seconds: float,
        *,
        gate: Gate,
        probe: Callable[[float], None],
        reconnect: Callable[[], None],
    ) -> None:
        self._give_up_after_seconds = give_up_after_seconds
        self._gate = gate
        self._connection = _Connection(reconnect)
        self._outage = _Outage(lambda: self._connection.call(probe, PROBE_SECONDS))

    @contextmanager
    def request(self) -> Iterator[Operations]:
        """Let the calls within the block wait in total as long as one call may; yield their count."""
        request = _Request(self._give_up_after_seconds)
        token = _REQUEST.set(request)
        try:
            yield request.operations
        finally:
            _REQUEST.reset(token)

    def run(
        self,
        call: Callable[[float], R],
        effort: Effort = USUAL_EFFORT,
    ) -> R:
        """Return the result of `call`, whose argument is a timeout in seconds; repeat it after jittered pauses.

        Raise Unavailable when the time is over, or at once during an outage. Raise Contended after too many aborts.
        """
        self._outage.require_store()
        seconds = effort.give_up_after_seconds or self._give_up_after_seconds
        request = _REQUEST.get()
        if request is None:
            return self._repeat(call, seconds, effort)
        seconds_left = request.seconds_left
        if seconds_left <= 0:
            raise Unavailable("Firestore does not answer (this request has waited long enough)")
        with request.waiting():
            return self._repeat(call, min(seconds, seconds_left), effort)

    def _repeat(self, call: Callable[[float], R], seconds: float, effort: Effort) -> R:
        started = time.monotonic()
        deadline = started + seconds
        pause, tries, aborts = _FIRST_PAUSE_SECONDS, 0, 0
        while True:
            try:
                result = self._connection.call(
                    call, min(effort.try_seconds(tries), deadline - time.monotonic())
                )
            except grpc.RpcError as error:
                self._gate.require_access(error)
                code = error.code()
                if code not in _RETRIED:
                    raise
                aborts += code == grpc.StatusCode.ABORTED
                if effort.most_aborts is not None and aborts >= effort.most_aborts:
                    raise Contended from error
                if time.monotonic() + pause > deadline:
                    # Less than a whole try says nothing about the store.
                    if code in _UNANSWERED and seconds >= TRY_SECONDS:
                        self._outage.begin(started)
                    raise Unavailable(f"Firestore does not answer ({code.name})") from error
            else:
                self._outage.end()
                return result
            tries += 1
            time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 (jitter, no secret)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


class _Connection:
    """Replaces a connection that has died silently, on which every call runs into its deadline."""

    def __init__(self, reconnect: Callable[[], None]) -> None:
        self._reconnect = reconnect
        self._number = 0
        self._deadlines = 0
        self._lock = Lock()

    def call(self, call: Callable[[float], R], seconds: float) -> R:
        """Return the result of `call`; reconnect after several deadlines in a row."""
        number = self._number
        try:
            result = call(seconds)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.DEADLINE_EXCEEDED:
                self._deadlines = 0
            elif seconds >= PROBE_SECONDS:
                self._count_deadline(number)
            raise
        self._deadlines = 0
        return result

    def _count_deadline(self, number: int) -> None:
        with self._lock:
            if number != self._number:
                return
            self._deadlines += 1
            if self._deadlines < TRIES_BEFORE_RECONNECTING:
                return
            self._deadlines = 0
            self._number += 1
            self._reconnect()


class _Outage:
    """Remembers that the store does not answer, so that requests fail at once instead of waiting in vain."""

    def __init__(self, probe: Callable[[], None]) -> None:
        self._probe = probe
        self._next_probe_at: float | None = None
        self._answered_at = 0.0
        self._lock = Lock()

    def begin(self, waiting_since: float) -> None:
        """Begin an outage, unless somebody got an answer since `waiting_since`."""
        with self._lock:
            if self._answered_at < waiting_since:
                self._next_probe_at = time.monotonic() + PROBE_EVERY_SECONDS

    def end(self) -> None:
        """End the outage, if there is one: the store has answered."""
        self._answered_at = time.monotonic()
        self._next_probe_at = None

    def require_store(self) -> None:
        """Raise Unavailable during an outage. Every second, one caller asks the store whether it is over."""
        if self._next_probe_at is None:
            return
        if self._is_my_turn():
            try:
                self._probe()
            except grpc.RpcError as error:
                if error.code() in _UNANSWERED:
                    raise _away() from error
            self.end()
        elif self._next_probe_at is not None:
            raise _away()

    def _is_my_turn(self) -> bool:
        now = time.monotonic()
        with self._lock:
            if self._next_probe_at is None or now < self._next_probe_at:
                return False
            self._next_probe_at = now + PROBE_EVERY_SECONDS
            return True


def _away() -> Unavailable:
    return Unavailable("Firestore does not answer (it is known to be away)", retry_after_seconds=1)
