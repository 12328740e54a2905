"""The table of Stripe's event types: the reader of each type's object, and the change that it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from shared.domain.billing.billing_account import (
    BillingAccount,
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
    ApiSnapshot,
    SubscriptionObservation,
    observe,
    reconcile,
    trial_days_left,
)
from shared.domain.notices.entries import Outgoing, mail_entries
from shared.domain.notices.mail_templates import trial_mail
from shared.domain.people.tenants import Change
from shared.ports import BillingChange, StoredAccount
from shared.usecases.billing.billing_dependencies import BillingDependencies
from shared.usecases.billing.living_orders import begins, close_other_orders, without_second

P = TypeVar("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookContext:
    """One event with the tenant's billing as it is stored."""

    billing: BillingDependencies
    event: StripeEvent
    stored: StoredAccount
    now: datetime

    @property
    def account(self) -> BillingAccount:
        return self.stored.account

    @property
    def author(self) -> Change:
        """The part that the audit entries of this event share."""
        return Change("stripe", self.now, f"{self.event.id} {self.event.type}")


@dataclass(frozen=True, slots=True)
class EventType(Generic[P]):
    """The reader of an event's object, and the function that turns the object into a change."""

    read: Callable[[object], EventObject[P]]
    change: Callable[[WebhookContext, P], BillingChange]


def read_stripe_event(body: object) -> StripeEvent:
    """Return the event in a webhook's decoded body. Raise NotAnEvent or InvalidStripeObject."""
    return read_event(body, {name: event_type.read for name, event_type in EVENT_TYPES.items()})


def _subscription_changed(context: WebhookContext, snapshot: SubscriptionSnapshot) -> BillingChange:
    account, now = context.account, context.now
    fetched = _fetch_subscription(context.billing, snapshot.id, now)
    known = account.known_subscriptions.get(snapshot.id)
    subscription = observe(known, _observation(context.event, snapshot), fetched)
    changed = with_subscription(account, subscription, context.billing.grace, now)
    if context.billing.gateway and begins(known, subscription):
        pages = context.billing.stripe.list_checkouts(snapshot.customer_id)
        close_other_orders(context.billing, changed, pages)
        changed = without_second(context.billing, changed, now)
    return BillingChange(account=changed, at=now)


def _trial_will_end(context: WebhookContext, snapshot: SubscriptionSnapshot) -> BillingChange:
    change = _subscription_changed(context, snapshot)
    days, account = trial_days_left(_observation(context.event, snapshot)), change.account
    if account.email is None or days is None:
        return change
    mail = trial_mail(account.tenant, account.email, days)
    entries = mail_entries([mail], [context.event.id], account.tenant.id, context.now)
    return replace(change, outgoing=Outgoing(entries=entries))


def _observation(event: StripeEvent, snapshot: SubscriptionSnapshot) -> SubscriptionObservation:
    return SubscriptionObservation(
        event_id=event.id,
        created=event.created,
        kind=event.type,
        snapshot=snapshot,
        changed_status="status" in event.changed,
    )


class UnknownToStripe(Exception):
    """Stripe's API does not know the object of an event, so the event grants nothing."""

    def __init__(self, object_id: str) -> None:
        super().__init__(object_id)
        self.object_id = object_id


def _fetch_subscription(
    billing: BillingDependencies, subscription_id: str, now: datetime
) -> ApiSnapshot | None:
    """Return the subscription as it is in Stripe now; None without an API key. Raise UnknownToStripe."""
    if billing.gateway is None:
        return None
    found = billing.gateway.find_subscription(subscription_id)
    if found is None:
        raise UnknownToStripe(subscription_id)
    return ApiSnapshot(found, now)


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
        invoice=merge_invoice(context.stored.invoice, observation),
        invoice_version=context.stored.invoice_version,
    )


def _checkout_completed(context: WebhookContext, session: CheckoutSession) -> BillingChange:
    event, billing, now = context.event, context.billing, context.now
    account = with_email(context.account, session.email, event.reference)
    fetched = _fetch_subscription(billing, session.subscription_id, now) if session.subscription_id else None
    if fetched is None:
        return BillingChange(account=account, at=now)
    known = account.known_subscriptions.get(fetched.snapshot.id)
    subscription = reconcile(known, fetched, event.reference)
    return BillingChange(account=with_subscription(account, subscription, billing.grace, now), at=now)


def _customer_changed(context: WebhookContext, customer: CustomerSnapshot) -> BillingChange:
    account = with_email(context.account, customer.email, context.event.reference)
    return BillingChange(account=account, at=context.now)


def _customer_deleted(context: WebhookContext, customer: CustomerSnapshot) -> BillingChange:
    # Its subscriptions end by events of their own; the next checkout makes another customer.
    return BillingChange(account=without_customer(context.account, customer.id), at=context.now)


def _money_disputed(context: WebhookContext, payload: ChargeSnapshot | DisputeSnapshot) -> BillingChange:
    """Add an audit entry for a refund or a dispute; the plan depends on the subscription alone."""
    entry = context.author.entry(context.account.tenant.id, context.event.type, None, payload.id)
    return BillingChange(account=context.account, at=context.now, audits=[entry])


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
"""The types that change something; all others are marked as processed and ignored."""
