"""The correction of an event: a document of its own, because the event stays as it was recorded. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from shared.domain.errors import Conflict
from shared.domain.ledger.counters import Totals
from shared.domain.prices.costs import EventCost

CorrectionState = Literal["voided", "unvoided", "amended", "amendment", "rerated"]
"""The last thing that was done to an event; an `amendment` was recorded instead of an event that was `amended`."""
CORRECTION_STATES: Final[tuple[CorrectionState, ...]] = get_args(CorrectionState)
Action = Literal["void", "unvoid", "amend", "rerate"]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

_STATE_AFTER: Final[dict[Action, CorrectionState]] = {
    "void": "voided",
    "unvoid": "unvoided",
    "amend": "amended",
    "rerate": "rerated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The state of a corrected event, and who corrected it last; the audit log has the corrections before."""

    identity: str
    """The identity of the event."""
    ts: datetime
    run_id: str | None
    """The time and the run of the event, by which a page of events finds its corrections."""
    state: CorrectionState
    reason: str
    by: str
    at: datetime
    revision: int
    """The number of times that the event was corrected."""
    replaced_by: str | None = None
    """The id of the event that was recorded instead of an amended one."""
    replaces: str | None = None
    """The id of the amended event instead of which this one was recorded."""
    cost: EventCost | None = None
    """The cost of an event that was rated again; None: as it was recorded."""
    counted: Totals
    """The amounts that the hour of the event counts. The rest of a later correction counts where that came."""
    version: object = field(default=None, compare=False)
    """Set by the store, which refuses changes of an older version."""

    @property
    def stands(self) -> bool:
        """True if the event counts."""
        return self.state not in ("voided", "amended")


def state_after(action: Action, correction: Correction | None) -> CorrectionState:
    """Return the state of an event after `action`; raise Conflict if the event is in no state for it."""
    if correction is not None and correction.state == "amended":
        message = f"the event was replaced by {correction.replaced_by!r}: correct that one"
        raise Conflict(message, code="already_amended")
    is_voided = correction is not None and correction.state == "voided"
    if action == "unvoid" and not is_voided:
        raise Conflict("the event is not void", code="not_voided")
    if action != "unvoid" and is_voided:
        raise Conflict("the event is void; take that back first", code="already_voided")
    return _STATE_AFTER[action]
