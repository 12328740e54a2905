"""Requests per minute: a token bucket, and its state for the caller."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Final

from shared.domain.errors import RateStatus

CEILING_FACTOR: Final = 20
"""A plan's rate is about runs and calls of agents; retries, bursts and several events a call are no flood."""
_SECONDS_PER_MINUTE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLimits:
    """The most that one tenant may record in a UTC day, whatever its plan. The next fold notices."""

    events: int = 1_000_000
    names: int = 2_000
    """Models, each at a provider."""

    def are_reached(self, events: int, names: int) -> bool:
        return events >= self.events or names >= self.names


DEFAULT_DAY_LIMITS: Final = DayLimits()


@dataclass(slots=True)
class TokenBucket:
    """Allows `per_minute` requests at once, and as many in each minute after that. `tokens` are left at `at`."""

    per_minute: int
    tokens: float
    at: datetime

    @classmethod
    def full(cls, per_minute: int, now: datetime) -> "TokenBucket":
        return cls(per_minute, per_minute, now)

    def take(self, now: datetime) -> bool:
        """Take a token; return False if none is left."""
        self._refill(now)
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def status_at(self, now: datetime) -> RateStatus:
        """Return what is left at `now`."""
        self._refill(now)
        return RateStatus(
            limit=self.per_minute,
            remaining=floor(self.tokens),
            reset_seconds=self._seconds_until(self.per_minute),
            retry_after_seconds=max(self._seconds_until(1), 1),
        )

    def _refill(self, now: datetime) -> None:
        passed = max((now - self.at).total_seconds(), 0.0)
        self.tokens = min(self.tokens + passed * self.per_minute / _SECONDS_PER_MINUTE, self.per_minute)
        self.at = max(now, self.at)

    def _seconds_until(self, tokens: float) -> int:
        if not self.per_minute:
            return _SECONDS_PER_MINUTE
        return ceil(max(tokens - self.tokens, 0.0) * _SECONDS_PER_MINUTE / self.per_minute)
