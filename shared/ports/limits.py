"""The store of the platform's plans, and that of admissions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, Protocol

from shared.domain.ledger.budget_counts import BudgetSlot, HourCount, run_mark
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.holds import GRACE, Amounts, Hold, Holds, RunAdmission, RunEnd, RunKey
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.refused_runs import RefusedRuns
from shared.domain.metering.deltas import DayDelta
from shared.domain.metering.runs import Run
from shared.domain.people.audit import AuditEntry
from shared.domain.people.tenants import Tenant


class StalePlans(Exception):
    """The plans have changed since they were read: read them again and retry."""


class PlanCatalogs(Protocol):
    """The platform's plans; the newest catalog has every version of them that was ever offered.

    Any method raises Unavailable when the store does not respond.
    """

    def read_plans(self, known: PlanCatalog) -> PlanCatalog:
        """Return the newest catalog: `known` itself if it is that one, or if none was ever saved."""

    def save_plans(self, catalog: PlanCatalog, audit: AuditEntry) -> None:
        """Replace the catalog before `catalog`, and keep the audit entry, which the platform's audit log shows too.

        Raise StalePlans if it is not the newest.
        """

    def list_plan_changes(self, limit: int) -> list[AuditEntry]:
        """Return the last changes, newest first."""

    def list_plan_holders(self) -> Iterator[Tenant]:
        """Yield every tenant with all that concerns its plan, in the order of their ids.

        Only for the platform, because it crosses tenants.
        """


class StaleHolds(Exception):
    """The holds have changed since they were read: read them again, decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """The change of a run's document. What is None stays as it is."""

    key: RunKey
    admission: RunAdmission | None = None
    end: RunEnd | None = None
    begins: str | None = None
    """The id of a run that begins with its admission."""
    is_due: bool = False
    """Whether to look at the run that ends: it may have used more than it held."""

    @property
    def look_at(self) -> datetime | None:
        """When a tick has to look whether the run used more than it held; None: never, if it is as it ends."""
        if self.end is not None:
            return self.end.ended_at if self.is_due else None
        return self.admission.expires_at + GRACE if self.admission else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionChange:
    """Everything that admissions, extensions and ends of one tenant change at `now`, in one commit."""

    now: datetime
    settings: CounterSettings
    """Of the counters, one of which is marked if a run begins, so that the next fold counts it."""
    begun: Mapping[BudgetSlot, frozenset[str]] = field(default_factory=dict)
    """The ids of the runs that count towards each budget of runs, beside the totals."""
    runs: Sequence[RunChange] = ()
    holds: Mapping[RunKey, Hold | None]
    """The holds of the tenant that are new or have changed; None: released."""
    trees: Mapping[RunKey, Mapping[RunKey, Hold] | None] = field(default_factory=dict)
    """By their root, the holds of trees that are new or have changed; None: the tree has ended."""
    is_first: bool = False
    """Whether the tenant's document has yet to say that there are holds."""

    @property
    def counted(self) -> DayDelta | None:
        """The change of a counter of today by the runs that begin; None if none begins."""
        if not any(run.begins for run in self.runs):
            return None
        hour = self.now.hour
        marks = {slot: HourCount(runs={*map(run_mark, ids)}) for slot, ids in self.begun.items()}
        return DayDelta({}, {hour}, budgets={slot: {hour: count} for slot, count in marks.items()})


class SavedAdmission(NamedTuple):
    """The new version of the tenant's holds, and the counter that was marked because a run began."""

    version: object
    counter: ShardRef | None = None
    commits: int = 0
    """The number of commits that the counter has had with this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRun:
    """An admitted run that a tick has to look at."""

    tenant_id: str
    run: Run
    version: object = None


class SettledRun(NamedTuple):
    """A run that a tick has looked at."""

    due: DueRun
    settled: Amounts | None = None
    """What it had used when its hold had expired; None: as before."""
    next_at: datetime | None = None
    """When to look again; None: never."""


class Admissions(Protocol):
    """Stores what open runs have set aside. UsageStore.read returns it. Raises Unavailable as UsageStore does."""

    def save_admission(self, tenant_id: str, change: AdmissionChange, read: Holds) -> SavedAdmission:
        """Make the change, and return the new version of the tenant's holds, with the counter if it is known.

        Everything is changed or nothing. Raise StaleHolds if the holds are not as they were `read`; that may also be
        because an earlier attempt succeeded and its response was lost. Other readers see the counter first, then the
        runs, then the trees, and the tenant's holds last.
        """

    def save_refusals(self, tenant_id: str, refused: Sequence[RefusedRuns], place: int) -> None:
        """Store the last refusals of a day by one instance with their counts, each of which never falls.

        `place` is where the instance counts: one of COUNTING_PLACES.
        """

    def read_refusals(self, tenant_id: str, day: date) -> list[RefusedRuns]:
        """Return what all instances have refused on a UTC day, the newest first."""

    def due_runs(self, now: datetime, limit: int) -> list[DueRun]:
        """Return the runs of all tenants that a tick has to look at, the longest due first. Only for the tick."""

    def settle_runs(self, settled: Sequence[SettledRun]) -> None:
        """Store these looks. A run that has changed since it was read stays due."""
