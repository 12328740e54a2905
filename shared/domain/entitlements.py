"""Owns what a tenant's subscriptions grant it: which plan, until when, and what a person should look at."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from shared.domain.billing import Subscription, SubscriptionState
from shared.domain.plan_mapping import catalog_rank
from shared.domain.plans import FREE_PLAN
from shared.domain.stripe_shapes import BillingInterval

DEFAULT_GRACE: Final = timedelta(days=7)
"""How long a plan stays while a renewal's payment fails; Stripe's own retries take up to two weeks."""

_NEVER: Final = datetime.max.replace(tzinfo=UTC)

GRANTS: Final[Mapping[SubscriptionState, bool]] = {
    SubscriptionState.NONE: False,
    SubscriptionState.INCOMPLETE: False,
    SubscriptionState.TRIALING: True,
    SubscriptionState.ACTIVE: True,
    SubscriptionState.PAST_DUE: True,  # for the grace period
    SubscriptionState.UNPAID: False,
    SubscriptionState.PAUSED: False,
    SubscriptionState.CANCELED: False,
    SubscriptionState.EXPIRED: False,
}
"""Whether a subscription in this state grants its plan.

Pausing only the collection of payments is no state of Stripe's: the seller chose not to charge, the plan stays.
"""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The plan that holds before `until` (None: without an end known), and what holds `then` (None: free).

    `anchor` is where the metering periods start; None: the calendar month.
    """

    plan: str
    until: datetime | None = None
    subscription_id: str | None = None
    anchor: datetime | None = None
    interval: BillingInterval | None = None
    then: "Entitlement | None" = None

    def at(self, now: datetime) -> "Entitlement":
        """What holds at `now`. Decided when reading, so an end needs no webhook to take effect."""
        if self.until is None or now < self.until:
            return self
        return (self.then or FREE).at(now)


FREE: Final = Entitlement(FREE_PLAN.id)
"""What a tenant has without a subscription."""

AlertKind = Literal["several_subscriptions", "unmapped_price"]


@dataclass(frozen=True, slots=True)
class BillingAlert:
    """Something about a tenant's subscriptions that a person should put right."""

    kind: AlertKind
    subscription_ids: tuple[str, ...]
    message: str


def entitlement(subscriptions: Collection[Subscription], grace: timedelta = DEFAULT_GRACE) -> Entitlement:
    """What the tenant of these subscriptions is granted.

    A trialing or active one grants its plan, until it is canceled if that is planned; one past due grants it
    for `grace` from the failure. The highest plan of the catalog counts, then the one that lasts longer, and
    when it ends, the best of those that last beyond it.
    """
    granted = FREE
    for subscription in sorted(subscriptions, key=lambda each: _worth(each, grace)):
        if subscription.plan is None or not GRANTS[subscription.state]:
            continue
        until = _until(subscription, grace)
        after = granted.at(until) if until else FREE
        granted = replace(_granted_by(subscription, subscription.plan), until=until, then=_unless_free(after))
    return granted


def billing_alerts(subscriptions: Collection[Subscription]) -> tuple[BillingAlert, ...]:
    """What is wrong with these subscriptions, whatever their order."""
    granting = sorted((each for each in subscriptions if GRANTS[each.state]), key=lambda each: each.id)
    alerts = [_unmapped(each) for each in granting if each.snapshot.plan is None]
    if len(granting) > 1:
        ids = tuple(each.id for each in granting)
        message = f"{len(ids)} subscriptions run at once, and the best counts: {', '.join(ids)}"
        alerts.append(BillingAlert("several_subscriptions", ids, message))
    return tuple(alerts)


def _until(subscription: Subscription, grace: timedelta) -> datetime | None:
    """When the plan ends; with both an end and a failure, whichever is first."""
    snapshot, failed_at = subscription.snapshot, subscription.past_due_since
    # Stripe resolves cancel_at_period_end into cancel_at, but not in every version.
    period_end = snapshot.period_end if snapshot.cancel_at_period_end else None
    grace_end = failed_at + grace if failed_at else None
    ends = [end for end in (snapshot.cancel_at or period_end, grace_end) if end]
    return min(ends, default=None)


def _worth(subscription: Subscription, grace: timedelta) -> tuple[int, datetime, datetime, str]:
    """Sorts the best last; the id only so that two alike have an order."""
    rank = -1 if subscription.plan is None else catalog_rank(subscription.plan)
    return rank, _until(subscription, grace) or _NEVER, subscription.snapshot.period_end, subscription.id


def _granted_by(subscription: Subscription, plan: str) -> Entitlement:
    snapshot = subscription.snapshot
    return Entitlement(plan, None, subscription.id, snapshot.anchor, snapshot.interval)


def _unless_free(granted: Entitlement) -> Entitlement | None:
    return None if granted == FREE else granted


def _unmapped(subscription: Subscription) -> BillingAlert:
    kept = f"the plan stays {subscription.plan}" if subscription.plan else "nothing is granted"
    message = f"price {subscription.snapshot.price_id} of {subscription.id} maps to no plan: {kept}"
    return BillingAlert("unmapped_price", (subscription.id,), message)
