"""End a tenant: its subscriptions, grants, limits of its own and keys. Usage, invoices and the audit log stay."""

from dataclasses import dataclass

from shared.domain.billing.subscription_states import FINAL_STATES
from shared.domain.errors import NotFound
from shared.domain.limits.plans import FREE_PLAN_ID
from shared.domain.people.audit import Change
from shared.ports import BillingChange, Directory, StoredAccount
from shared.usecases.billing.billing_dependencies import (
    BillingDependencies,
    audited,
    retry_if_stale,
    with_stripe_state,
)
from shared.usecases.billing.billing_notices import with_notices
from shared.usecases.billing.living_orders import expire_pages
from shared.usecases.people.manage_grants import revoke_found_grant
from shared.usecases.people.manage_keys import revoke_keys
from shared.usecases.people.manage_limits import LIMITS, set_limits
from shared.usecases.people.manage_tenants import existing_tenant, set_plan


@dataclass(frozen=True, slots=True)
class Ended:
    """The subscriptions that were canceled in Stripe, and how many grants and keys were revoked."""

    subscription_ids: list[str]
    grant_ids: list[str]
    revoked_keys: int


def end_tenant(billing: BillingDependencies, directory: Directory, tenant_id: str, change: Change) -> Ended:
    """End all that lets a tenant use the platform, and put it on the free plan. Members can still sign in and read.

    The subscriptions come first: if Stripe does not answer, nothing else changes. From then on nothing is recorded.
    A repeated call does what is left, and without that changes nothing.
    Raise NotFound for an unknown tenant, Unavailable if Stripe is needed and not configured or not reachable.
    """
    canceled = _cancel_subscriptions(billing, tenant_id, change)
    tenant = existing_tenant(directory, tenant_id)
    if tenant.ended_at is None:
        directory.set_ended_at(tenant_id, change.at, change.entry(tenant_id, "tenant.ended", None, None))
    for grant in tenant.grants:
        revoke_found_grant(directory, tenant, grant, change)
    set_limits(directory, tenant_id, dict.fromkeys(LIMITS), change)
    if tenant.entitlement is None and tenant.plan != FREE_PLAN_ID:
        set_plan(directory, tenant_id, billing.current_plans().free, change)
    keys = revoke_keys(directory, tenant_id, change)
    return Ended(canceled, [each.id for each in tenant.grants], len(keys))


def _cancel_subscriptions(billing: BillingDependencies, tenant_id: str, change: Change) -> list[str]:
    account = with_stripe_state(billing, _read(billing, tenant_id).account, change.at)
    for customer_id in account.all_customers:
        expire_pages(billing, billing.stripe.list_checkouts(customer_id))
    known = account.known_subscriptions.values()
    living = [each.id for each in known if each.state not in FINAL_STATES]
    for subscription_id in living:
        billing.stripe.cancel_subscription(subscription_id)
    retry_if_stale(lambda: _store_end(billing, tenant_id, living, change), "this tenant's billing")
    return living


def _store_end(billing: BillingDependencies, tenant_id: str, canceled: list[str], change: Change) -> None:
    """Store what Stripe says after the cancellations, without waiting for its webhooks."""
    stored = _read(billing, tenant_id)
    account = with_stripe_state(billing, stored.account, change.at)
    audits = [change.entry(tenant_id, "billing.subscription_canceled", each, None) for each in canceled]
    ended = audited(billing, BillingChange(account=account, at=change.at, audits=audits), stored, change)
    billing.store.save_billing(with_notices(ended, stored, f"end {change.at.isoformat()}"))


def _read(billing: BillingDependencies, tenant_id: str) -> StoredAccount:
    stored = billing.store.read_account(tenant_id)
    if stored is None:
        raise NotFound(f"tenant {tenant_id!r} does not exist")
    return stored
