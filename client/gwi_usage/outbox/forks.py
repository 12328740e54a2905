"""Locks across a fork: it waits for the threads that hold them, which the child would not have."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SECONDS = 2.0
"""Longer than SQLite waits for other processes. A fork by the very thread that holds a lock goes on after it."""


@contextmanager
def held(lock: threading.Lock) -> Iterator[bool]:
    """Hold a lock until the block ends, and yield whether that was possible."""
    is_held = lock.acquire(timeout=_SECONDS)
    try:
        yield is_held
    finally:
        if is_held:
            lock.release()
