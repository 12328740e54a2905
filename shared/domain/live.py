"""Usage as it is now: what was folded, with the days since replaced by their counters. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.domain.counters import Totals, sum_totals
from shared.domain.periods import Period, period_at
from shared.domain.recording import MAX_AHEAD
from shared.domain.rollups import (
    CounterShard,
    DayChange,
    DayRollup,
    PeriodRollup,
    cells_within,
    fold_day,
    fold_period,
)

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LiveRange:
    """What must be read to know a period's usage at some instant."""

    period: Period
    days: tuple[date, ...]
    """Days that are counted from their counters, because the fold may not have seen all of them."""
    counter_shards: int

    def covers(self, other: "LiveRange") -> bool:
        """Whether reading this includes all that reading `other` would."""
        return (
            self.period == other.period
            and set(other.days) <= set(self.days)
            and other.counter_shards <= self.counter_shards
        )


def live_range(
    anchor: datetime | None, counter_shards: int, folded_at: datetime | None, now: datetime
) -> LiveRange:
    """What to read at `now`, given when the period was last folded (None: never)."""
    period = period_at(anchor, now)
    first = max(period.start, folded_at or period.start).date()
    last = min(now + MAX_AHEAD, period.end - timedelta(microseconds=1)).date()
    days = tuple(first + _ONE_DAY * number for number in range((last - first).days + 1))
    return LiveRange(period, days, counter_shards)


def live_totals(rollup: PeriodRollup, days: Collection[date], shards: Iterable[CounterShard]) -> Totals:
    """The period's totals now: the folded days but `days`, and the counters of `days`."""
    folded = [totals for day, totals in rollup.days.items() if day not in days]
    counted = [cells_within(shard.day, shard.cells, rollup.period).values() for shard in shards]
    return sum_totals([*folded, *(totals for part in counted for totals in part)])


def known_runs(rollup: PeriodRollup, shards: Iterable[CounterShard]) -> int | None:
    """The period's runs as of when both were read, if its rollup tells: none of the counters read live is dirty.

    A run begins, or turns out to have begun earlier, only by an event, and the commit of an event makes the
    counter of its day dirty. A fold reads that counter, then counts the runs, then saves the rollup (only over
    the version it read along with the counter), and only then clears the counter, if it still is as it was read.
    So whoever finds it clean finds a rollup whose runs were counted after the event. A counter that does not exist
    has had no event. None where they must be counted: no fold has counted them yet; or the last one did before
    the period began (it says so by `folded_at`), and since then days may have changed that are not read for it.
    """
    if rollup.runs_before is None or rollup.folded_at <= rollup.period.start:
        return None
    return None if any(shard.dirty for shard in shards) else rollup.runs


def live_days(
    days: Iterable[date], shards: Collection[CounterShard], folded: dict[date, DayRollup], now: datetime
) -> dict[date, DayRollup]:
    """What a fold at `now` would write for each of `days`."""
    return {
        day: fold_day(day, (shard for shard in shards if shard.day == day), folded.get(day), now)
        for day in days
    }


def live_rollup(
    rollup: PeriodRollup, live: dict[date, DayRollup], folded: dict[date, DayRollup], runs: int, now: datetime
) -> PeriodRollup:
    """What a fold at `now` would write for the period; so the page and the next fold cannot disagree."""
    changes = [DayChange(folded.get(day), new) for day, new in live.items()]
    return fold_period(rollup, changes, runs, now)
