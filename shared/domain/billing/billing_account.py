"""A tenant's billing account: its Stripe customer, its subscriptions, and the plan that they grant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.billing.entitlements import (
    GRANTS,
    BillingAlert,
    BillingTerms,
    billing_alerts,
    entitlement,
)
from shared.domain.billing.recurring_revenue import monthly_nanousd
from shared.domain.billing.stripe_events import EventReference
from shared.domain.billing.subscription_states import FINAL_STATES, NEVER_PAID
from shared.domain.billing.subscriptions import Subscription
from shared.domain.limits.entitlement import Entitlement
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import FREE_PLAN_ID, PlanVersion
from shared.domain.people.tenants import NO_SUBSCRIPTION, BillingSummary, Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingAccount:
    """A tenant with its Stripe customer and subscriptions; `version` detects concurrent changes in the store."""

    tenant: Tenant
    customer_id: str | None = None
    email: str | None = None
    subscriptions: Mapping[str, Subscription] | None = None
    version: object = None
    email_event: EventReference | None = None
    """The newest event that reported the address, by Stripe's clock."""
    previous_customer_id: str | None = None
    """The customer that was deleted in Stripe: its id is part of the idempotency key that creates the next one."""
    linked_customers: tuple[str, ...] = ()
    """Every customer that is linked to the tenant, in the order of the links; one of them is `customer_id`."""

    @property
    def known_subscriptions(self) -> Mapping[str, Subscription]:
        return self.subscriptions or {}

    @property
    def all_customers(self) -> list[str]:
        """The account's own customer, then the other linked ones."""
        own = [self.customer_id] if self.customer_id else []
        return list(dict.fromkeys([*own, *self.linked_customers]))

    def alerts(self, plans: PlanCatalog) -> tuple[BillingAlert, ...]:
        """Return the problems that need a person."""
        return billing_alerts(self.known_subscriptions.values(), self.tenant.id, plans)


def with_customer(account: BillingAccount, customer_id: str) -> BillingAccount:
    """Return `account` with a linked customer, which becomes its own if it has none.

    A deleted customer is linked too, but its late events do not make it the account's customer again.
    """
    linked = (*(each for each in account.linked_customers if each != customer_id), customer_id)
    is_first = account.customer_id is None and account.previous_customer_id != customer_id
    return replace(
        account, linked_customers=linked, customer_id=customer_id if is_first else account.customer_id
    )


def with_email(account: BillingAccount, email: str | None, event: EventReference) -> BillingAccount:
    """Return `account` with the address that `event` reports, unless a newer event reported another one."""
    if email is None or (account.email_event is not None and event <= account.email_event):
        return account
    return replace(account, email=email, email_event=event)


def without_customer(account: BillingAccount, customer_id: str) -> BillingAccount:
    """Return `account` after a customer was deleted in Stripe; another customer's account stays the same."""
    if account.customer_id not in (None, customer_id):
        return account
    return replace(account, customer_id=None, previous_customer_id=customer_id)


def with_subscription(
    account: BillingAccount, subscription: Subscription, terms: BillingTerms, now: datetime
) -> BillingAccount:
    """Return `account` with the subscription added or replaced, and the tenant with the resulting plan."""
    subscriptions = {**account.known_subscriptions, subscription.id: subscription}
    granted = entitlement(subscriptions.values(), terms)
    tenant = replace(account.tenant, billing=_summary(subscriptions, granted, now))
    # A card that was declined at once must not cost a tenant the plan it was given by hand.
    if any(each.state not in NEVER_PAID for each in subscriptions.values()):
        tenant = _entitled(tenant, granted, terms, now)
    return replace(account, subscriptions=subscriptions, tenant=tenant)


def without_subscription(
    account: BillingAccount, subscription_id: str, terms: BillingTerms, now: datetime
) -> BillingAccount:
    """Return `account` without a subscription that Stripe does not know, or whose customer is not the tenant's."""
    left = {key: each for key, each in account.known_subscriptions.items() if key != subscription_id}
    granted = entitlement(left.values(), terms)
    summary = _summary(left, granted, now) if left else NO_SUBSCRIPTION
    tenant = _entitled(replace(account.tenant, billing=summary), granted, terms, now)
    return replace(account, subscriptions=left, tenant=tenant)


def with_recurring_revenue(account: BillingAccount) -> BillingAccount:
    """Return `account` with what its subscriptions say of money, also where it was stored before that was kept."""
    billing = _with_money(account.tenant.billing, account.known_subscriptions.values())
    return replace(account, tenant=replace(account.tenant, billing=billing))


def _entitled(tenant: Tenant, granted: Entitlement, terms: BillingTerms, now: datetime) -> Tenant:
    return replace(_with_free_version(tenant.at(now), terms.plans), entitlement=granted).at(now)


def _with_free_version(tenant: Tenant, plans: PlanCatalog) -> Tenant:
    """Return the tenant with the version of the free plan that it falls back to, once and for all.

    It is the version that the tenant had before its first subscription; without one, the newest.
    """
    if any(each.plan == FREE_PLAN_ID for each in tenant.least_versions):
        return tenant
    version = tenant.plan_version if tenant.plan == FREE_PLAN_ID else plans.free.version
    return tenant.with_least_version(PlanVersion(FREE_PLAN_ID, version))


def _deciding(subscriptions: Mapping[str, Subscription], granted: Entitlement, now: datetime) -> Subscription:
    """Return the subscription that the plan comes from; if none grants one, the newest."""
    granting_id = granted.at(now).subscription_id
    if granting_id:
        return subscriptions[granting_id]
    return max(subscriptions.values(), key=lambda each: each.latest)


def _with_money(summary: BillingSummary, subscriptions: Iterable[Subscription]) -> BillingSummary:
    known = list(subscriptions)
    return replace(
        summary,
        mrr_nanousd=monthly_nanousd(known),
        has_second_subscription=sum(GRANTS[each.state] for each in known) > 1,
    )


def _summary(
    subscriptions: Mapping[str, Subscription], granted: Entitlement, now: datetime
) -> BillingSummary:
    subscription = _deciding(subscriptions, granted, now)
    snapshot, scheduled = subscription.snapshot, subscription.snapshot.scheduled
    summary = BillingSummary(
        status=subscription.state.value,
        subscription_id=snapshot.id,
        interval=snapshot.interval,
        period_start=snapshot.period_start,
        period_end=snapshot.period_end,
        cancel_at_period_end=snapshot.cancel_at_period_end,
        trial_end=snapshot.trial_end,
        past_due_since=subscription.past_due_since,
        scheduled_plan=scheduled.plan if scheduled else None,
        scheduled_interval=scheduled.interval if scheduled else None,
        scheduled_at=scheduled.at if scheduled else None,
        ends_at=None if subscription.state in FINAL_STATES else subscription.ends_at,
    )
    return _with_money(summary, subscriptions.values())
