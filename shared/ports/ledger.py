"""The store of usage, and the queue of ticks."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple, Protocol

from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.counters import CounterShard, ShardRef
from shared.domain.ledger.documents import Documents, Wanted
from shared.domain.ledger.reconciliation import ReconciliationStep
from shared.domain.ledger.rollups import DayRollup, MonthRollup
from shared.domain.ledger.tick import TickMessage
from shared.domain.metering.recording import RecordedEvent
from shared.domain.metering.run_lists import ALL_RUNS, RunsWanted
from shared.domain.metering.runs import Run
from shared.domain.metering.sealed_batches import SealedBatch
from shared.domain.notices.alerts import UsageAlert
from shared.domain.notices.entries import Outgoing
from shared.domain.people.tenant_rows import RowUsage
from shared.domain.people.tenants import Tenant
from shared.ports.corrections import Corrections
from shared.ports.pages import Page

NOTHING = Wanted()
MOST_PARENTS = 30
"""Firestore compares a field with at most so many values."""


class Outcome(Enum):
    """The result for one event. CONFLICT: its id already names another payload."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class DueCounter(NamedTuple):
    """A counter document whose fold is due."""

    tenant_id: str
    ref: ShardRef


class StaleRollup(Exception):
    """A document has changed since it was read: read again, fold again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A tenant and documents of it, all as they were at one instant."""

    tenant: Tenant | None
    documents: Documents
    version: object = None
    """The version of the tenant's document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsWanted:
    """The events to list: of one run or all, of a time or all; their metadata may be large."""

    run_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    """Only events within [since, before)."""
    with_metadata: bool = False

    def includes(self, event: RecordedEvent) -> bool:
        """Return whether an event is one of these."""
        return (
            self.run_id in (None, event.run_id)
            and (self.since is None or event.ts >= self.since)
            and (self.before is None or event.ts < self.before)
        )


ALL_EVENTS = EventsWanted()


class UsageStore(Corrections, Protocol):
    """Holds events, counters, runs and rollups. Any method raises Unavailable when the store does not answer."""

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], settings: CounterSettings, now: datetime
    ) -> list[Outcome]:
        """Store each event and add its amounts to the counters and its run, exactly once per event id.

        An event and its amounts become visible together or not at all. Events of one call may repeat each
        other's ids. Never reads usage; reads events only to classify ids that exist already. Outcomes are
        in the order of `events`. After Unavailable any part may have been recorded, each event completely,
        and sending all of them again is safe. `settings` say over how many counters to spread, and by when these
        have to be folded.
        """

    def seal(
        self, tenant_id: str, batch: SealedBatch, settings: CounterSettings, now: datetime
    ) -> SealedBatch | None:
        """Store a batch and add its events to the counters and their runs, all at once, and return None.

        If a batch of this id exists, change nothing and return it as it is stored; only then is anything read. After
        Unavailable the batch may have been recorded, whole, and sealing it again is safe. A batch that cannot be read
        raises NewerBatch or DamagedBatch.
        """

    def find_batch(self, tenant_id: str, batch_id: str) -> SealedBatch | None:
        """Return one batch of the tenant."""

    def read(self, tenant_id: str, wanted: Wanted = NOTHING) -> Snapshot:
        """Return the tenant and the documents that are wanted, in one round trip.

        Raise TooLarge if they are larger than `wanted.most_bytes`; a store without documents has no such limit.
        """

    def count_runs(self, tenant_id: str, start: datetime, end: datetime) -> int:
        """Count the tenant's runs that began in [start, end), both on the hour, in one round trip.

        It costs a read for every thousand of them, and at least one.
        """

    def due_counters(self, now: datetime) -> Iterator[DueCounter]:
        """Yield the counters of all tenants whose fold is due, the longest overdue first. Only for the fold."""

    def dirty_counters(self, tenant_id: str) -> list[ShardRef]:
        """Return the tenant's counters that have changed since they were last folded, oldest day first."""

    def most_overdue(self) -> datetime | None:
        """Return when the counter was due that has been due longest, or will be due first; None if all are folded."""

    def save_day(self, tenant_id: str, day: DayRollup) -> None:
        """Set the day and its entry in its month, both or neither.

        StaleRollup if the day has changed from its `version`, or if its month does not exist.
        """

    def create_month(self, tenant_id: str, month: MonthRollup) -> None:
        """Create the month; do nothing if it exists."""

    def clear_counters(
        self,
        tenant_id: str,
        shards: Collection[CounterShard],
        next_fold_at: datetime,
        usage: RowUsage | None = None,
    ) -> None:
        """Mark as folded those of `shards` that still are as they were read, and let them expire after a while.

        The others are dirty and due at `next_fold_at`. A dirty counter does not expire. In the same round trip, set
        the `usage` of the tenant's row in the platform's list, if it has one; its last event never moves back.
        """

    def save_counter_settings(self, tenant_id: str, settings: CounterSettings, version: object) -> None:
        """Set how the tenant's counters are written; do nothing if the tenant has changed from `version`."""

    def list_events(
        self, tenant_id: str, wanted: EventsWanted = ALL_EVENTS, *, limit: int, cursor: str | None = None
    ) -> Page[RecordedEvent]:
        """List the tenant's events by time, newest first, those of sealed batches among the others.

        Raises InvalidInput for a bad cursor. While somebody reads page after page, what is recorded meanwhile may be
        missing; no other event is, and none comes twice.
        """

    def scan_events(self, tenant_id: str, *, with_metadata: bool = False) -> Iterator[RecordedEvent]:
        """Yield all events of the tenant that are kept, each once, in no order, while they are read.

        What is recorded meanwhile may be missing. Only some events are in memory at a time.
        """

    def event_cursor(self, event: RecordedEvent) -> str:
        """Return the cursor of list_events that goes on after `event`."""

    def find_event(self, tenant_id: str, identity: str) -> RecordedEvent | None:
        """One event of the tenant, with its metadata; an id of a batch finds it there, in one read."""

    def list_runs(
        self, tenant_id: str, wanted: RunsWanted = ALL_RUNS, *, limit: int, cursor: str | None = None
    ) -> Page[Run]:
        """List the tenant's runs, in one round trip. Raises InvalidInput for a bad cursor.

        A list by duration has the runs that have ended and were measured, at the duration they had then.
        """

    def measure_runs(self, tenant_id: str, limit: int) -> int:
        """Set the durations of at most `limit` runs that have ended, and return their number.

        They have changed since they were measured. One that changes meanwhile is left for the next time.
        """

    def find_run(self, tenant_id: str, run_id: str) -> Run | None:
        """One run of the tenant."""

    def list_children(self, tenant_id: str, run_ids: Collection[str], *, limit: int) -> list[Run]:
        """List the runs that any of `run_ids` started, of which there are at most MOST_PARENTS, oldest first."""

    def known_alerts(self, tenant_id: str, alert_ids: Collection[str]) -> set[str]:
        """Return the ids of those alerts that were raised, in one round trip."""

    def save_alerts(self, tenant_id: str, alerts: Sequence[UsageAlert], outgoing: Outgoing) -> bool:
        """Store all of these alerts with what leaves because of them, and return True.

        Store nothing and return False if one of them exists: raised by another fold.
        """

    def list_alerts(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[UsageAlert]:
        """List the tenant's usage alerts, newest first. Raises InvalidInput for a bad cursor."""


class StaleReconciliation(Exception):
    """The chain has changed since it was read: another message was faster."""


class Reconciliations(Protocol):
    """The chain of the daily reconciliation. Both methods raise Unavailable when the store does not answer."""

    def read_reconciliation(self) -> ReconciliationStep | None:
        """Return the step that is under way or expected; None if no reconciliation is."""

    def save_reconciliation(self, step: ReconciliationStep | None, before: ReconciliationStep | None) -> None:
        """Replace `before`, as it was read, by `step`; None is no chain. Raises StaleReconciliation."""


class PushVerifier(Protocol):
    """Recognises the subscription that pushes ticks."""

    def verify(self, token: str) -> None:
        """Raise NotAuthenticated for any other sender's ID token, Unavailable if it cannot be checked."""


class TickPublisher(Protocol):
    """Hands parts of a fold to other instances."""

    def publish(self, messages: Iterable[TickMessage]) -> None:
        """Publish messages on the tick's topic; return when all of them are accepted."""
