"""The store of corrections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from shared.domain.metering.corrections import Correction
from shared.domain.metering.recording import RecordedEvent
from shared.domain.people.audit import AuditEntry
from shared.domain.people.tenants import Tenant


class StaleCorrection(Exception):
    """An event was corrected since its correction was read: read again, decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionChange:
    """Corrections to store, with all that follows from them."""

    corrections: Sequence[Correction]
    """Each replaces the one of its `version`; None creates it."""
    differences: Sequence[RecordedEvent]
    """Events with the amounts that their sums change by. One that `adjusts` another is stored as an event too."""
    recorded: Sequence[RecordedEvent] = ()
    """New events, which replace amended ones."""
    audits: Sequence[AuditEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionsWanted:
    """The corrections of events within [since, until], of one run or all."""

    since: datetime
    until: datetime
    run_id: str | None = None

    @classmethod
    def of(cls, events: Sequence[RecordedEvent], run_id: str | None = None) -> Self:
        """Return what finds the corrections of these events, of which there is one at least."""
        instants = [event.ts for event in events]
        return cls(since=min(instants), until=max(instants), run_id=run_id)


class Corrections(Protocol):
    """Holds the corrections of events. Any method raises Unavailable when the store does not answer."""

    def find_correction(self, tenant_id: str, identity: str) -> Correction | None:
        """Return the correction of one event; None if it was never corrected."""

    def list_corrections(self, tenant_id: str, wanted: CorrectionsWanted) -> Mapping[str, Correction]:
        """Return corrections by the identity of their events, in one round trip."""

    def save_corrections(self, tenant: Tenant, change: CorrectionChange, now: datetime) -> None:
        """Store all of a change, or nothing and raise StaleCorrection: each correction counts once.

        The counters of the day with its names and budgets, and the totals of runs, change by the differences; the
        counters are due. The time span of a run does not change. The tenant is marked as having corrections.
        """
