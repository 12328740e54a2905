"""Link a Stripe customer to a tenant by hand, or end the link."""

from dataclasses import replace

from shared.domain.billing.billing_account import BillingAccount, with_customer, without_subscription
from shared.domain.errors import Conflict, NotFound
from shared.domain.people.audit import Change
from shared.ports import BillingChange, StoredAccount
from shared.usecases.billing.billing_dependencies import BillingDependencies, audited, retry_if_stale
from shared.usecases.billing.reconcile_billing import reconcile_tenant


def link_customer(
    billing: BillingDependencies, tenant_id: str, customer_id: str, change: Change
) -> list[str]:
    """Link a customer, and take over its subscriptions and invoices; return a sentence for each change.

    Raise NotFound for an unknown tenant or customer, Conflict for a customer that another tenant has.
    """
    if billing.stripe.find_customer(customer_id) is None:
        raise NotFound(f"customer {customer_id!r} does not exist in Stripe")

    def link() -> None:
        stored = _read(billing, tenant_id)
        _, owner = billing.store.find_owner(None, customer_id)
        if owner not in (None, tenant_id):
            raise Conflict(f"customer {customer_id} belongs to tenant {owner!r}", code="customer_linked")
        linked = BillingChange(
            account=with_customer(stored.account, customer_id),
            at=change.at,
            link_customer_id=None if owner else customer_id,
        )
        billing.store.save_billing(audited(billing, linked, stored, change))

    retry_if_stale(link, f"the billing of tenant {tenant_id}")
    return reconcile_tenant(billing, tenant_id, repair=True, now=change.at)


def unlink_customer(billing: BillingDependencies, tenant_id: str, customer_id: str, change: Change) -> None:
    """End the link of a customer: its subscriptions grant the tenant nothing any more, its invoices stay.

    Raise NotFound for an unknown tenant, and for a customer that is not linked to it.
    """

    def unlink() -> None:
        stored = _read(billing, tenant_id)
        _, owner = billing.store.find_owner(None, customer_id)
        if owner != tenant_id:
            raise NotFound(f"customer {customer_id!r} is not linked to tenant {tenant_id!r}")
        account = _without_customer(billing, stored.account, customer_id, change)
        unlinked = BillingChange(account=account, at=change.at, unlink_customer_id=customer_id)
        billing.store.save_billing(audited(billing, unlinked, stored, change))

    retry_if_stale(unlink, f"the billing of tenant {tenant_id}")


def _without_customer(
    billing: BillingDependencies, account: BillingAccount, customer_id: str, change: Change
) -> BillingAccount:
    left = tuple(each for each in account.linked_customers if each != customer_id)
    own = account.customer_id if account.customer_id != customer_id else next(iter(left[::-1]), None)
    current = replace(account, linked_customers=left, customer_id=own)
    for subscription in account.known_subscriptions.values():
        if subscription.snapshot.customer_id == customer_id:
            current = without_subscription(current, subscription.id, billing.terms, change.at)
    return current


def _read(billing: BillingDependencies, tenant_id: str) -> StoredAccount:
    stored = billing.store.read_account(tenant_id)
    if stored is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    return stored
