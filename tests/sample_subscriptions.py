"""A subscription and an invoice with a value in every field; a test changes the fields that it is about."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot
from shared.domain.billing.stripe_subscription_shapes import SubscriptionSnapshot
from shared.domain.billing.subscriptions import (
    SUBSCRIPTION_CREATED,
    SUBSCRIPTION_DELETED,
    ApiSnapshot,
    Subscription,
    SubscriptionObservation,
    observe,
)

UPDATED = "customer.subscription.updated"
DAY = timedelta(days=1)
START = datetime(2026, 10, 15, 9, tzinfo=UTC)
PERIOD = timedelta(days=31)

SNAPSHOT = SubscriptionSnapshot(
    id="sub_1",
    customer_id="cus_1",
    tenant_id="acme",
    status="active",
    price_id="price_starter",
    plan="starter",
    interval="month",
    created=START,
    period_start=START,
    period_end=START + PERIOD,
    cancel_at_period_end=False,
    cancel_at=None,
    trial_start=None,
    trial_end=None,
    ended_at=None,
)

INVOICE = InvoiceSnapshot(
    id="in_1",
    number="ACME-0001",
    status="open",
    customer_id="cus_1",
    subscription_id="sub_1",
    currency="usd",
    total=2_900,
    amount_due=2_900,
    amount_paid=0,
    amount_remaining=2_900,
    created=START,
    period_start=START,
    period_end=START + PERIOD,
    attempt_count=0,
    next_payment_attempt=None,
    hosted_invoice_url=None,
    invoice_pdf=None,
)


def on_day(days: float) -> datetime:
    """Return the instant `days` after the subscription started."""
    return START + days * DAY


def observed(
    days: float, report: str, /, *, event_id: str | None = None, **changes: Any
) -> SubscriptionObservation:
    """Return an event `days` after the start that reports a status, or `created` or `deleted`."""
    kinds = {"created": (SUBSCRIPTION_CREATED, "active"), "deleted": (SUBSCRIPTION_DELETED, "canceled")}
    kind, status = kinds.get(report, (UPDATED, report))
    changed_status = changes.pop("changed_status", False)
    snapshot = replace(SNAPSHOT, **({"status": status} | changes))
    return SubscriptionObservation(
        event_id=event_id or f"evt_{days}_{report}",
        created=on_day(days),
        kind=kind,
        snapshot=snapshot,
        changed_status=changed_status,
    )


def subscription_after(
    scenario: Iterable[SubscriptionObservation], fetched: ApiSnapshot | None = None
) -> Subscription:
    """Return the subscription after these events in this order, each with the API's snapshot, if any."""
    nothing: Subscription | None = None
    known = reduce(lambda previous, each: observe(previous, each, fetched), scenario, nothing)
    assert known is not None
    return known
