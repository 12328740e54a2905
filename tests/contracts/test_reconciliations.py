"""The chain of the daily reconciliation in the store: of two that change it at once, one succeeds."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain.errors import Unavailable
from shared.domain.ledger.reconciliation import ReconciliationStep
from shared.ports import Reconciliations, StaleReconciliation
from shared.usecases.ledger.reconciliation_turns import ReconciliationTurns
from tests.contracts.conftest import Stores
from tests.sample_events import NOON

FIRST = ReconciliationStep.running("", NOON)
NEXT = ReconciliationStep.expected("acme", NOON)


@pytest.fixture
def store(stores: Stores) -> Reconciliations:
    return stores.reconciliations


def test_there_is_none_before_the_first(store: Reconciliations) -> None:
    assert store.read_reconciliation() is None


def test_a_step_is_read_as_it_was_saved_and_replaced_by_the_next(store: Reconciliations) -> None:
    store.save_reconciliation(FIRST, None)
    assert store.read_reconciliation() == FIRST
    store.save_reconciliation(NEXT, store.read_reconciliation())
    assert store.read_reconciliation() == NEXT
    store.save_reconciliation(None, store.read_reconciliation())
    assert store.read_reconciliation() is None


@pytest.mark.parametrize("step", [NEXT, None])
def test_what_has_changed_since_it_was_read_is_not_replaced(
    step: ReconciliationStep | None, store: Reconciliations
) -> None:
    store.save_reconciliation(FIRST, None)
    before = store.read_reconciliation()
    store.save_reconciliation(ReconciliationStep.expected("globex", NOON), before)
    for stale in (before, None):
        with pytest.raises(StaleReconciliation):
            store.save_reconciliation(step, stale)
    store.save_reconciliation(None, store.read_reconciliation())
    with pytest.raises(StaleReconciliation):
        store.save_reconciliation(step, before)
    assert store.read_reconciliation() is None


class Meanwhile:
    """A store on which something else happens before the next change."""

    def __init__(self, store: Reconciliations, happens: Callable[[], object]) -> None:
        self._store = store
        self._happens: Callable[[], object] | None = happens
        self.read_reconciliation = store.read_reconciliation

    def save_reconciliation(self, step: ReconciliationStep | None, before: ReconciliationStep | None) -> None:
        happens, self._happens = self._happens, None
        if happens:
            happens()
        self._store.save_reconciliation(step, before)


def test_of_two_that_begin_at_once_one_does(store: Reconciliations) -> None:
    winner = ReconciliationTurns(store)
    loser = ReconciliationTurns(Meanwhile(store, lambda: winner.begin("", NOON)))
    with pytest.raises(Unavailable):
        loser.begin("", NOON)
    assert store.read_reconciliation() == FIRST


@pytest.mark.parametrize("following", ["acme", None])
def test_a_turn_is_passed_on_once_also_if_the_answer_is_lost(
    following: str | None, store: Reconciliations
) -> None:
    turns = ReconciliationTurns(store)
    assert turns.begin("", NOON)
    passing = ReconciliationTurns(Meanwhile(store, lambda: turns.pass_on("", following, NOON)))
    assert passing.pass_on("", following, NOON)
    assert store.read_reconciliation() == (NEXT if following else None)
    assert not turns.pass_on("", following, NOON), "the turn is another one's"


def test_a_step_that_was_given_up_has_lost_its_turn(store: Reconciliations) -> None:
    slow, other = ReconciliationTurns(store), ReconciliationTurns(store)
    assert slow.begin("acme", NOON)
    later = NOON + timedelta(hours=1)
    assert other.begin("", later)
    assert not slow.pass_on("acme", "globex", later)
    assert store.read_reconciliation() == ReconciliationStep.running("", later)
