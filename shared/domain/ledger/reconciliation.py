"""The turn of the daily reconciliation: its messages form one chain, whichever and however often they arrive.

A step is named by the tenant after which it begins; the first one by an empty text.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

FIRST_STEP: Final = ""
STEP_LASTS: Final = timedelta(minutes=15)
"""Longer than Pub/Sub waits for an answer (10 minutes): after that, a step that has not ended has crashed."""
MESSAGE_LASTS: Final = timedelta(hours=1)
"""A message that is still on its way after that no longer keeps others from beginning anew."""


class Turn(Enum):
    """The answer to a step that wants to begin.

    UNDER_WAY: this step has begun. TAKEN: another step is next or under way.
    """

    FREE = "free"
    UNDER_WAY = "under way"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationStep:
    """The step that is under way, or whose message is on its way, and when it is given up."""

    step: str
    is_running: bool
    until: datetime
    version: object = field(default=None, compare=False)
    """Set by the store, which refuses changes of an older version."""

    @classmethod
    def running(cls, step: str, now: datetime) -> "ReconciliationStep":
        return cls(step=step, is_running=True, until=now + STEP_LASTS)

    @classmethod
    def expected(cls, step: str, now: datetime) -> "ReconciliationStep":
        return cls(step=step, is_running=False, until=now + MESSAGE_LASTS)


def turn_of(step: str, known: ReconciliationStep | None, now: datetime) -> Turn:
    """Return whether `step` may begin; `known` is what the store knows of the chain, None if there is none."""
    if known is None or known.until <= now:
        return Turn.FREE
    if known.step != step:
        return Turn.TAKEN
    return Turn.UNDER_WAY if known.is_running else Turn.FREE
