"""The change that a group of admissions, extensions and ends makes, while it is drawn up."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shared.domain.errors import Conflict, NotFound
from shared.domain.ledger.budget_counts import BudgetSlot
from shared.domain.ledger.documents import RunSums
from shared.domain.ledger.holds import Amounts, Hold, RunAdmission, RunKey, run_key
from shared.domain.limits.hold_book import HoldBook
from shared.ports import RunChange, StaleHolds

UNKNOWN_RUN = "unknown_run"
RUN_ENDED = "run_ended"
HOLD_EXPIRED = "hold_expired"


@dataclass(slots=True, kw_only=True)
class AdmissionDraft:
    """The holds of a tenant, the runs that the group names with their parents, and what the commit changes."""

    book: HoldBook
    runs: dict[RunKey, RunSums]
    """As they were read after the holds, and as the requests before have changed them."""
    drawn: Mapping[RunKey, Amounts]
    """Used by runs that end with their parent, and by those of their trees whose hold has expired."""
    changes: dict[RunKey, RunChange] = field(default_factory=dict)
    begun: dict[BudgetSlot, set[str]] = field(default_factory=dict)

    def find(self, run_id: str) -> RunSums:
        """Return a run; raise NotFound if it is not one of this tenant."""
        run = self.runs.get(run_key(run_id))
        if run is None:
            raise NotFound(f"there is no run {run_id!r}", code=UNKNOWN_RUN)
        return run

    def change(self, change: RunChange) -> None:
        """Change a run's document, and the run as later requests of the group see it."""
        before = self.changes.get(change.key, change)
        self.changes[change.key] = RunChange(
            key=change.key,
            admission=change.admission or before.admission,
            end=change.end or before.end,
            begins=change.begins or before.begins,
            is_due=change.is_due or before.is_due,
        )
        run = self.runs.get(change.key, RunSums(totals={}))
        self.runs[change.key] = replace(
            run, admission=change.admission or run.admission, end=change.end or run.end
        )

    def open_hold(self, run_id: str) -> tuple[RunAdmission, Hold]:
        """Return the admission and the hold of a run; raise Conflict if it has ended or its hold has expired."""
        run = self.find(run_id)
        if run.end is not None:
            raise Conflict(f"run {run_id!r} has ended", code=RUN_ENDED)
        if run.admission is None:
            raise NotFound(f"run {run_id!r} was not admitted, so it holds nothing", code=UNKNOWN_RUN)
        hold = self.book.find(run_key(run_id), run.admission.root)
        if hold is not None:
            return run.admission, hold
        if self.book.now < run.admission.expires_at:
            # Its document was read after the holds: somebody has admitted it in between. Later, within the grace,
            # an instance whose clock is ahead has released it.
            raise StaleHolds
        raise Conflict(f"the hold of run {run_id!r} has expired", code=HOLD_EXPIRED)

    @property
    def is_empty(self) -> bool:
        """Return True if no request changes anything."""
        return not self.changes
