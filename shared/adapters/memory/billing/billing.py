"""BillingStore on dictionaries."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from shared.adapters.memory.cursors import page
from shared.adapters.memory.state import MemoryState, TenantBilling
from shared.domain.billing.billing_account import BillingAccount
from shared.domain.billing.invoices import InvoiceRow
from shared.domain.notices.entries import NOTHING_OUTGOING, Outgoing
from shared.ports import BillingChange, Page, ProcessedEvent, RaisedAlert, StaleAccount, StoredAccount


class MemoryBillingStore(MemoryState):
    """The billing of all tenants, with their alerts."""

    def __init__(self) -> None:
        super().__init__()
        self.alerts: dict[tuple[str, str], RaisedAlert] = {}
        self._trials: dict[str, tuple[str, datetime]] = {}

    def find_owner(self, event_id: str | None, customer_id: str | None) -> tuple[str | None, str | None]:
        with self._lock:
            return self._stripe_events.get(event_id or ""), self._customers.get(customer_id or "")

    def read_account(self, tenant_id: str, invoice_id: str | None = None) -> StoredAccount | None:
        with self._lock:
            tenant = self._tenants.get(tenant_id)
            if tenant is None:
                return None
            billing = self._billing.setdefault(tenant_id, TenantBilling(BillingAccount(tenant=tenant)))
            account = replace(billing.account, tenant=tenant, version=(billing.version, tenant))
            invoice = billing.invoices.get(invoice_id or "")
            return StoredAccount(account, invoice, billing.version if invoice else None)

    def save_billing(self, change: BillingChange) -> None:
        with self._lock:
            account, tenant_id = change.account, change.account.tenant.id
            self._refuse_stale(change)
            billing = self._billing[tenant_id]
            billing.account, billing.version = account, billing.version + 1
            new = account.tenant
            tenant = replace(
                self._tenants[tenant_id],
                plan=new.plan,
                plan_version=new.plan_version,
                least_versions=new.least_versions,
                anchor=new.anchor,
                entitlement=new.entitlement,
                billing=new.billing,
            )
            self._put_tenant(tenant, change.at)
            if change.processed_event:
                self._stripe_events[change.processed_event.event_id] = change.processed_event.outcome
                self._stripe_failures.pop(change.processed_event.event_id, None)
            if change.link_customer_id:
                self._customers[change.link_customer_id] = tenant_id
            if change.unlink_customer_id:
                self._customers.pop(change.unlink_customer_id, None)
            if change.invoice:
                billing.invoices[change.invoice.id] = change.invoice
            self._audit += change.audits
            self.alerts |= {(tenant_id, each.kind): RaisedAlert(each, change.at) for each in change.alerts}
            for kind in change.settled_alerts:
                self.alerts.pop((tenant_id, kind), None)
            self._put_outgoing(change.outgoing)

    def _refuse_stale(self, change: BillingChange) -> None:
        tenant_id, processed = change.account.tenant.id, change.processed_event
        billing = self._billing.get(tenant_id)
        # Every save makes a new version, so it also shows a changed invoice.
        if billing is None or change.account.version != (billing.version, self._tenants[tenant_id]):
            raise StaleAccount
        if processed and not processed.is_repeated and processed.event_id in self._stripe_events:
            raise StaleAccount
        if change.link_customer_id in self._customers or not self._is_new(change.outgoing):
            raise StaleAccount

    def save_processed_event(self, processed: ProcessedEvent, outgoing: Outgoing = NOTHING_OUTGOING) -> None:
        with self._lock:
            if processed.event_id not in self._stripe_events:
                self._stripe_events[processed.event_id] = processed.outcome
                self._put_outgoing(outgoing)
            self._stripe_failures.pop(processed.event_id, None)

    def claim_trial(self, person: str, tenant_id: str, at: datetime) -> bool:
        with self._lock:
            return self._trials.setdefault(person, (tenant_id, at))[0] == tenant_id

    def list_invoices(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[InvoiceRow]:
        with self._lock:
            billing = self._billing.get(tenant_id)
            rows = billing.invoices.values() if billing else ()
            places = {(row.snapshot.created, row.id): row for row in rows if row.snapshot}
            return page("invoices", places, limit, cursor)

    def list_invoices_since(self, tenant_id: str, since: datetime) -> list[InvoiceRow]:
        with self._lock:
            billing = self._billing.get(tenant_id)
            rows = list(billing.invoices.values()) if billing else []
            found = [row for row in rows if row.snapshot and row.snapshot.created >= since]
            return sorted(found, key=lambda row: (row.invoice.created, row.id), reverse=True)

    def list_billing_alerts(self, tenant_id: str) -> list[RaisedAlert]:
        with self._lock:
            return [self.alerts[key] for key in sorted(self.alerts) if key[0] == tenant_id]

    def list_tenants(self, after: str | None = None, limit: int | None = None) -> Iterator[str]:
        with self._lock:
            return iter(sorted(each for each in self._tenants if after is None or each > after)[:limit])
