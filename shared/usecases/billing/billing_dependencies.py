"""The dependencies of the billing use cases, and the steps that several of them take."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from shared.domain.billing.billing_account import (
    BillingAccount,
    with_subscription,
    without_customer,
    without_subscription,
)
from shared.domain.billing.entitlements import BillingTerms, SecondSubscription
from shared.domain.billing.stripe_subscription_shapes import SubscriptionSnapshot
from shared.domain.billing.subscription_states import FINAL_STATES
from shared.domain.billing.subscriptions import ApiSnapshot, Subscription, reconcile
from shared.domain.errors import Unavailable
from shared.domain.limits.plan_catalog import CurrentPlans
from shared.domain.people.audit import AuditEntry, Change
from shared.ports import BillingChange, BillingStore, StaleAccount, StoredAccount, StripeGateway

T = TypeVar("T")

_MAX_TRIES = 10


@dataclass(frozen=True, slots=True)
class BillingDependencies:
    """The store, Stripe, the grace period and the plans; without a gateway, only the payloads of events are known."""

    store: BillingStore
    gateway: StripeGateway | None
    grace: timedelta
    current_plans: CurrentPlans
    second_subscription: SecondSubscription = "alert"

    @property
    def stripe(self) -> StripeGateway:
        """The gateway; raises Unavailable if no API key is configured."""
        if self.gateway is None:
            message = "billing is not set up here: STRIPE_API_KEY is missing"
            raise Unavailable(message, retry_after_seconds=3600, code="billing_not_configured")
        return self.gateway

    @property
    def terms(self) -> BillingTerms:
        """The plans as they are now, and the grace period."""
        return BillingTerms(self.current_plans(), self.grace)

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """Give Stripe so many seconds for all that is asked in this context."""
        return self.gateway.within(seconds) if self.gateway else nullcontext()


def retry_if_stale(attempt: Callable[[], T], subject: str) -> T:
    """Return the result of `attempt`, which is repeated while concurrent requests change what it read."""
    for _ in range(_MAX_TRIES):
        with suppress(StaleAccount):
            return attempt()
    raise Unavailable(f"{subject} is being changed by many requests at once")


def audited(
    billing: BillingDependencies, change: BillingChange, stored: StoredAccount, author: Change
) -> BillingChange:
    """Return `change` with its audit entries and alerts, and with the tenant's plan at that instant.

    The first change after a plan has ended by itself also records that end.
    """
    account = replace(change.account, tenant=change.account.tenant.at(change.at))
    plans = billing.current_plans()
    before, after = stored.account.alerts(plans), account.alerts(plans)
    changed = replace(change, account=account)
    return replace(
        changed,
        audits=[*change.audits, *_audits(changed, stored, author)],
        alerts=[alert for alert in after if alert not in before],
        settled_alerts=sorted({alert.kind for alert in before} - {alert.kind for alert in after}),
    )


def with_stripe_state(billing: BillingDependencies, account: BillingAccount, now: datetime) -> BillingAccount:
    """Return `account` with its customers and every subscription as they are in Stripe now; write nothing.

    A subscription that had not ended, and that Stripe no longer knows, is left out.
    """
    customer_id, known = account.customer_id, account.known_subscriptions
    current = account
    if customer_id is not None and billing.stripe.find_customer(customer_id) is None:
        current = without_customer(account, customer_id)
    listed = [
        each for customer in current.all_customers for each in billing.stripe.list_subscriptions(customer)
    ]
    unlisted, lost = _find_unlisted(billing, account, {each.id for each in listed})
    for each in [*listed, *unlisted]:
        subscription = _corrected(known.get(each.id), ApiSnapshot(each, now))
        current = with_subscription(current, subscription, billing.terms, now)
    for subscription_id in lost:
        current = without_subscription(current, subscription_id, billing.terms, now)
    return current


def _audits(change: BillingChange, stored: StoredAccount, author: Change) -> list[AuditEntry]:
    before, after = stored.account, change.account
    values = [
        ("plan.changed", before.tenant.plan, after.tenant.plan),
        ("billing.status_changed", before.tenant.billing.status, after.tenant.billing.status),
        (_customer_action(after.customer_id), before.customer_id, after.customer_id),
    ]
    if before.tenant.plan == after.tenant.plan:
        old_version, new_version = before.tenant.version_of_plan, after.tenant.version_of_plan
        values.append(("plan.version_changed", str(old_version), str(new_version)))
    if change.invoice:
        previous = stored.invoice.status if stored.invoice else None
        values.append((f"invoice.{change.invoice.id}", previous, change.invoice.status))
    return [author.entry(after.tenant.id, action, old, new) for action, old, new in values if old != new]


def _customer_action(customer_id: str | None) -> str:
    return "billing.customer_linked" if customer_id else "billing.customer_deleted"


def _find_unlisted(
    billing: BillingDependencies, account: BillingAccount, listed: set[str]
) -> tuple[list[SubscriptionSnapshot], list[str]]:
    """Return the subscriptions of previous customers that had not ended when they were last observed.

    The second list has the ids of those that Stripe no longer knows.
    """
    open_ids = [each.id for each in account.known_subscriptions.values() if each.state not in FINAL_STATES]
    found = {each: billing.stripe.find_subscription(each) for each in open_ids if each not in listed}
    return [each for each in found.values() if each], [key for key, each in found.items() if each is None]


def _corrected(known: Subscription | None, snapshot: ApiSnapshot) -> Subscription:
    """Return `known` with Stripe's snapshot; if the events lead to another state, return the snapshot alone."""
    merged, fresh = reconcile(known, snapshot), reconcile(None, snapshot)
    # Only events say when it was first paid for: the API says how long its newest trial lasts.
    return merged if merged.state == fresh.state else replace(fresh, paid_since=merged.paid_since)
