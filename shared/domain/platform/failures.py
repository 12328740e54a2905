"""Failures of the service: Stripe's events that were not applied, and messages that were given up."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FAILURES_KEPT_FOR: Final = timedelta(days=30)
"""Stripe resends an event for three days, and lists it for thirty."""
_DOCUMENT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeFailure:
    """An event of Stripe that could not be applied so far."""

    event_id: str
    type: str
    tenant_id: str | None
    error: str
    """As of the last attempt."""
    attempted_at: frozenset[datetime]

    @property
    def attempts(self) -> int:
        return len(self.attempted_at)

    @property
    def first_at(self) -> datetime:
        return min(self.attempted_at)

    @property
    def last_at(self) -> datetime:
        return max(self.attempted_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of the tick's topic that Pub/Sub has given up."""

    id: str
    job: str
    text: str
    attempts: int
    at: datetime
    error: str | None
    """The reason that Pub/Sub states; it states none for a push subscription."""


@dataclass(frozen=True, slots=True)
class FailureCounts:
    """How many there are of each."""

    stripe_failures: int
    dead_letters: int


def is_document_id(text: str) -> bool:
    """Return whether an id from outside can name the document of a failure."""
    return _DOCUMENT_ID.fullmatch(text) is not None
