"""Compare the stored billing of tenants with Stripe, and repair it on request."""

from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, fields, replace
from datetime import datetime
from typing import Final

from shared.domain.billing.billing_account import BillingAccount
from shared.domain.billing.corrections import Correction, TakenBack
from shared.domain.billing.invoices import InvoiceRow, reconcile_correction, reconcile_invoice
from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot
from shared.domain.billing.subscriptions import Subscription
from shared.domain.errors import Unavailable, UsageError
from shared.domain.people.audit import Change
from shared.ports import BillingChange, StoredAccount
from shared.usecases.billing.billing_dependencies import (
    BillingDependencies,
    audited,
    retry_if_stale,
    with_stripe_state,
)
from shared.usecases.billing.billing_notices import with_notices
from shared.usecases.billing.living_orders import without_second

_ACTOR = "reconcile"
_SEVERAL: Final = "several_subscriptions"


def reconcile_all(
    billing: BillingDependencies, *, repair: bool, now: datetime
) -> Iterator[tuple[str, list[str]]]:
    """Yield the drift of every tenant that has any, as reconcile_tenants does."""
    return reconcile_tenants(billing, billing.store.list_tenants(), repair=repair, now=now)


def reconcile_tenants(
    billing: BillingDependencies, tenant_ids: Iterable[str], *, repair: bool, now: datetime
) -> Iterator[tuple[str, list[str]]]:
    """Yield the drift of each tenant that has any; an error that prevents a comparison counts as drift.

    If Stripe or the store is unavailable for a tenant, compare the others first, then raise an ExceptionGroup.
    """
    failures: list[Unavailable] = []
    for tenant_id in tenant_ids:
        try:
            drift = reconcile_tenant(billing, tenant_id, repair=repair, now=now)
        except Unavailable as error:
            failures.append(error)
            continue
        except UsageError as error:
            drift = [f"cannot be compared: {error.message}"]
        if drift:
            yield tenant_id, drift
    if failures:
        raise ExceptionGroup("the billing of some tenants could not be compared", failures)


def reconcile_tenant(
    billing: BillingDependencies, tenant_id: str, *, repair: bool, now: datetime
) -> list[str]:
    """Return a sentence for each difference from Stripe; with `repair`, store Stripe's state.

    A tenant that does not exist has no drift.
    """
    return _compare(_Comparison(billing, tenant_id, Change(_ACTOR, now), repair=repair))


def repair_tenant(billing: BillingDependencies, tenant_id: str, change: Change) -> list[str]:
    """Store Stripe's state of a tenant, as a change that somebody makes, and return the differences there were."""
    return _compare(_Comparison(billing, tenant_id, change, repair=True))


