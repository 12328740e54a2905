"""The store of what the operator sees of the service itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.platform.failures import DeadLetter, FailureCounts, StripeFailure
from shared.domain.platform.overview import Overview
from shared.domain.platform.ticks import TickRun


@dataclass(frozen=True, slots=True)
class StoredStatus:
    """The last overview, None before the first, and the last ticks, newest first."""

    overview: Overview | None
    ticks: Sequence[TickRun]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAttempt:
    """An attempt to apply an event of Stripe that failed."""

    event_id: str
    type: str
    tenant_id: str | None
    error: str
    at: datetime


class ServiceStatus(Protocol):
    """The overview, the last ticks, and what has failed, which is deleted 30 days after the last attempt.

    Every method raises Unavailable if the store does not answer.
    """

    def read_status(self) -> StoredStatus:
        """Return the last overview and the last ticks, in one round trip."""

    def save_overview(self, overview: Overview) -> None:
        """Replace the overview."""

    def add_tick(self, run: TickRun) -> None:
        """Keep a tick among the last ones; those of two ticks that end at once are both kept."""

    def add_failed_attempt(self, attempt: FailedAttempt) -> None:
        """Add an attempt to the failure of its event; one that is added again changes nothing."""

    def remove_stripe_failure(self, event_id: str) -> None:
        """Remove the failure of an event, if there is one."""

    def list_stripe_failures(self, limit: int) -> list[StripeFailure]:
        """Return the failures with the latest attempts, newest first."""

    def add_dead_letter(self, letter: DeadLetter) -> None:
        """Create or replace a dead letter: Pub/Sub may deliver it more than once."""

    def list_dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the latest dead letters, newest first."""

    def count_failures(self) -> FailureCounts:
        """Count the failures of Stripe's events and the dead letters."""
