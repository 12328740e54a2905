"""Compares what is kept of a tenant's billing with Stripe's word, and repairs it if asked to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime

from shared.domain.billing.billing_account import Account
from shared.domain.billing.invoices import InvoiceRow, reconcile_invoice
from shared.domain.billing.stripe_shapes import InvoiceSnapshot
from shared.domain.billing.subscriptions import Subscription
from shared.domain.errors import Unavailable, UsageError
from shared.domain.people.tenants import AuditEntry
from shared.ports import BillingChange, StaleAccount
from shared.usecases.billing.billing_parts import MAX_TRIES, Billing, as_stripe_says
from shared.usecases.billing.billing_trail import Cause, entry, traced

_ACTOR = "reconcile"


def reconcile_all(billing: Billing, *, repair: bool, now: datetime) -> Iterator[tuple[str, list[str]]]:
    """Yield the drift of every tenant that has any, as reconcile_tenants does."""
    return reconcile_tenants(billing, billing.store.list_tenants(), repair=repair, now=now)


def reconcile_tenants(
    billing: Billing, tenant_ids: Iterable[str], *, repair: bool, now: datetime
) -> Iterator[tuple[str, list[str]]]:
    """Yield each tenant's drift, for those that have any, and what keeps a tenant from being compared.

    Where Stripe or the store did not answer, compare the others first, then raise an ExceptionGroup.
    """
    unanswered: list[Unavailable] = []
    for tenant_id in tenant_ids:
        try:
            drift = reconcile_tenant(billing, tenant_id, repair=repair, now=now)
        except Unavailable as error:
            unanswered.append(error)
            continue
        except UsageError as error:
            drift = [f"cannot be compared: {error.message}"]
        if drift:
            yield tenant_id, drift
    if unanswered:
        raise ExceptionGroup("the billing of some tenants could not be compared", unanswered)


def reconcile_tenant(billing: Billing, tenant_id: str, *, repair: bool, now: datetime) -> list[str]:
    """Return a sentence for each thing that Stripe says otherwise; with `repair`, keep Stripe's word from then on.

    A tenant that does not exist has no drift.
    """
    read = billing.store.read_account(tenant_id)
    customer_id = read.account.customer_id if read else None
    comparison = _Comparison(billing=billing, tenant_id=tenant_id, repair=repair, now=now)
    drift = comparison.of_account()
    for found in billing.stripe.list_invoices(customer_id) if customer_id else ():
        drift += comparison.of_invoice(found)
    return drift


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """One tenant's billing beside Stripe's word at one instant, to be reported or repaired."""

    billing: Billing
    tenant_id: str
    repair: bool
    now: datetime

    def of_account(self) -> list[str]:
        """Return the drift of the customer, the subscriptions and the plan."""
        store, now = self.billing.store, self.now
        for _ in range(MAX_TRIES):
            read = store.read_account(self.tenant_id)
            if read is None:
                return []
            before, after = read.account, as_stripe_says(self.billing, read.account, now)
            owner = store.find_owner(None, after.customer_id)[1] if after.customer_id else self.tenant_id
            drift = [*_differences(before, after, now), *_link_drift(after, owner)]
            if not drift or not self.repair:
                return drift
            link = after.customer_id if owner is None else None
            audits = [self._repaired(each) for each in drift]
            change = BillingChange(account=after, at=now, link_customer_id=link, audits=audits)
            try:
                store.save_billing(traced(change, read, Cause(_ACTOR, "Stripe says so")))
            except StaleAccount:
                continue
            return drift
        raise Unavailable(f"the billing of tenant {self.tenant_id} keeps changing")

    def of_invoice(self, found: InvoiceSnapshot) -> list[str]:
        """Return the drift of one of the tenant's invoices."""
        store, now = self.billing.store, self.now
        for _ in range(MAX_TRIES):
            read = store.read_account(self.tenant_id, found.id)
            if read is None or (read.invoice and read.invoice.invoice == found):
                return []
            known = read.invoice.invoice.status if read.invoice else "unknown"
            drift = f"{found.id} is {known} here, {found.status} in Stripe"
            if not self.repair:
                return [drift]
            row, version = _by_stripes_word(read.invoice, found, now), read.invoice_version
            change = BillingChange(account=read.account, at=now, invoice=row, former_invoice=version)
            try:
                store.save_billing(traced(change, read, Cause(_ACTOR, drift)))
            except StaleAccount:
                continue
            return [drift]
        raise Unavailable(f"invoice {found.id} keeps changing")

    def _repaired(self, drift: str) -> AuditEntry:
        return entry(self.tenant_id, self.now, Cause(_ACTOR, drift), ("billing.repaired", None, None))


def _link_drift(account: Account, owner: str | None) -> list[str]:
    if owner == account.tenant.id:
        return []
    return [f"customer {account.customer_id} is linked to {owner or 'nobody'}"]


def _differences(before: Account, after: Account, now: datetime) -> list[str]:
    drift: list[str] = []
    if before.customer_id != after.customer_id:
        drift.append(f"customer {before.customer_id} does not exist in Stripe")
    for subscription_id, found in after.known_subscriptions.items():
        known = before.known_subscriptions.get(subscription_id)
        if known is None:
            drift.append(f"{subscription_id} is unknown here, {found.state} in Stripe")
        elif known.state != found.state:
            drift.append(f"{subscription_id} is {known.state} here, {found.state} in Stripe")
        elif known.snapshot != found.snapshot:
            drift.append(f"{subscription_id} is {known.state}, but differs in {_differing(known, found)}")
    plans = before.tenant.at(now).plan, after.tenant.at(now).plan
    if plans[0] != plans[1]:
        drift.append(f"plan is {plans[0]} here, {plans[1]} by Stripe")
    return drift


def _differing(known: Subscription, found: Subscription) -> str:
    names = [field.name for field in fields(known.snapshot)]
    return ", ".join(name for name in names if getattr(known.snapshot, name) != getattr(found.snapshot, name))


def _by_stripes_word(known: InvoiceRow | None, found: InvoiceSnapshot, now: datetime) -> InvoiceRow:
    """The row after asking; if events left another invoice than Stripe shows, Stripe's with their instants."""
    told = reconcile_invoice(known, found, now)
    if known is None or told.invoice == found:
        return told
    fresh = reconcile_invoice(None, found, now)
    return replace(fresh, failed_at=known.failed_at, action_required_at=known.action_required_at)
