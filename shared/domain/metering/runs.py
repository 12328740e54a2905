"""An agent run: the sum of its events, with its admission and its end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from shared.domain.ledger.budget_counts import BudgetSlot, Spent
from shared.domain.ledger.counters import Totals, add
from shared.domain.ledger.documents import RunSums
from shared.domain.ledger.holds import NO_SPENDER, RunAdmission, RunEnd
from shared.domain.ledger.sums import spent_by
from shared.domain.metering.recording import RecordedEvent

RUN_TIMEOUT = timedelta(hours=24)
"""A run without an end is shown as timed out this long after its last event, never as completed."""
RUN_SILENCE = timedelta(minutes=30)
"""A run without an end is shown as silent this long after its last event."""
_MILLISECOND = timedelta(milliseconds=1)
_NAMES = ("user_id", "workflow_id", "tags")

RunStatus = Literal["open", "completed", "failed", "timed_out"]


@dataclass(slots=True, kw_only=True)
class Run:
    """The totals of a run, the times of its first and last event or its admission, and how it ended."""

    id: str
    began_at: datetime
    last_at: datetime
    parent_run_id: str | None = None
    """The run that started it, as the events say that were recorded last."""
    totals: Totals = field(default_factory=dict)
    budgets: dict[BudgetSlot, Spent] = field(default_factory=dict)
    """What the run counts towards budgets of each run, beside its totals."""
    is_completed: bool = False
    is_failed: bool = False
    admission: RunAdmission | None = None
    """None for a run that only events name."""
    end: RunEnd | None = None
    """None if only events say that it has ended, or nothing does."""
    user_id: str | None = None
    workflow_id: str | None = None
    tags: Mapping[str, str] | None = None
    """Each is from the last request that names it: from the latest of its events that do."""
    measured_ms: int | None = field(default=None, compare=False)
    """The duration when a fold last looked after its end, by which lists are sorted."""
    _named_at: dict[str, datetime] = field(default_factory=dict, compare=False, repr=False)

    @property
    def duration_ms(self) -> int:
        """The time from the first to the last event."""
        return round((self.last_at - self.began_at) / _MILLISECOND)

    @property
    def has_ended(self) -> bool:
        """True if one of its events ended it; late events may still come."""
        return self.is_completed or self.is_failed

    @property
    def sums(self) -> RunSums:
        """The part that decisions need."""
        return RunSums(totals=self.totals, budgets=self.budgets, admission=self.admission, end=self.end)

    def status(self, now: datetime) -> RunStatus:
        """Return the status at `now`, which does not depend on the order of events."""
        if self.is_failed:
            return "failed"
        if self.is_completed:
            return "completed"
        return "timed_out" if now - self.last_at >= RUN_TIMEOUT else "open"

    def is_silent(self, now: datetime) -> bool:
        """Return whether the run is open and has sent nothing for a while."""
        return self.status(now) == "open" and now - self.last_at >= RUN_SILENCE

    def include(self, event: RecordedEvent) -> None:
        """Add an event of this run."""
        if event.ts < self.began_at:
            self.began_at = event.ts
        if event.ts > self.last_at:
            self.last_at = event.ts
        if event.status == "completed":
            self.is_completed = True
        elif event.status == "failed":
            self.is_failed = True
        if event.user_id or event.workflow_id or event.tags:
            self._name(event)
        self.parent_run_id = event.parent_run_id or self.parent_run_id
        add(self.totals, event.amounts)
        for slot, unit, is_by_run in event.budgets:
            if is_by_run and any(spent := spent_by(event.amounts, unit)):
                self._count(slot, spent)

    def merge(self, other: "Run") -> None:
        """Add `other`, which holds events of the same run that were recorded later."""
        self.began_at = min(self.began_at, other.began_at)
        self.last_at = max(self.last_at, other.last_at)
        self.is_completed = self.is_completed or other.is_completed
        self.is_failed = self.is_failed or other.is_failed
        self.user_id = other.user_id or self.user_id
        self.workflow_id = other.workflow_id or self.workflow_id
        self.tags = other.tags or self.tags
        self.parent_run_id = other.parent_run_id or self.parent_run_id
        self.add_sums(other)

    def add_sums(self, other: "Run") -> None:
        """Add the sums of `other` alone."""
        add(self.totals, other.totals)
        for slot, spent in other.budgets.items():
            self._count(slot, spent)

    def _name(self, event: RecordedEvent) -> None:
        for name in _NAMES:
            value = getattr(event, name)
            if value and event.ts >= self._named_at.get(name, event.ts):
                setattr(self, name, value)
                self._named_at[name] = event.ts

    def _count(self, slot: BudgetSlot, spent: Spent) -> None:
        self.budgets[slot] = self.budgets.get(slot, Spent()).plus(spent)


def runs_of(events: Iterable[RecordedEvent]) -> dict[str, Run]:
    """Return the runs of `events` by id, each with the sum of its events."""
    runs: dict[str, Run] = {}
    for event in events:
        if event.run_id is None:
            continue
        run = runs.get(event.run_id)
        if run is None:
            run = runs[event.run_id] = Run(id=event.run_id, began_at=event.ts, last_at=event.ts)
        run.include(event)
    return runs


def run_admitted(run_id: str, admission: RunAdmission | None, now: datetime) -> Run:
    """Return a run that begins with its admission."""
    spender = admission.spender if admission else NO_SPENDER
    return Run(
        id=run_id,
        began_at=now,
        last_at=now,
        user_id=spender.user_id,
        workflow_id=spender.workflow_id,
        tags=dict(spender.tags) or None,
        parent_run_id=admission.parent_run_id if admission else None,
    )
