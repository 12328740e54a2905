"""BillingStore on Firestore: each change is one commit, on condition that nothing has changed since the read."""

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc

from shared.adapters.firestore import queries
from shared.adapters.firestore.billing.documents import (
    account_write,
    alert_fields,
    invoice_fields,
    processed_event_fields,
    read_account,
    read_alert,
    read_invoice,
)
from shared.adapters.firestore.notices.documents import outgoing_writes
from shared.adapters.firestore.paging import Listing
from shared.adapters.firestore.people.tenant_rows import row_tenant_write
from shared.adapters.firestore.people.tenants import audit_fields, create_write, delete_write, set_write
from shared.adapters.firestore.platform.documents import remove_failure_write
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.billing.invoices import InvoiceRow
from shared.domain.notices.entries import NOTHING_OUTGOING, Outgoing
from shared.ports import BillingChange, Page, ProcessedEvent, RaisedAlert, StaleAccount, StoredAccount

PROCESSED_EVENTS_KEPT_FOR = timedelta(days=60)
"""Stripe resends an event for three days, and lists it for thirty."""
_TENANTS_PER_PAGE = 300
_STALE = frozenset(
    {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.NOT_FOUND}
)
_ALERT, _AFTER_ANY_KIND = "billing.", "~"
"""Alerts of billing share a collection with those of usage, and differ by their ids."""
_INVOICES = Listing("invoices", "created", read_invoice)


class FirestoreBillingStore:
    """BillingStore on Firestore."""

    def __init__(self, rpc: FirestoreRpc) -> None:
        self._rpc = rpc

    def find_owner(self, event_id: str | None, customer_id: str | None) -> tuple[str | None, str | None]:
        event_name = self._event_name(event_id) if event_id else ""
        customer_name = self._customer_name(customer_id) if customer_id else ""
        found = self._rpc.batch_get([name for name in (event_name, customer_name) if name])
        event, owner = found.get(event_name), found.get(customer_name)
        return (
            event.fields["outcome"].string_value if event else None,
            owner.fields["tenant_id"].string_value if owner else None,
        )

    def read_account(self, tenant_id: str, invoice_id: str | None = None) -> StoredAccount | None:
        tenant_name = self._tenant_name(tenant_id)
        invoice_name = f"{tenant_name}/invoices/{invoice_id}" if invoice_id else None
        found = self._rpc.batch_get([tenant_name, *([invoice_name] if invoice_name else [])])
        if tenant_name not in found:
            return None
        invoice = found.get(invoice_name or "")
        return StoredAccount(
            read_account(found[tenant_name]),
            read_invoice(invoice) if invoice else None,
            invoice.update_time if invoice else None,
        )

    def save_billing(self, change: BillingChange) -> None:
        try:
            self._rpc.commit(self._writes(change))
        except grpc.RpcError as error:
            if error.code() in _STALE:
                raise StaleAccount from error
            raise

    def save_processed_event(self, processed: ProcessedEvent, outgoing: Outgoing = NOTHING_OUTGOING) -> None:
        write = create_write(self._event_name(processed.event_id), _processed_fields(processed))
        settled = remove_failure_write(self._rpc.documents, processed.event_id)
        try:
            self._rpc.commit([write, settled, *outgoing_writes(self._rpc.documents, outgoing)])
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.ALREADY_EXISTS:
                raise
            self._rpc.commit([settled])  # the event was processed before, and failed when it was sent again

    def claim_trial(self, person: str, tenant_id: str, at: datetime) -> bool:
        name = f"{self._rpc.documents}/trials/{person}"
        try:
            self._rpc.commit([create_write(name, {"tenant_id": tenant_id, "at": at})])
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.ALREADY_EXISTS:
                raise
            claimed = self._rpc.batch_get([name])[name]
            return bool(claimed.fields["tenant_id"].string_value == tenant_id)
        return True

    def list_invoices(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[InvoiceRow]:
        return _INVOICES.page(self._rpc, self._tenant_name(tenant_id), limit, cursor)

    def list_invoices_since(self, tenant_id: str, since: datetime) -> list[InvoiceRow]:
        query = queries.newest_since("invoices", "created", since)
        return [read_invoice(document) for document in self._rpc.query(self._tenant_name(tenant_id), query)]

    def list_billing_alerts(self, tenant_id: str) -> list[RaisedAlert]:
        tenant_name = self._tenant_name(tenant_id)
        prefix = f"{tenant_name}/alerts/{_ALERT}"
        query = queries.named_within("alerts", prefix, f"{prefix}{_AFTER_ANY_KIND}")
        return [read_alert(document) for document in self._rpc.query(tenant_name, query)]

    def list_tenants(self, after: str | None = None, limit: int | None = None) -> Iterator[str]:
        last_name = self._tenant_name(after) if after else None
        left = sys.maxsize if limit is None else limit
        while left:
            query = queries.all_by_name("tenants", min(left, _TENANTS_PER_PAGE), last_name)
            names = [document.name for document in self._rpc.query(self._rpc.documents, query)]
            yield from (name.rpartition("/")[2] for name in names)
            if len(names) < _TENANTS_PER_PAGE:
                return
            last_name = names[-1]
            left -= len(names)

    def _writes(self, change: BillingChange) -> Iterator[Any]:
        account = change.account
        tenant_name, at = self._tenant_name(account.tenant.id), change.at
        yield account_write(tenant_name, account)
        yield row_tenant_write(self._rpc.documents, account.tenant, at)
        processed = change.processed_event
        if processed:
            write = set_write if processed.is_repeated else create_write
            yield write(self._event_name(processed.event_id), _processed_fields(processed))
            yield remove_failure_write(self._rpc.documents, processed.event_id)
        if change.link_customer_id:
            yield create_write(self._customer_name(change.link_customer_id), {"tenant_id": account.tenant.id})
        if change.unlink_customer_id:
            yield delete_write(self._customer_name(change.unlink_customer_id))
        if change.invoice:
            yield _invoice_write(f"{tenant_name}/invoices/{change.invoice.id}", change)
        for entry in change.audits:
            yield set_write(f"{tenant_name}/audit/{uuid4().hex}", audit_fields(entry))
        for alert in change.alerts:
            yield set_write(f"{tenant_name}/alerts/{_ALERT}{alert.kind}", alert_fields(alert, at))
        for kind in change.settled_alerts:
            yield delete_write(f"{tenant_name}/alerts/{_ALERT}{kind}")
        yield from outgoing_writes(self._rpc.documents, change.outgoing)

    def _tenant_name(self, tenant_id: str) -> str:
        return f"{self._rpc.documents}/tenants/{tenant_id}"

    def _event_name(self, event_id: str) -> str:
        return f"{self._rpc.documents}/stripe_events/{event_id}"

    def _customer_name(self, customer_id: str) -> str:
        return f"{self._rpc.documents}/stripe_customers/{customer_id}"


def _processed_fields(processed: ProcessedEvent) -> dict[str, object]:
    return processed_event_fields(processed, processed.at + PROCESSED_EVENTS_KEPT_FOR)


def _invoice_write(name: str, change: BillingChange) -> Any:
    if change.invoice is None:
        raise TypeError("there is no invoice in the change")
    if change.invoice_version is None:
        return create_write(name, invoice_fields(change.invoice))
    write = set_write(name, invoice_fields(change.invoice))
    write.current_document.update_time.CopyFrom(change.invoice_version)
    return write
