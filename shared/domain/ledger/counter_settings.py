"""The settings by which one tenant's counters are written, read and folded."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import Final

from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.periods import start_of

MAX_COUNTER_SHARDS: Final = 64
SUSTAINED_COMMITS_PER_SECOND: Final = 1.0
"""Firestore's advice for one document. It absorbs bursts above it."""
LONGEST_FOLD_MINUTES: Final = 15
CLOCK_MARGIN: Final = timedelta(minutes=15)
"""A day is complete only this long after its end: clocks differ, and commits take time."""
_WRITERS_REMEMBER: Final = timedelta(days=2)
"""Writers remember a number of shards for a minute. Readers work by days, so they wait longer."""
_LOWER_BELOW: Final = 4
"""Lower the shards only if a quarter would do, so that a varying rate does not move them at every fold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterSettings:
    """The number of a tenant's counter documents per day, and when they are folded."""

    shards: int = 1
    """The number of documents a day that writers spread over."""
    most_shards: int = 1
    """The most documents a day that were ever used before `lowered_at`."""
    lowered_at: datetime | None = None
    complete_until: datetime | None = None
    """Every day before this midnight is folded. None: no fold has completed a day yet."""
    fold_minutes: int = LONGEST_FOLD_MINUTES
    """A counter of today is folded this many minutes after its first change, 1 to 15."""
    tag_names: tuple[str, ...] = ()
    """The tags that usage is summed by, at most five: those that folds found first."""
    full_until: datetime | None = None
    """Refuse recording until this midnight: a fold found more events or names in the day than one tenant may have."""

    def shards_on(self, day: date) -> int:
        """Return how many counter documents of `day` may exist."""
        if self.lowered_at is None or day >= (self.lowered_at + _WRITERS_REMEMBER).date():
            return self.shards
        return max(self.shards, self.most_shards)

    def refs_on(self, day: date) -> list[ShardRef]:
        """Return the names of the counter documents of `day` that may exist."""
        return [ShardRef(day, number) for number in range(self.shards_on(day))]

    def is_complete(self, day: date) -> bool:
        """Return True if `day` is read from its rollup; False if it is counted from its counters."""
        return self.complete_until is not None and start_of(day) < self.complete_until

    def is_completed(self, now: datetime) -> bool:
        """Return True if every day that a fold at `now` may call complete is complete."""
        return self.complete_until is not None and self.complete_until >= completable_until(now)

    def due_at(self, day: date, now: datetime) -> datetime:
        """Return when a counter of `day` that changes at `now` has to be folded.

        A late event of a complete day shows only after the next fold, so that fold is due at once. So is the first
        fold of a tenant: until then each read has to look at every day's counters.
        """
        if self.complete_until is None or self.is_complete(day):
            return now
        return now + timedelta(minutes=self.fold_minutes)

    def at_rate(self, commits_per_second: float, now: datetime) -> "CounterSettings":
        """Return the settings with as many shards as the measured rate needs."""
        needed = min(max(ceil(commits_per_second / SUSTAINED_COMMITS_PER_SECOND), 1), MAX_COUNTER_SHARDS)
        if needed > self.shards:
            return replace(self, shards=needed)
        if needed * _LOWER_BELOW > self.shards:
            return self
        return replace(self, shards=needed, most_shards=max(self.most_shards, self.shards), lowered_at=now)


@dataclass(frozen=True, slots=True)
class CounterHistory:
    """The settings of a tenant's counters, and the instant since when there may be any."""

    settings: CounterSettings
    created_at: datetime


DEFAULT_COUNTER_SETTINGS: Final = CounterSettings()


def completable_until(now: datetime) -> datetime:
    """Return the midnight before which a fold at `now` may call every day complete."""
    return start_of((now - CLOCK_MARGIN).date())
