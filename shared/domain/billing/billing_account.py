"""A tenant's billing: its Stripe customer, its subscriptions, and what follows from them for the tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.domain.billing.entitlements import BillingAlert, billing_alerts, entitlement
from shared.domain.billing.subscription_states import NEVER_PAID
from shared.domain.billing.subscriptions import Subscription
from shared.domain.limits.entitlement import Entitlement
from shared.domain.people.tenants import BillingSummary, Tenant


class EmailSighting(NamedTuple):
    """Which event told the address: of several the newest by Stripe's clock counts, whatever came last."""

    at: datetime
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All that is known of a tenant's billing. `version` is what its store compares with."""

    tenant: Tenant
    customer_id: str | None = None
    email: str | None = None
    subscriptions: Mapping[str, Subscription] | None = None
    version: object = None
    email_seen: EmailSighting | None = None
    former_customer_id: str | None = None
    """The customer that was deleted in Stripe; the next one is made anew and not found again by its key."""

    @property
    def known_subscriptions(self) -> Mapping[str, Subscription]:
        """The subscriptions by their ids."""
        return self.subscriptions or {}

    @property
    def alerts(self) -> tuple[BillingAlert, ...]:
        """What a person should put right now."""
        return billing_alerts(self.known_subscriptions.values())


def with_email(account: Account, email: str | None, seen: EmailSighting) -> Account:
    """`account` with the address that a newer event than any before it tells; None tells nothing."""
    if email is None or (account.email_seen is not None and seen <= account.email_seen):
        return account
    return replace(account, email=email, email_seen=seen)


def without_customer(account: Account, customer_id: str) -> Account:
    """`account` when a customer was deleted in Stripe: if it was the account's, the account has none."""
    if account.customer_id not in (None, customer_id):
        return account
    return replace(account, customer_id=None, former_customer_id=customer_id)


def with_subscription(
    account: Account, subscription: Subscription, grace: timedelta, now: datetime
) -> Account:
    """`account` with a subscription as it is known now, and the tenant with the plan that follows."""
    subscriptions = {**account.known_subscriptions, subscription.id: subscription}
    granted = entitlement(subscriptions.values(), grace)
    tenant = replace(account.tenant, billing=_summary(_deciding(subscriptions, granted, now)))
    # A card that was declined at once must not cost a tenant the plan it was given by hand.
    if any(each.state not in NEVER_PAID for each in subscriptions.values()):
        tenant = _entitled(tenant, granted, now)
    return replace(account, subscriptions=subscriptions, tenant=tenant)


def _entitled(tenant: Tenant, granted: Entitlement, now: datetime) -> Tenant:
    held = granted.at(now)
    return replace(tenant, plan=held.plan, anchor=held.anchor, entitlement=granted)


def _deciding(subscriptions: Mapping[str, Subscription], granted: Entitlement, now: datetime) -> Subscription:
    """The subscription that the plan comes from; if none grants one, the newest."""
    held = granted.at(now).subscription_id
    return subscriptions[held] if held else max(subscriptions.values(), key=lambda each: each.seen)


def _summary(subscription: Subscription) -> BillingSummary:
    snapshot = subscription.snapshot
    return BillingSummary(
        status=subscription.state.value,
        subscription_id=snapshot.id,
        interval=snapshot.interval,
        period_start=snapshot.period_start,
        period_end=snapshot.period_end,
        cancel_at_period_end=snapshot.cancel_at_period_end,
        trial_end=snapshot.trial_end,
        past_due_since=subscription.past_due_since,
    )
