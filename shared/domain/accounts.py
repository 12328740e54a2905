"""A tenant's billing: its Stripe customer, its subscriptions, and what follows from them for the tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.billing import Subscription
from shared.domain.entitlements import Entitlement, entitlement
from shared.domain.tenants import BillingSummary, Tenant


@dataclass(frozen=True, slots=True)
class Account:
    """All that is known of a tenant's billing. `version` is what its store compares with."""

    tenant: Tenant
    customer_id: str | None = None
    email: str | None = None
    subscriptions: Mapping[str, Subscription] | None = None
    version: object = None

    @property
    def known_subscriptions(self) -> Mapping[str, Subscription]:
        """The subscriptions by their ids."""
        return self.subscriptions or {}


def with_subscription(
    account: Account, subscription: Subscription, grace: timedelta, now: datetime
) -> Account:
    """`account` with a subscription as it is known now, and the tenant with the plan that follows."""
    subscriptions = {**account.known_subscriptions, subscription.id: subscription}
    granted = entitlement(subscriptions.values(), grace)
    tenant = _entitled(account.tenant, granted, now)
    summary = _summary(_deciding(subscriptions, granted, now))
    return replace(account, subscriptions=subscriptions, tenant=replace(tenant, billing=summary))


def _entitled(tenant: Tenant, granted: Entitlement, now: datetime) -> Tenant:
    held = granted.at(now)
    # An anchor that moves leaves the rollups of the former periods behind.
    anchored_at = tenant.at(now).anchored_at if held.anchor == tenant.at(now).anchor else now
    return replace(tenant, plan=held.plan, anchor=held.anchor, anchored_at=anchored_at, entitlement=granted)


def _deciding(subscriptions: Mapping[str, Subscription], granted: Entitlement, now: datetime) -> Subscription:
    """The subscription that the plan comes from; if none grants one, the newest."""
    held = granted.at(now).subscription_id
    return subscriptions[held] if held else max(subscriptions.values(), key=lambda each: each.seen)


def _summary(subscription: Subscription) -> BillingSummary:
    snapshot = subscription.snapshot
    return BillingSummary(
        subscription.state.value,
        snapshot.id,
        snapshot.interval,
        snapshot.period_start,
        snapshot.period_end,
        snapshot.cancel_at_period_end,
        snapshot.trial_end,
        subscription.past_due_since,
    )
