"""Owns the trace that a change of billing leaves: what changed, by whom and why, and what a person should see."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.people.tenants import AuditEntry, Change
from shared.ports import AccountRead, BillingChange


@dataclass(frozen=True, slots=True)
class Cause:
    """Who changes a tenant's billing, and why."""

    actor: str
    reason: str


def traced(change: BillingChange, read: AccountRead, cause: Cause) -> BillingChange:
    """`change` with its audit entries and alerts, and with the tenant as it is at that instant.

    A plan that has ended by itself since the last change is told too: the first change that finds it writes it.
    """
    account = replace(change.account, tenant=change.account.tenant.at(change.at))
    before, after = read.account.alerts, account.alerts
    changed = replace(change, account=account)
    return replace(
        changed,
        audits=[*change.audits, *_audits(changed, read, cause)],
        alerts=[alert for alert in after if alert not in before],
        settled_alerts=sorted({alert.kind for alert in before} - {alert.kind for alert in after}),
    )


def entry(tenant_id: str, at: datetime, cause: Cause, what: tuple[str, str | None, str | None]) -> AuditEntry:
    """An audit entry; `what` is the action, and what was before and after it."""
    return Change(cause.actor, at, cause.reason).entry(tenant_id, *what)


def _audits(change: BillingChange, read: AccountRead, cause: Cause) -> list[AuditEntry]:
    before, after = read.account, change.account
    pairs = [
        ("plan.changed", before.tenant.plan, after.tenant.plan),
        ("billing.status_changed", before.tenant.billing.status, after.tenant.billing.status),
        (_customer_action(after.customer_id), before.customer_id, after.customer_id),
    ]
    if change.invoice:
        former = read.invoice.invoice.status if read.invoice else None
        pairs.append((f"invoice.{change.invoice.invoice.id}", former, change.invoice.invoice.status))
    return [entry(after.tenant.id, change.at, cause, each) for each in pairs if each[1] != each[2]]


def _customer_action(customer_id: str | None) -> str:
    return "billing.customer_linked" if customer_id else "billing.customer_deleted"
