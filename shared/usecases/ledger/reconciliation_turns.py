"""Lets one step of one reconciliation run at a time."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.errors import Unavailable
from shared.domain.ledger.reconciliation import ReconciliationStep, Turn, turn_of
from shared.ports import Reconciliations, StaleReconciliation


@dataclass(frozen=True, slots=True)
class ReconciliationTurns:
    """The steps of the reconciliation, each of which begins once and names the next."""

    store: Reconciliations

    def begin(self, step: str, now: datetime) -> bool:
        """Begin `step`; return False if another reconciliation is under way.

        Raise Unavailable while this step itself is under way: if it has crashed, its message has to come again.
        """
        known = self.store.read_reconciliation()
        turn = turn_of(step, known, now)
        if turn is Turn.FREE:
            try:
                self.store.save_reconciliation(ReconciliationStep.running(step, now), known)
            except StaleReconciliation:
                turn = Turn.UNDER_WAY
        if turn is Turn.UNDER_WAY:
            raise Unavailable("this step of the reconciliation is under way")
        return turn is Turn.FREE

    def pass_on(self, step: str, following: str | None, now: datetime) -> bool:
        """Make `following` the next step instead of `step`, or end; return False if `step` has lost its turn."""
        known = self.store.read_reconciliation()
        if known is None or known.step != step:
            return False
        expected = None if following is None else ReconciliationStep.expected(following, now)
        try:
            self.store.save_reconciliation(expected, known)
        except StaleReconciliation:
            # Its own answer may have been lost.
            return self.store.read_reconciliation() == expected
        return True
