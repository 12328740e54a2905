"""Outbox on Firestore. A claim is one commit, on condition that nobody else has just claimed the entry."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.encoding import Write, get_fields, get_value, set_value
from shared.adapters.firestore.notices.documents import (
    entry_name,
    outgoing_writes,
    quota_name,
    read_entry,
    result_fields,
)
from shared.adapters.firestore.paging import Listing
from shared.adapters.firestore.people.commits import commit_audited
from shared.adapters.firestore.people.tenants import change_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.notices.entries import DailyQuota, Outgoing, QuotaUse
from shared.domain.notices.outbox import Backlog, OutboxEntry
from shared.domain.people.audit import AuditEntry
from shared.domain.people.members import email_id
from shared.ports import MailAddress, Page, StaleOutbox

_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)
_NEXT_ATTEMPT_AT = "next_attempt_at"
_ENTRIES = Listing("outbox", "created_at", read_entry)


class FirestoreOutbox:
    """Outbox on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def due_entries(self, now: datetime, limit: int) -> list[str]:
        found = self._rpc.query(self._rpc.documents, queries.due_entries(now, limit))
        return [document.name.rpartition("/")[2] for document in found]

    def claim_entry(self, entry_id: str, now: datetime) -> OutboxEntry | None:
        entry = self.find_entry(entry_id)
        if entry is None or not entry.is_due(now):
            return None
        return self._change(entry.leased(now))

    def settle_entry(self, entry: OutboxEntry) -> None:
        self._change(entry)

    def _change(self, entry: OutboxEntry) -> OutboxEntry | None:
        """Store the result of an attempt, and return the entry; None if another caller has changed it."""
        write = change_write(entry_name(self._rpc.documents, entry.id), result_fields(entry))
        write.current_document.update_time.CopyFrom(entry.version)
        try:
            response = self._rpc.commit([write])
        except grpc.RpcError as error:
            if error.code() in _STALE:
                return None
            raise
        return replace(entry, version=response.write_results[0].update_time)

    def add_entries(self, outgoing: Outgoing) -> None:
        try:
            self._rpc.commit(outgoing_writes(self._rpc.documents, outgoing))
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StaleOutbox from error
            raise

    def find_entry(self, entry_id: str) -> OutboxEntry | None:
        name = entry_name(self._rpc.documents, entry_id)
        document = self._rpc.batch_get([name]).get(name)
        return read_entry(document) if document else None

    def known_entries(self, entry_ids: Collection[str]) -> set[str]:
        names = [entry_name(self._rpc.documents, each) for each in entry_ids]
        return {name.rpartition("/")[2] for name in self._rpc.batch_get(names, ["kind"])}

    def read_quotas(self, quotas: Sequence[DailyQuota]) -> list[QuotaUse]:
        names = [quota_name(self._rpc.documents, quota.id) for quota in quotas]
        found = self._rpc.batch_get(names)
        return [_quota_use(quota, found.get(name)) for quota, name in zip(quotas, names, strict=True)]

    def list_deliveries(
        self, endpoint_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[OutboxEntry]:
        return _ENTRIES.where("endpoint_id", endpoint_id).page(self._rpc, self._rpc.documents, limit, cursor)

    def list_for_operator(self, limit: int) -> list[OutboxEntry]:
        notices = _ENTRIES.where("kind", "operator").page(self._rpc, self._rpc.documents, limit, None)
        failed = _ENTRIES.where("state", "failed").page(self._rpc, self._rpc.documents, limit, None)
        return [*notices.items, *(entry for entry in failed.items if entry.kind != "operator")]

    def count_backlog(self, now: datetime) -> Backlog:
        documents = self._rpc.documents
        oldest = self._rpc.query(documents, queries.due_entries(now, 1, _NEXT_ATTEMPT_AT))
        return Backlog(
            due=self._rpc.count(documents, queries.due_entries(now)) if oldest else 0,
            oldest_due_at=get_value(oldest[0].fields[_NEXT_ATTEMPT_AT]) if oldest else None,
            failed=self._rpc.count(documents, queries.failed_entries()),
        )

    def find_addresses(self, emails: Iterable[str]) -> dict[str, MailAddress]:
        names = {email: self._address(email) for email in emails}
        found = self._rpc.batch_get(names.values()) if names else {}
        return {email: _read_address(found.get(name)) for email, name in names.items()}

    def confirm_address(self, email: str, tenant_id: str, audit: AuditEntry) -> None:
        write = Write()
        write.update.name = self._address(email)
        write.update_mask.SetInParent()
        _add_to_set(write, "confirmed", tenant_id)
        _remove_from_set(write, "stopped", tenant_id)
        commit_audited(self._rpc, [write], audit)

    def set_stopped(self, email: str, scope: str, *, stopped: bool) -> None:
        write = Write()
        write.update.name = self._address(email)
        write.update_mask.SetInParent()
        (_add_to_set if stopped else _remove_from_set)(write, "stopped", scope)
        self._rpc.commit([write])

    def _address(self, email: str) -> str:
        return f"{self._rpc.documents}/mail_addresses/{email_id(email)}"


def _quota_use(quota: DailyQuota, document: Any) -> QuotaUse:
    if document is None:
        return QuotaUse(quota, 0)
    return QuotaUse(quota, document.fields["used"].integer_value, document.update_time)


def _read_address(document: Any) -> MailAddress:
    fields = get_fields(document.fields) if document else {}
    return MailAddress(frozenset(fields.get("confirmed", ())), frozenset(fields.get("stopped", ())))


def _add_to_set(write: Any, field: str, value: str) -> None:
    set_value(write.update_transforms.add(field_path=field).append_missing_elements.values.add(), value)


def _remove_from_set(write: Any, field: str, value: str) -> None:
    set_value(write.update_transforms.add(field_path=field).remove_all_from_array.values.add(), value)
