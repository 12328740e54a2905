"""Remembers keys that do not exist, and who tries many of them, so that guessing costs the store nothing."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, TypeVar

from shared.domain.errors import RateLimited
from shared.domain.limits.rates import TokenBucket

REMEMBER_FOR: Final = timedelta(seconds=10)
"""A new key works everywhere after this long, even if it was tried before it was created."""
UNKNOWN_KEYS_PER_MINUTE: Final = 200
MAX_REMEMBERED: Final = 10_000

K = TypeVar("K")
V = TypeVar("V")


class UnknownKeys:
    """The unknown keys of the last seconds, and a bucket for each address they came from. Of this instance."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, datetime] = OrderedDict()
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()
        self._lock = Lock()

    def has(self, key_id: str, now: datetime) -> bool:
        """Return True if the key did not exist some seconds ago."""
        with self._lock:
            return now < self._until.get(key_id, now)

    def require_few(self, address: str, now: datetime) -> None:
        """Raise RateLimited if hundreds of unknown keys came from this address in the last minute."""
        with self._lock:
            bucket = self._buckets.get(address)
            status = bucket.status_at(now) if bucket else None
        if status and not status.remaining:
            raise RateLimited("too many unknown keys came from your address; try again later", status)

    def add(self, key_id: str, address: str, now: datetime) -> None:
        """Remember that an unknown key came from this address."""
        with self._lock:
            _put(self._until, key_id, now + REMEMBER_FOR)
            bucket = self._buckets.get(address) or TokenBucket.full(UNKNOWN_KEYS_PER_MINUTE, now)
            bucket.take(now)
            _put(self._buckets, address, bucket)


def _put(memory: "OrderedDict[K, V]", key: K, value: V) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)
