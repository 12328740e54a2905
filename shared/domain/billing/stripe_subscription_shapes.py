"""Read Stripe's subscriptions in the shapes of API acacia (2024-12-18) to endive (2026-10-28)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, get_args

from shared.domain.billing.plan_mapping import CURRENCY, TENANT_METADATA_KEY, SoldPrice, plan_of
from shared.domain.billing.stripe_fields import Fields, fields_of
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plans import BillingInterval, PlanVersion

SubscriptionStatus = Literal[
    "incomplete", "incomplete_expired", "trialing", "active", "past_due", "unpaid", "paused", "canceled"
]

_TRIAL_BEGINS_WITHIN: Final = timedelta(hours=1)
"""A trial that begins this soon after the subscription is its initial trial, not one granted later."""

_STATUSES: Final[Mapping[str, SubscriptionStatus]] = {name: name for name in get_args(SubscriptionStatus)}
_BEGUN: Final = frozenset({"active", "past_due"})
_INTERVALS: Final[Mapping[str, BillingInterval]] = {name: name for name in get_args(BillingInterval)}


@dataclass(frozen=True, slots=True)
class ScheduledChange:
    """A plan and an interval that replace a subscription's own at an instant; None for a price of no plan."""

    plan: str | None
    interval: BillingInterval
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSnapshot:
    """A subscription in one payload; `plan` is None for a price that maps to no plan."""

    id: str
    customer_id: str
    tenant_id: str | None
    """The tenant that its metadata names, which does not prove who owns the customer."""
    status: SubscriptionStatus
    price_id: str
    plan: str | None
    plan_version: int = 1
    interval: BillingInterval
    created: datetime
    period_start: datetime
    period_end: datetime
    cancel_at_period_end: bool
    cancel_at: datetime | None
    trial_start: datetime | None
    trial_end: datetime | None
    ended_at: datetime | None
    quantity: int = 1
    currency: str | None = None
    unit_amount: int | None = None
    """The price of one unit for one payment, in minor units; None for a price in tiers."""
    interval_count: int = 1
    """The number of intervals between two payments."""
    scheduled: ScheduledChange | None = None
    """The change that a subscription schedule makes next; known where the schedule was expanded."""
    is_ours: bool = True
    """Whether its price or its metadata is ours; without both, it may be another app's."""
    has_payment_method: bool = field(default=False, compare=False)
    """Whether it names what Stripe charges. Not compared, because what was stored before does not have it."""
    is_payment_pending: bool = False
    """Whether a bank debit is paying for it the first time, which takes days; then its status is `incomplete`."""

    @property
    def planned_end(self) -> datetime | None:
        """The instant of the planned cancellation, or None."""
        # Stripe resolves cancel_at_period_end into cancel_at, but not in every version.
        return self.cancel_at or (self.period_end if self.cancel_at_period_end else None)

    @property
    def price_text(self) -> str | None:
        """The price of an interval: `$99.00 per month`; None for tiers and for other currencies than ours."""
        if self.unit_amount is None or self.currency != CURRENCY:
            return None
        return f"${Decimal(self.unit_amount * self.quantity).scaleb(-2):,} per {self.interval}"

    @property
    def pays_from(self) -> datetime:
        """The end of its initial trial; without one, its beginning. A trial granted later does not count."""
        if self.trial_end is None or self._is_trial_granted_later:
            return self.created
        return max(self.created, self.trial_end)

    @property
    def _is_trial_granted_later(self) -> bool:
        return self.trial_start is not None and self.trial_start - self.created > _TRIAL_BEGINS_WITHIN


