"""When the call that tracks an event also sends what waits."""

from __future__ import annotations

import threading
import time


class Trigger:
    """Counts events since the last sending, and knows the age of the first."""

    def __init__(self, events: int, seconds: float) -> None:
        self._events, self._seconds = events, seconds
        self.begin()

    def begin(self) -> None:
        self._lock = threading.Lock()  # a new one, because a fork may have copied a locked one
        self._count, self._first = 0, 0.0

    def is_due_after_another(self) -> bool:
        now = time.monotonic()
        with self._lock:
            self._count += 1
            self._first = self._first or now
            return self._count >= self._events or now - self._first >= self._seconds
