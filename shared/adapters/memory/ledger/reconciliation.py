"""Reconciliations in memory."""

from dataclasses import replace

from shared.adapters.memory.state import MemoryState
from shared.domain.ledger.reconciliation import ReconciliationStep
from shared.ports import StaleReconciliation


class MemoryReconciliations(MemoryState):
    """Reconciliations over the store's data."""

    def read_reconciliation(self) -> ReconciliationStep | None:
        with self._lock:
            return self._reconciliation

    def save_reconciliation(self, step: ReconciliationStep | None, before: ReconciliationStep | None) -> None:
        with self._lock:
            known = self._reconciliation
            if (known and known.version) != (before and before.version):
                raise StaleReconciliation
            self._reconciliation = step and replace(step, version=self._next_version())