def read_subscription(stripe_object: object, plans: PlanCatalog) -> SubscriptionSnapshot:
    """Read a subscription from a webhook, or from the API's `to_dict()`. Raise InvalidStripeObject.

    Of several items, the one whose price maps to the highest plan decides the plan and the period.
    """
    subscription = fields_of(stripe_object, "subscription")
    metadata = subscription.metadata()
    item, plan = _deciding_item(subscription, metadata, plans)
    period_start, period_end = _current_period(subscription, item)
    price = item.child("price")
    status = subscription.one_of("status", _STATUSES)
    has_begun = not _is_first_invoice_open(subscription)
    return SubscriptionSnapshot(
        id=subscription.identifier("id"),
        customer_id=subscription.reference("customer"),
        tenant_id=metadata.get(TENANT_METADATA_KEY) or None,
        status=status if has_begun or status not in _BEGUN else "incomplete",
        price_id=price.text("id"),
        plan=plan.plan if plan else None,
        plan_version=plan.version if plan else 1,
        interval=price.child("recurring").one_of("interval", _INTERVALS),
        created=subscription.instant("created"),
        period_start=period_start,
        period_end=period_end,
        cancel_at_period_end=subscription.flag("cancel_at_period_end"),
        cancel_at=subscription.optional_instant("cancel_at"),
        trial_start=subscription.optional_instant("trial_start"),
        trial_end=subscription.optional_instant("trial_end"),
        ended_at=subscription.optional_instant("ended_at"),
        quantity=max(1, item.optional_whole("quantity") or 1),
        currency=price.optional_text("currency"),
        unit_amount=price.optional_whole("unit_amount"),
        interval_count=max(1, price.child("recurring").optional_whole("interval_count") or 1),
        scheduled=_scheduled(subscription, period_end, plans),
        is_ours=plan is not None or TENANT_METADATA_KEY in metadata,
        has_payment_method=any(
            subscription.values.get(name) for name in ("default_payment_method", "default_source")
        ),
        is_payment_pending=status == "active" and not has_begun,
    )


def _deciding_item(
    subscription: Fields, metadata: Mapping[str, str], plans: PlanCatalog
) -> tuple[Fields, PlanVersion | None]:
    """Return the item that decides the plan, and the plan; the first item if no item names one."""
    items = subscription.listed("items")
    if not items:
        raise subscription.invalid("items", "must hold an item")
    sold = [(item, _plan_of_item(item, {}, plans)) for item in items]
    mapped = [(item, plan) for item, plan in sold if plan is not None]
    # max() returns the first of equals, so the order of Stripe's list decides.
    best = max(mapped, key=lambda pair: plans.rank(pair[1].plan), default=None)
    return best or (items[0], _plan_of_item(items[0], metadata, plans))


def _plan_of_item(
    item: Fields, subscription_metadata: Mapping[str, str], plans: PlanCatalog
) -> PlanVersion | None:
    price = item.child("price")
    product = price.expanded("product")
    sold = SoldPrice(
        lookup_key=price.optional_text("lookup_key"),
        product_id=price.optional_reference("product"),
        metadata=price.metadata(),
        product_metadata=product.metadata() if product else {},
    )
    return plan_of(sold, subscription_metadata, plans)


def _is_first_invoice_open(subscription: Fields) -> bool:
    """Return whether it is charged automatically and was never paid for; known where its invoice was expanded.

    Stripe calls it active while a bank debit is under way, and past due after the debit has failed.
    """
    invoice = subscription.expanded("latest_invoice")
    return (
        invoice is not None
        and invoice.values.get("status") == "open"
        and invoice.values.get("billing_reason") == "subscription_create"
        and subscription.values.get("collection_method") != "send_invoice"
    )


def _scheduled(subscription: Fields, period_end: datetime, plans: PlanCatalog) -> ScheduledChange | None:
    """Return the first phase of the subscription's schedule that begins when its current period ends, or later."""
    schedule = subscription.expanded("schedule")
    phases = schedule.each("phases") if schedule else []
    for phase in phases:
        begins = phase.instant("start_date")
        items = phase.each("items")
        price = items[0].expanded("price") if items else None
        if begins >= period_end and price is not None:
            plan = _plan_of_item(items[0], {}, plans)
            interval = price.child("recurring").one_of("interval", _INTERVALS)
            return ScheduledChange(plan.plan if plan else None, interval, begins)
    return None


def _current_period(subscription: Fields, item: Fields) -> tuple[datetime, datetime]:
    """Return the period, which belongs to an item since basil (2025-03-31), before that to the subscription."""
    names = ("current_period_start", "current_period_end")
    owner = item if any(item.values.get(name) is not None for name in names) else subscription
    start, end = (owner.instant(name) for name in names)
    if start >= end:
        raise owner.invalid(names[1], f"must be after current_period_start {owner.values[names[0]]}")
    return start, end
