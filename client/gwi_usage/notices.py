"""Log lines of the logger `gwi_usage`, for the people who run an agent; not one for each event."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType

LOGGER = logging.getLogger("gwi_usage")
_SECONDS = 60.0


class Notices:
    """Logs each kind of notice at most once a minute."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self.begin()

    def begin(self) -> None:
        self._lock = threading.Lock()  # a new one, because a fork may have copied a locked one

    def log(self, kind: str, message: str, level: int = logging.WARNING) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._last.get(kind, -_SECONDS) < _SECONDS:
                return
            self._last[kind] = now
        LOGGER.log(level, message)


class Harmless:
    """Logs a failure of the meter instead of raising it into the agent, unless the agent asked for that."""

    def __init__(self, action: str, notices: Notices, *, raises: bool) -> None:
        self._action, self._notices, self._raises = action, notices, raises

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._raises or not isinstance(error, Exception):
            return False
        name = type(error).__name__
        self._notices.log(f"{self._action} {name}", f"{self._action} failed: {name}: {error}", logging.ERROR)
        return True
