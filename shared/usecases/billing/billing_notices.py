"""The notices about a change of a tenant's billing: webhooks for the tenant, problems for the operator."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from shared.domain.billing.entitlements import BillingAlert
from shared.domain.billing.invoices import InvoiceRow
from shared.domain.notices.entries import Outgoing, notice_entry, operator_entry
from shared.domain.notices.outbox import OutboxEntry
from shared.domain.notices.webhooks import Json, Notice, WebhookType
from shared.ports import BillingChange, StoredAccount


def with_notices(change: BillingChange, stored: StoredAccount, cause: str) -> BillingChange:
    """Return `change` with the notices about it; `cause` is the same whenever the change is repeated."""
    about = _Notices(change, cause)
    entries = [
        *change.outgoing.entries,
        *about.plan(stored.account.tenant.plan),
        *about.failed_payment(stored.invoice),
        *(entry for alert in change.alerts for entry in about.alert(alert)),
    ]
    return replace(change, outgoing=Outgoing(entries=entries))


@dataclass(frozen=True, slots=True)
class _Notices:
    """Makes the notices about one change."""

    change: BillingChange
    cause: str

    def plan(self, before: str) -> Iterator[OutboxEntry]:
        """Yield the notice of another plan."""
        tenant = self.change.account.tenant
        if before != tenant.plan:
            text = f"The plan of {tenant.name} changed from {before} to {tenant.plan}."
            yield self._notice("plan.changed", text, {"previous_plan": before, "plan": tenant.plan})

    def failed_payment(self, known: InvoiceRow | None) -> Iterator[OutboxEntry]:
        """Yield the notice of a failed payment, unless it is known or the invoice was paid since."""
        row = self.change.invoice
        if row is None or row.failed_at in (None, known and known.failed_at) or row.status != "open":
            return
        invoice = row.invoice
        text = (
            f"A payment of {self.change.account.tenant.name} failed: invoice {invoice.number or invoice.id}."
        )
        names = ("number", "amount_due", "currency", "attempt_count")
        data = {"invoice_id": invoice.id, **{name: getattr(invoice, name) for name in names}}
        yield self._notice("invoice.payment_failed", text, data)

    def alert(self, alert: BillingAlert) -> Iterator[OutboxEntry]:
        """Yield the notices of a billing alert, to the tenant and to the operator."""
        tenant_id, at = self.change.account.tenant.id, self.change.at
        data = {"kind": alert.kind, "subscription_ids": ", ".join(alert.subscription_ids)}
        yield self._notice("billing.alert", alert.message, data)
        summary = f"billing alert of tenant {tenant_id}"
        yield operator_entry(
            summary, f"{alert.kind}: {alert.message}", (tenant_id, alert.kind, self.cause), at
        )

    def _notice(self, kind: WebhookType, text: str, data: Mapping[str, Json]) -> OutboxEntry:
        # One change can have several alerts, and two changes of the plan can have one instant.
        cause = " ".join(
            [self.cause, *(str(data[name]) for name in ("kind", "previous_plan") if name in data)]
        )
        tenant_id = self.change.account.tenant.id
        return notice_entry(
            Notice(type=kind, tenant_id=tenant_id, cause=cause, at=self.change.at, text=text, data=data)
        )