def _compare(comparison: "_Comparison") -> list[str]:
    billing, tenant_id = comparison.billing, comparison.tenant_id
    stored = billing.store.read_account(tenant_id)
    drift = comparison.of_account()
    for customer_id in stored.account.all_customers if stored else ():
        for found in billing.stripe.list_invoices(customer_id):
            drift += comparison.of_invoice(found)
        for correction in billing.stripe.list_corrections(customer_id):
            drift += comparison.of_correction(correction)
    return drift


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The comparison of one tenant's billing with Stripe at one instant, with or without repair."""

    billing: BillingDependencies
    tenant_id: str
    author: Change
    """The author and the instant of repairs."""
    _: KW_ONLY
    repair: bool

    @property
    def now(self) -> datetime:
        return self.author.at

    def _because(self, drift: str) -> Change:
        why = self.author.reason
        return self.author.because(f"{why}: {drift}" if why else drift)

    def of_account(self) -> list[str]:
        """Return the drift of the customer, the subscriptions and the plan."""
        return retry_if_stale(self._compare_account, f"the billing of tenant {self.tenant_id}")

    def of_invoice(self, found: InvoiceSnapshot) -> list[str]:
        """Return the drift of one of the tenant's invoices."""
        return retry_if_stale(lambda: self._compare_invoice(found), f"invoice {found.id}")

    def of_correction(self, found: Correction) -> list[str]:
        """Return the drift of what a refund, a credit note or a dispute took back."""
        if found.invoice_id is None:
            return []
        invoice_id = found.invoice_id
        return retry_if_stale(lambda: self._compare_correction(invoice_id, found), f"invoice {invoice_id}")

    def _compare_account(self) -> list[str]:
        store, now = self.billing.store, self.now
        stored = store.read_account(self.tenant_id)
        if stored is None:
            return []
        before, after = stored.account, with_stripe_state(self.billing, stored.account, now)
        if self.repair:
            after = without_second(self.billing, after, now)
        owner = store.find_owner(None, after.customer_id)[1] if after.customer_id else self.tenant_id
        alerts = [
            each.message for each in after.alerts(self.billing.current_plans()) if each.kind == _SEVERAL
        ]
        drift = [*_differences(before, after, now), *alerts, *_link_drift(after, owner)]
        if drift and self.repair:
            link = after.customer_id if owner is None else None
            repairs = [self._because(each) for each in drift]
            audits = [each.entry(self.tenant_id, "billing.repaired", None, None) for each in repairs]
            change = BillingChange(account=after, at=now, link_customer_id=link, audits=audits)
            repaired = audited(self.billing, change, stored, self._because("differs from Stripe"))
            store.save_billing(with_notices(repaired, stored, f"{_ACTOR} {now.isoformat()}"))
        return drift

    def _compare_invoice(self, found: InvoiceSnapshot) -> list[str]:
        stored = self.billing.store.read_account(self.tenant_id, found.id)
        if stored is None or (stored.invoice and stored.invoice.snapshot == found):
            return []
        known = (stored.invoice and stored.invoice.status) or "unknown"
        drift = f"{found.id} is {known} here, {found.status} in Stripe"
        if self.repair:
            self._save_invoice(stored, _corrected(stored.invoice, found, self.now), drift)
        return [drift]

    def _compare_correction(self, invoice_id: str, found: Correction) -> list[str]:
        stored = self.billing.store.read_account(self.tenant_id, invoice_id)
        if stored is None:
            return []
        row = stored.invoice or InvoiceRow(id=invoice_id)
        corrected = reconcile_correction(row, found, self.now)
        before, after = row.taken_back, corrected.taken_back
        if before == after:
            return []
        drift = f"{invoice_id}: {_shown(before)} taken back here, {_shown(after)} in Stripe"
        if self.repair:
            self._save_invoice(stored, corrected, drift)
        return [drift]

    def _save_invoice(self, stored: StoredAccount, row: InvoiceRow, drift: str) -> None:
        version, now = stored.invoice_version, self.now
        author = self._because(drift)
        change = BillingChange(
            account=stored.account,
            at=now,
            invoice=row,
            invoice_version=version,
            audits=[author.entry(self.tenant_id, "billing.repaired", None, row.id)],
        )
        self.billing.store.save_billing(audited(self.billing, change, stored, author))


def _shown(taken: TakenBack) -> str:
    """Return an amount in minor units, and the dispute."""
    return f"{taken.total} and a dispute that is {taken.dispute}" if taken.dispute else str(taken.total)


def _link_drift(account: BillingAccount, owner: str | None) -> list[str]:
    if owner == account.tenant.id:
        return []
    return [f"customer {account.customer_id} is linked to {owner or 'nobody'}"]


def _differences(before: BillingAccount, after: BillingAccount, now: datetime) -> list[str]:
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
    lost = before.known_subscriptions.keys() - after.known_subscriptions.keys()
    drift += [f"{subscription_id} does not exist in Stripe" for subscription_id in sorted(lost)]
    plans = before.tenant.at(now).plan, after.tenant.at(now).plan
    if plans[0] != plans[1]:
        drift.append(f"plan is {plans[0]} here, {plans[1]} in Stripe")
    return drift


def _differing(known: Subscription, found: Subscription) -> str:
    names = [field.name for field in fields(known.snapshot)]
    return ", ".join(name for name in names if getattr(known.snapshot, name) != getattr(found.snapshot, name))


def _corrected(known: InvoiceRow | None, found: InvoiceSnapshot, now: datetime) -> InvoiceRow:
    """Return `known` with Stripe's invoice; if the events win over it, take Stripe's and keep their instants."""
    merged = reconcile_invoice(known, found, now)
    if known is None or merged.snapshot == found:
        return merged
    fresh = reconcile_invoice(None, found, now)
    return replace(known, snapshot=fresh.snapshot, latest=fresh.latest)
