"""Owns the double's time: the machine's clock plus what was added to it."""

import time


class Clock:
    """Unix seconds that move forwards; due work sets the instant at which it happens."""

    def __init__(self) -> None:
        self._added_seconds = 0
        self._pinned: int | None = None

    def now(self) -> int:
        """Return the current instant in unix seconds."""
        return self._machine() if self._pinned is None else self._pinned

    def pin(self, instant: int | None) -> None:
        """Stand still at `instant` while its work is done; None lets time run again."""
        self._pinned = instant

    def advance(self, seconds: int) -> None:
        """Move all later readings by `seconds`; back only while nothing has happened."""
        self._added_seconds += seconds

    def _machine(self) -> int:
        return int(time.time()) + self._added_seconds
