"""What is kept of usage, and how a fold is handed on."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple, Protocol

from shared.domain.alerts import UsageAlert
from shared.domain.periods import Period, day_key
from shared.domain.recording import RecordedEvent
from shared.domain.rollups import CounterShard, DayRollup, PeriodRollup
from shared.domain.runs import Run
from shared.domain.tenants import Tenant
from shared.ports.mail import Mail
from shared.ports.pages import Page


class Outcome(Enum):
    """What became of one event: recorded now, recorded before, or its id already names another payload."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class ShardRef(NamedTuple):
    """Names one counter document of a tenant."""

    day: date
    number: int

    @property
    def id(self) -> str:
        """The document's id, `yyyymmdd.n`: listeners are told it."""
        return f"{day_key(self.day)}.{self.number}"


class StaleRollup(Exception):
    """A rollup has changed since it was read: read again, fold again."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Documents of one tenant, all as they were at one instant; what does not exist is absent."""

    tenant: Tenant | None
    periods: dict[Period, PeriodRollup] = field(default_factory=dict)
    days: dict[date, DayRollup] = field(default_factory=dict)
    shards: dict[ShardRef, CounterShard] = field(default_factory=dict)


class UsageStore(Protocol):
    """Holds events, counters, runs and rollups. Any method raises Unavailable when the store does not answer."""

    def record(
        self, tenant_id: str, events: Sequence[RecordedEvent], counter_shards: int, now: datetime
    ) -> list[Outcome]:
        """Store each event and add its amounts to the counters and its run, exactly once per event id.

        An event and its amounts become visible together or not at all. Events of one call may repeat each
        other's ids. Never reads usage; reads events only to classify ids that exist already. Outcomes are
        in the order of `events`. After Unavailable any part may have been recorded, each event completely,
        and sending all of them again is safe.
        """

    def read(
        self,
        tenant_id: str,
        *,
        periods: Collection[Period] = (),
        days: Collection[date] = (),
        shards: Collection[ShardRef] = (),
    ) -> Snapshot:
        """The tenant and the named documents at one instant, in one round trip."""

    def count_runs(self, tenant_id: str, start: datetime, end: datetime) -> int:
        """How many of the tenant's runs began in [start, end), both on the hour, in one round trip.

        It costs a read for every thousand of them, and at least one.
        """

    def dirty_tenants(self) -> Iterator[str]:
        """Each tenant, once, that has counters not yet folded. Only for the fold: it looks across tenants."""

    def dirty_shards(self, tenant_id: str) -> list[ShardRef]:
        """The tenant's counter documents that have changed since they were last folded, oldest day first."""

    def oldest_dirty_at(self) -> datetime | None:
        """Since when the counter that has waited longest for a fold has been waiting."""

    def save_rollups(
        self,
        tenant_id: str,
        day: DayRollup,
        periods: Sequence[PeriodRollup],
        held: Sequence[DayRollup] = (),
    ) -> None:
        """Set the day, its periods, and `held_at` of other days, which gives those a new version too.

        All or none: StaleRollup if any of them has changed from its `version`. Of a held day that exists nothing
        else is set; one that does not is made.
        """

    def clear_dirty(self, tenant_id: str, shards: Sequence[CounterShard]) -> None:
        """Mark as folded those of `shards` that still have the version that was read; leave the others dirty."""

    def raise_counter_shards(self, tenant_id: str, counter_shards: int) -> None:
        """Let writers spread over at least this many documents a day; never lowers the number."""

    def list_events(
        self, tenant_id: str, *, run_id: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[RecordedEvent]:
        """The tenant's events by time, newest first; InvalidInput for a cursor that is not one of these."""

    def list_runs(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[Run]:
        """The tenant's runs by when they began, newest first; InvalidInput for a bad cursor."""

    def find_run(self, tenant_id: str, run_id: str) -> Run | None:
        """One run of the tenant."""

    def known_alerts(self, tenant_id: str, alert_ids: Collection[str]) -> set[str]:
        """Which of these alerts were raised, in one round trip."""

    def save_alerts(self, tenant_id: str, alerts: Sequence[UsageAlert], mails: Sequence[Mail]) -> bool:
        """Keep all of these alerts and queue the mails about them, and say True; nothing and False if any of them
        was raised before, by another fold or by this call itself, whose answer was lost."""

    def list_alerts(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[UsageAlert]:
        """The tenant's usage alerts by when they were raised, newest first; InvalidInput for a bad cursor."""


class TickPublisher(Protocol):
    """Hands parts of a fold to other instances."""

    def publish(self, tenant_ids: Sequence[str]) -> None:
        """Ask for a fold of these tenants; returns when the request is accepted."""
