"""The last ticks of `aggregate`: when they ran, how long they took, and how they failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

TickJob = Literal["fold", "reconcile"]
MOST_TICKS: Final = 30
MOST_RECONCILES: Final = 10
"""A reconciliation has a message for every few tenants: these must not push out the ticks of the last minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickRun:
    """A tick, or a message of the daily reconciliation, that has been worked on."""

    at: datetime
    job: TickJob
    milliseconds: int
    error: str | None = None


def with_tick(ticks: Sequence[TickRun], run: TickRun) -> list[TickRun]:
    """Return the ticks that are kept once `run` has come, newest first."""
    newest_first = _newest_first([run, *ticks])
    folds = [each for each in newest_first if each.job == "fold"]
    reconciles = [each for each in newest_first if each.job == "reconcile"]
    return _newest_first([*folds, *reconciles[:MOST_RECONCILES]])[:MOST_TICKS]


def last_tick_at(ticks: Sequence[TickRun]) -> datetime | None:
    """Return when the last tick began; None if none is known."""
    return max((each.at for each in ticks if each.job == "fold"), default=None)


def _newest_first(ticks: Sequence[TickRun]) -> list[TickRun]:
    return sorted(ticks, key=lambda each: each.at, reverse=True)
