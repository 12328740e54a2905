"""Compares what is kept of a tenant's billing with Stripe's word, and repairs it if asked to."""

from collections.abc import Iterator
from datetime import datetime

from shared.domain.accounts import Account, with_subscription
from shared.domain.billing import Refetch, reconcile
from shared.domain.entitlements import billing_alerts
from shared.domain.errors import Unavailable
from shared.domain.invoices import reconcile_invoice
from shared.domain.stripe_shapes import InvoiceSnapshot, read_invoice, read_subscription
from shared.domain.tenants import AuditEntry
from shared.ports import BillingChange, StaleAccount
from shared.usecases.billing_parts import MAX_TRIES, Billing

_RECONCILE = "reconcile"


def reconcile_all(billing: Billing, *, repair: bool, now: datetime) -> Iterator[tuple[str, list[str]]]:
    """Each tenant's drift, for those that have any."""
    for tenant_id in billing.store.list_tenants():
        drift = reconcile_tenant(billing, tenant_id, repair=repair, now=now)
        if drift:
            yield tenant_id, drift


def reconcile_tenant(billing: Billing, tenant_id: str, *, repair: bool, now: datetime) -> list[str]:
    """A sentence for each thing that Stripe says otherwise; with `repair`, Stripe's word is then what is kept."""
    drift = _reconcile_account(billing, tenant_id, repair, now)
    read = billing.store.read_account(tenant_id)
    customer_id = read.account.customer_id if read else None
    if customer_id is None:
        return drift
    for found in billing.stripe.list_invoices(customer_id):
        drift += _reconcile_invoice(billing, tenant_id, read_invoice(found), repair, now)
    return drift


def _reconcile_account(billing: Billing, tenant_id: str, repair: bool, now: datetime) -> list[str]:
    for _ in range(MAX_TRIES):
        read = billing.store.read_account(tenant_id)
        if read is None or read.account.customer_id is None:
            return []
        before, customer_id = read.account, read.account.customer_id
        after = _as_stripe_says(billing, before, customer_id, now)
        _, owner = billing.store.find_owner(None, customer_id)
        drift = _differences(before, after, now)
        if owner != tenant_id:
            drift.append(f"customer {customer_id} is linked to {owner or 'nobody'}")
        if not drift or not repair:
            return drift
        audits = [
            AuditEntry(tenant_id, now, _RECONCILE, "billing.repaired", None, each, "") for each in drift
        ]
        alerts = billing_alerts(after.known_subscriptions.values())
        link = customer_id if owner is None else None
        change = BillingChange(after, now, link_customer_id=link, audits=audits, alerts=alerts)
        try:
            billing.store.save_billing(change)
        except StaleAccount:
            continue
        return drift
    raise Unavailable(f"the billing of tenant {tenant_id} keeps changing")


def _as_stripe_says(billing: Billing, account: Account, customer_id: str, now: datetime) -> Account:
    for found in billing.stripe.list_subscriptions(customer_id):
        snapshot = read_subscription(found)
        known = reconcile(account.known_subscriptions.get(snapshot.id), Refetch(snapshot, now))
        account = with_subscription(account, known, billing.grace, now)
    return account


def _differences(before: Account, after: Account, now: datetime) -> list[str]:
    drift: list[str] = []
    for subscription_id, found in after.known_subscriptions.items():
        known = before.known_subscriptions.get(subscription_id)
        if known is None:
            drift.append(f"{subscription_id} is unknown here, {found.state} in Stripe")
        elif known.snapshot != found.snapshot:
            drift.append(
                f"{subscription_id} is {known.state} here, {found.state} in Stripe, or differs in detail"
            )
    plans = before.tenant.at(now).plan, after.tenant.at(now).plan
    if plans[0] != plans[1]:
        drift.append(f"plan is {plans[0]} here, {plans[1]} by Stripe")
    return drift


def _reconcile_invoice(
    billing: Billing, tenant_id: str, found: InvoiceSnapshot, repair: bool, now: datetime
) -> list[str]:
    for _ in range(MAX_TRIES):
        read = billing.store.read_account(tenant_id, found.id)
        if read is None or (read.invoice and read.invoice.invoice == found):
            return []
        drift = [
            f"{found.id} is {read.invoice.invoice.status if read.invoice else 'unknown'} here, {found.status}"
        ]
        if not repair:
            return drift
        row = reconcile_invoice(read.invoice, found, now)
        change = BillingChange(read.account, now, invoice=row, former_invoice=read.invoice_version)
        try:
            billing.store.save_billing(change)
        except StaleAccount:
            continue
        return drift
    raise Unavailable(f"invoice {found.id} keeps changing")
