"""The entitlement that a tenant's subscriptions grant, and the alerts that need a person."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from shared.domain.billing.metering_anchor import AnchorSpan, anchors_of
from shared.domain.billing.plan_mapping import price_of
from shared.domain.billing.subscription_states import SubscriptionState
from shared.domain.billing.subscriptions import Subscription
from shared.domain.limits.entitlement import FREE, Entitlement
from shared.domain.limits.plan_catalog import PlanCatalog

DEFAULT_GRACE: Final = timedelta(days=7)
"""The time for which a plan outlasts a failed renewal; Stripe's own retries take up to two weeks."""

_NO_PLAN: Final = -2
"""Ranks below every plan, also one that is not in the catalog any more."""
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
"""True for the states in which a subscription grants its plan.

A subscription whose payment collection is paused stays active in Stripe, so it keeps its plan.
"""

SecondSubscription = Literal["alert", "cancel_newer"]
"""The end of a second living subscription: none but an alert, or the newer one is canceled."""

AlertKind = Literal["several_subscriptions", "unmapped_price", "other_price", "other_tenant"]


@dataclass(frozen=True, slots=True)
class BillingAlert:
    """A problem of a tenant's subscriptions that a person should fix."""

    kind: AlertKind
    subscription_ids: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class BillingTerms:
    """The catalog of plans, by which subscriptions grant, and how long a plan outlasts a failed renewal."""

    plans: PlanCatalog
    grace: timedelta = DEFAULT_GRACE


def entitlement(subscriptions: Collection[Subscription], terms: BillingTerms) -> Entitlement:
    """Return the plans that these subscriptions grant, and the metering anchors of the newest paid life.

    A trialing or active subscription grants its plan until its planned cancellation, if any; a past due one that
    was paid before for the grace period from the failure. The highest plan of the catalog counts, then the one that
    lasts longer; when it ends, the best of those that last beyond it.
    """
    return _anchored(_granted(subscriptions, terms), anchors_of(subscriptions))


def _granted(subscriptions: Collection[Subscription], terms: BillingTerms) -> Entitlement:
    granted = FREE
    for subscription in sorted(subscriptions, key=lambda each: _worth(each, terms)):
        if subscription.plan is None or not GRANTS[subscription.state]:
            continue
        until = _until(subscription, terms.grace)
        after = granted.at(until) if until else FREE
        granted = Entitlement(
            plan=subscription.plan,
            plan_version=subscription.plan_version,
            until=until,
            subscription_id=subscription.id,
            interval=subscription.snapshot.interval,
            quantity=subscription.snapshot.quantity,
            then=_unless_free(after),
        )
    return granted


def _anchored(granted: Entitlement, anchors: Sequence[AnchorSpan]) -> Entitlement:
    """Return `granted` with its anchors, split at the instants at which an anchor ends before the plan."""
    span, *later = anchors
    until = min((end for end in (granted.until, span.until) if end), default=None)
    if until is None:
        return replace(granted, anchor=span.anchor)
    then = _anchored(granted.at(until), later if span.until == until else anchors)
    return replace(granted, until=until, anchor=span.anchor, then=_unless_free(then))


def billing_alerts(
    subscriptions: Collection[Subscription], tenant_id: str, plans: PlanCatalog
) -> tuple[BillingAlert, ...]:
    """Return the problems of a tenant's subscriptions, in an order that does not depend on theirs."""
    granting = sorted((each for each in subscriptions if GRANTS[each.state]), key=lambda each: each.id)
    found = [*map(_unmapped, granting), *(_other_price(each, plans) for each in granting)]
    found += [_other_tenant(each, tenant_id) for each in granting]
    alerts = _one_of_each_kind(alert for alert in found if alert)
    if len(granting) > 1:
        ids = tuple(each.id for each in granting)
        message = f"{len(ids)} subscriptions run at once, and the highest plan counts: {', '.join(ids)}"
        alerts.append(BillingAlert("several_subscriptions", ids, message))
    return tuple(alerts)


def _until(subscription: Subscription, grace: timedelta) -> datetime | None:
    """Return the end of the subscription or of its grace period, whichever is first.

    Before its first payment a subscription has no grace: a trial whose card is declined at its end has ended.
    """
    failed_at = subscription.past_due_since
    lasting = timedelta() if subscription.is_first_payment_due else grace
    grace_end = failed_at + lasting if failed_at else None
    return min((end for end in (subscription.ends_at, grace_end) if end), default=None)


def _worth(subscription: Subscription, terms: BillingTerms) -> tuple[int, datetime, datetime, str]:
    """Return a key that sorts the best subscription last; the id makes the order total."""
    rank = _NO_PLAN if subscription.plan is None else terms.plans.rank(subscription.plan)
    return (
        rank,
        _until(subscription, terms.grace) or _NEVER,
        subscription.snapshot.period_end,
        subscription.id,
    )


def _unless_free(granted: Entitlement) -> Entitlement | None:
    return None if granted == FREE else granted


def _one_of_each_kind(alerts: Iterable[BillingAlert]) -> list[BillingAlert]:
    """Join the alerts of one kind, which are stored in one document."""
    joined: dict[AlertKind, BillingAlert] = {}
    for alert in alerts:
        known = joined.get(alert.kind)
        joined[alert.kind] = alert if known is None else _joined(known, alert)
    return list(joined.values())


def _joined(one: BillingAlert, other: BillingAlert) -> BillingAlert:
    ids = (*one.subscription_ids, *other.subscription_ids)
    return BillingAlert(one.kind, ids, f"{one.message}; {other.message}")


def _other_price(subscription: Subscription, plans: PlanCatalog) -> BillingAlert | None:
    """Return the alert of a mapped price that is not the one of its version in the catalog."""
    snapshot = subscription.snapshot
    plan = plans.find(snapshot.plan, snapshot.plan_version) if snapshot.plan else None
    spec = price_of(plan, snapshot.interval) if plan else None
    if plan is not None and plan.version < snapshot.plan_version:
        message = (
            f"{subscription.id} names version {snapshot.plan_version} of plan {plan.id}, which does not exist"
        )
        return BillingAlert("other_price", (subscription.id,), message)
    if spec is None or snapshot.currency is None:
        return None
    if (snapshot.currency, snapshot.unit_amount) == (spec.currency, spec.unit_amount):
        return None
    message = (
        f"{subscription.id} pays {snapshot.unit_amount} {snapshot.currency} per {snapshot.interval} for plan"
        f" {snapshot.plan}, and the catalog's price is {spec.unit_amount} {spec.currency} (minor units)"
    )
    return BillingAlert("other_price", (subscription.id,), message)


def _other_tenant(subscription: Subscription, tenant_id: str) -> BillingAlert | None:
    """Return the alert of a subscription that names another tenant than its customer's."""
    named = subscription.snapshot.tenant_id
    if named in (None, tenant_id):
        return None
    message = (
        f"{subscription.id} names tenant {named}, but its customer belongs to {tenant_id}, which it grants"
    )
    return BillingAlert("other_tenant", (subscription.id,), message)


def _unmapped(subscription: Subscription) -> BillingAlert | None:
    if subscription.snapshot.plan is not None:
        return None
    effect = f"the plan stays {subscription.plan}" if subscription.plan else "no plan is granted"
    message = f"price {subscription.snapshot.price_id} of {subscription.id} maps to no plan: {effect}"
    return BillingAlert("unmapped_price", (subscription.id,), message)
