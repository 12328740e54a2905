"""Reconciliations on Firestore: one document, and each change is a commit with a precondition on its version."""

import grpc

from shared.adapters.firestore.encoding import Write, get_fields, read_as, set_fields
from shared.adapters.firestore.people.tenants import delete_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.ledger.reconciliation import ReconciliationStep
from shared.ports import StaleReconciliation

_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)


class FirestoreReconciliations:
    """Reconciliations on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc
        self._name = f"{rpc.documents}/jobs/reconciliation"

    def read_reconciliation(self) -> ReconciliationStep | None:
        document = self._rpc.batch_get([self._name]).get(self._name)
        if document is None:
            return None
        return read_as(ReconciliationStep, get_fields(document.fields), version=document.update_time)

    def save_reconciliation(self, step: ReconciliationStep | None, before: ReconciliationStep | None) -> None:
        write = delete_write(self._name) if step is None else Write()
        if step is not None:
            write.update.name = self._name
            fields = {"step": step.step, "is_running": step.is_running, "until": step.until}
            set_fields(write.update.fields, fields)
        if before is None:
            write.current_document.exists = False
        else:
            write.current_document.update_time.CopyFrom(before.version)
        try:
            self._rpc.commit([write])
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StaleReconciliation from error
            raise
