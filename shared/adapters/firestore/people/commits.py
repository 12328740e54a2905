"""Commit a change of tenants or people together with its audit entries and the receipts of its request."""

from collections.abc import Iterable
from typing import Any

import grpc

from shared.adapters.firestore.encoding import get_fields, read_as
from shared.adapters.firestore.lost_answers import REFUSED
from shared.adapters.firestore.people.tenants import audit_write, create_write, set_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.people.audit import AuditEntry
from shared.domain.people.receipts import Receipt
from shared.ports import AlreadyAnswered

_EXPIRE_AT = "expire_at"


def commit_audited(rpc: FirestoreRpc, writes: Iterable[Any], *audits: AuditEntry) -> None:
    """Commit `writes` with the audit entries and their receipts; raise AlreadyAnswered, or grpc.RpcError."""
    receipts = [audit.receipt for audit in audits if audit.receipt]
    entries = [audit_write(rpc, audit) for audit in audits]
    try:
        rpc.commit([*writes, *entries, *(_receipt_write(rpc, receipt) for receipt in receipts)])
    except grpc.RpcError as error:
        # Firestore does not say which document's precondition failed.
        if error.code() in REFUSED and any(_is_overtaken(rpc, receipt) for receipt in receipts):
            message = "a request with this Idempotency-Key has just been answered"
            raise AlreadyAnswered(message) from error
        raise


def find_receipt(rpc: FirestoreRpc, receipt_id: str) -> Receipt | None:
    name = _name(rpc, receipt_id)
    document = rpc.batch_get([name]).get(name)
    if document is None:
        return None
    fields = get_fields(document.fields)
    return read_as(
        Receipt, fields, id=receipt_id, expires_at=fields[_EXPIRE_AT], version=document.update_time
    )


def _is_overtaken(rpc: FirestoreRpc, receipt: Receipt) -> bool:
    stored = find_receipt(rpc, receipt.id)
    return (stored.version if stored else None) != receipt.version


def _receipt_write(rpc: FirestoreRpc, receipt: Receipt) -> Any:
    if receipt.version is None:
        return create_write(_name(rpc, receipt.id), receipt_fields(receipt))
    write = set_write(_name(rpc, receipt.id), receipt_fields(receipt))
    write.current_document.update_time.CopyFrom(receipt.version)
    return write


def receipt_fields(receipt: Receipt) -> dict[str, object]:
    return {
        "fingerprint": receipt.fingerprint,
        "nonce": receipt.nonce,
        "sealed": receipt.sealed,
        _EXPIRE_AT: receipt.expires_at,
    }


def _name(rpc: FirestoreRpc, receipt_id: str) -> str:
    return f"{rpc.documents}/idempotency/{receipt_id}"
