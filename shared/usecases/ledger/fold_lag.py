"""How far the fold is behind, for whoever watches the service."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from shared.domain.errors import Unavailable
from shared.ports import UsageStore

ASK_EVERY: Final = timedelta(seconds=10)
_MINUTE: Final = timedelta(minutes=1)


@dataclass(slots=True)
class FoldLag:
    """Asks the store at most once in ten seconds, however many callers there are: anyone may ask, without a key."""

    store: UsageStore
    _asked_at: datetime | None = None
    _due: datetime | None = None
    _failure: Unavailable | None = None
    _lock: Lock = field(default_factory=Lock)

    def read(self, now: datetime) -> timedelta:
        """Return how long the most overdue fold is overdue, in whole minutes: the instant would be a tenant's own.

        Raise Unavailable as long as the last question was not answered.
        """
        if self._is_my_turn(now):
            try:
                self._due, self._failure = self.store.most_overdue(), None
            except Unavailable as failure:
                self._failure = failure
        if self._failure is not None:
            raise Unavailable(self._failure.message, code=self._failure.code)
        overdue = timedelta(0) if self._due is None else max(now - self._due, timedelta(0))
        return overdue // _MINUTE * _MINUTE

    def _is_my_turn(self, now: datetime) -> bool:
        with self._lock:
            is_due = self._asked_at is None or abs(now - self._asked_at) >= ASK_EVERY
            if is_due:
                self._asked_at = now
            return is_due
