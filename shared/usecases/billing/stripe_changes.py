"""Owns what each type of Stripe's events is about, and what it changes in a tenant's billing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from shared.domain.billing.billing_account import (
    Account,
    EmailSighting,
    with_email,
    with_subscription,
    without_customer,
)
from shared.domain.billing.invoices import InvoiceObservation, merge_invoice
from shared.domain.billing.stripe_events import (
    ChargeSnapshot,
    CheckoutSession,
    CustomerSnapshot,
    DisputeSnapshot,
    EventObject,
    StripeEvent,
    charge_object,
    customer_object,
    dispute_object,
    invoice_object,
    read_event,
    session_object,
    subscription_object,
)
from shared.domain.billing.stripe_shapes import InvoiceSnapshot, SubscriptionSnapshot
from shared.domain.billing.subscriptions import (
    Observation,
    Refetch,
    observe,
    reconcile,
    trial_days_left,
)
from shared.ports import AccountRead, BillingChange, Mail
from shared.usecases.billing.billing_parts import Billing
from shared.usecases.billing.billing_trail import Cause, entry

P = TypeVar("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookContext:
    """One event and what was read for it."""

    billing: Billing
    event: StripeEvent
    read: AccountRead
    now: datetime

    @property
    def account(self) -> Account:
        """The tenant's billing before the event."""
        return self.read.account

    @property
    def cause(self) -> Cause:
        """What the trail says of the event."""
        return Cause("stripe", f"{self.event.id} {self.event.type}")

    @property
    def email_seen(self) -> EmailSighting:
        """The instant and the event by which an address was told."""
        return EmailSighting(self.event.created, self.event.id)


@dataclass(frozen=True, slots=True)
class EventType(Generic[P]):
    """How the object of an event is read, and what the event changes."""

    read: Callable[[object], EventObject[P]]
    change: Callable[[WebhookContext, P], BillingChange]


def read_stripe_event(body: object) -> StripeEvent:
    """Return the event in a webhook's decoded body. Raise NotAnEvent or InvalidStripeObject as read_event does."""
    return read_event(body, {name: event_type.read for name, event_type in EVENT_TYPES.items()})


def _subscription_changed(context: WebhookContext, snapshot: SubscriptionSnapshot) -> BillingChange:
    account, now = context.account, context.now
    refetch = _refetch(context.billing, snapshot.id, now)
    known = account.known_subscriptions.get(snapshot.id)
    subscription = observe(known, _observation(context.event, snapshot), refetch)
    changed = with_subscription(account, subscription, context.billing.grace, now)
    return BillingChange(account=changed, at=now)


def _trial_will_end(context: WebhookContext, snapshot: SubscriptionSnapshot) -> BillingChange:
    change = _subscription_changed(context, snapshot)
    return replace(change, mail=_trial_mail(change.account, _observation(context.event, snapshot)))


def _observation(event: StripeEvent, snapshot: SubscriptionSnapshot) -> Observation:
    return Observation(
        event_id=event.id,
        created=event.created,
        kind=event.type,
        snapshot=snapshot,
        changed_status="status" in event.changed,
    )


def _refetch(billing: Billing, subscription_id: str, now: datetime) -> Refetch | None:
    """Ask Stripe for the subscription as it is now; None without a key, and if Stripe does not know it."""
    found = billing.gateway.find_subscription(subscription_id) if billing.gateway else None
    return None if found is None else Refetch(found, now)


def _trial_mail(account: Account, observation: Observation) -> Mail | None:
    days = trial_days_left(observation)
    if account.email is None or days is None:
        return None
    left = "1 day" if days == 1 else f"{days} days"
    text = (
        f"The trial of {account.tenant.name} ends in {left}. Nothing is lost: add a payment method to go on."
    )
    return Mail(to=account.email, subject=f"Your trial ends in {left}", text=text)


def _invoice_changed(context: WebhookContext, snapshot: InvoiceSnapshot) -> BillingChange:
    event, gateway = context.event, context.billing.gateway
    found = gateway.find_invoice(snapshot.id) if gateway else None
    observation = InvoiceObservation(
        event_id=event.id,
        created=event.created,
        kind=event.type,
        snapshot=found or snapshot,
        asked_at=context.now if found else None,
    )
    return BillingChange(
        account=context.account,
        at=context.now,
        invoice=merge_invoice(context.read.invoice, observation),
        former_invoice=context.read.invoice_version,
    )


def _checkout_completed(context: WebhookContext, session: CheckoutSession) -> BillingChange:
    event, billing, now = context.event, context.billing, context.now
    account = with_email(context.account, session.email, context.email_seen)
    refetch = _refetch(billing, session.subscription_id, now) if session.subscription_id else None
    if refetch is None:
        return BillingChange(account=account, at=now)
    known = account.known_subscriptions.get(refetch.snapshot.id)
    subscription = reconcile(known, refetch, (event.created, event.id))
    return BillingChange(account=with_subscription(account, subscription, billing.grace, now), at=now)


def _customer_changed(context: WebhookContext, customer: CustomerSnapshot) -> BillingChange:
    account = with_email(context.account, customer.email, context.email_seen)
    return BillingChange(account=account, at=context.now)


def _customer_deleted(context: WebhookContext, customer: CustomerSnapshot) -> BillingChange:
    # Its subscriptions end by events of their own; the next checkout makes another customer.
    return BillingChange(account=without_customer(context.account, customer.id), at=context.now)


def _money_disputed(context: WebhookContext, payload: ChargeSnapshot | DisputeSnapshot) -> BillingChange:
    """Note for people that money went back or is disputed: the plan follows the subscription alone."""
    told = context.event.type, None, payload.id
    audit = entry(context.account.tenant.id, context.now, context.cause, told)
    return BillingChange(account=context.account, at=context.now, audits=[audit])


_SUBSCRIPTION: Final = EventType(subscription_object, _subscription_changed)
_TRIAL_END: Final = EventType(subscription_object, _trial_will_end)
_INVOICE: Final = EventType(invoice_object, _invoice_changed)
_CHECKOUT: Final = EventType(session_object, _checkout_completed)
_CUSTOMER: Final = EventType(customer_object, _customer_changed)
_DELETED_CUSTOMER: Final = EventType(customer_object, _customer_deleted)
_CHARGE: Final = EventType(charge_object, _money_disputed)
_DISPUTE: Final = EventType(dispute_object, _money_disputed)

EVENT_TYPES: Final[Mapping[str, EventType[Any]]] = {
    "customer.subscription.created": _SUBSCRIPTION,
    "customer.subscription.updated": _SUBSCRIPTION,
    "customer.subscription.deleted": _SUBSCRIPTION,
    "customer.subscription.paused": _SUBSCRIPTION,
    "customer.subscription.resumed": _SUBSCRIPTION,
    "customer.subscription.trial_will_end": _TRIAL_END,
    "invoice.finalized": _INVOICE,
    "invoice.updated": _INVOICE,
    "invoice.paid": _INVOICE,
    "invoice.payment_failed": _INVOICE,
    "invoice.payment_action_required": _INVOICE,
    "invoice.voided": _INVOICE,
    "invoice.marked_uncollectible": _INVOICE,
    "checkout.session.completed": _CHECKOUT,
    "customer.updated": _CUSTOMER,
    "customer.deleted": _DELETED_CUSTOMER,
    "charge.refunded": _CHARGE,
    "charge.dispute.created": _DISPUTE,
    "charge.dispute.closed": _DISPUTE,
}
"""The types that change something; all others are remembered and change nothing."""
