"""The table of Stripe's event types: the reader of each type's object, and the change that it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from shared.domain.billing.billing_account import (
    BillingAccount,
    with_email,
    with_subscription,
    without_customer,
)
from shared.domain.billing.corrections import Correction, ObservedCorrection
from shared.domain.billing.invoices import (
    DELETED,
    InvoiceObservation,
    InvoiceRow,
    correct_invoice,
    merge_invoice,
)
from shared.domain.billing.stripe_events import (
    CheckoutSession,
    CustomerSnapshot,
    EventObject,
    StripeEvent,
    charge_object,
    credit_note_object,
    customer_object,
    dispute_object,
    invoice_object,
    read_event,
    refund_object,
    session_object,
    subscription_object,
)
from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot
from shared.domain.billing.stripe_subscription_shapes import SubscriptionSnapshot
from shared.domain.billing.subscriptions import (
    ApiSnapshot,
    Subscription,
    SubscriptionObservation,
    observe,
    reconcile,
    trial_days_left,
)
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.notices.entries import Outgoing, mail_entries
from shared.domain.notices.mail_templates import TrialEnd, trial_mail
from shared.domain.people.audit import Change
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

    read: Callable[[object], EventObject[P]] | None
    """None for subscriptions, which are read with the plans."""
    change: Callable[[WebhookContext, P], BillingChange]


def read_stripe_event(body: object, plans: PlanCatalog) -> StripeEvent:
    """Return the event in a webhook's decoded body. Raise NotAnEvent or InvalidStripeObject."""
    read_subscription = partial(subscription_object, plans=plans)
    readers = {name: event_type.read or read_subscription for name, event_type in EVENT_TYPES.items()}
    return read_event(body, readers)


def _subscription_changed(context: WebhookContext, snapshot: SubscriptionSnapshot) -> BillingChange:
    account, now = context.account, context.now
    fetched = _fetch_subscription(context.billing, snapshot.id, now)
    known = account.known_subscriptions.get(snapshot.id)
    subscription = observe(known, _observation(context.event, snapshot), fetched)
    return _with_one_living(context, known, subscription)


def _with_one_living(
    context: WebhookContext, known: Subscription | None, subscription: Subscription
) -> BillingChange:
    """Store the subscription; if it begins, close the tenant's other orders."""
    billing, now = context.billing, context.now
    changed = with_subscription(context.account, subscription, billing.terms, now)
    if billing.gateway and begins(known, subscription):
        pages = billing.gateway.list_checkouts(subscription.snapshot.customer_id)
        close_other_orders(billing, changed, pages)
        changed = without_second(billing, changed, now)
    return BillingChange(account=changed, at=now)


def _trial_will_end(context: WebhookContext, snapshot: SubscriptionSnapshot) -> BillingChange:
    change = _subscription_changed(context, snapshot)
    days, account = trial_days_left(_observation(context.event, snapshot)), change.account
    if account.email is None or days is None or snapshot.trial_end is None:
        return change
    planned_end = snapshot.planned_end
    trial = TrialEnd(
        at=snapshot.trial_end,
        days_left=days,
        price=snapshot.price_text,
        has_payment_method=snapshot.has_payment_method,
        is_canceled=planned_end is not None and planned_end <= snapshot.trial_end,
    )
    mail = trial_mail(account.tenant, account.email, trial)
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
    found = _find_invoice(context, snapshot.id)
    # A draft that Stripe does not know was deleted, and `invoice.deleted` says so.
    if (
        context.billing.gateway
        and found is None
        and snapshot.status == "draft"
        and context.event.type != DELETED
    ):
        return BillingChange(account=context.account, at=context.now)
    return _with_invoice(
        context, merge_invoice(context.stored.invoice, found or _observed(context, snapshot))
    )


def _find_invoice(context: WebhookContext, invoice_id: str) -> InvoiceObservation | None:
    """Return the invoice as it is in Stripe now; None without an API key or if Stripe has none of that id."""
    gateway = context.billing.gateway
    found = gateway.find_invoice(invoice_id) if gateway else None
    return replace(_observed(context, found), asked_at=context.now) if found else None


def _observed(context: WebhookContext, snapshot: InvoiceSnapshot) -> InvoiceObservation:
    event = context.event
    return InvoiceObservation(event_id=event.id, created=event.created, kind=event.type, snapshot=snapshot)


def _with_invoice(context: WebhookContext, row: InvoiceRow) -> BillingChange:
    version = context.stored.invoice_version
    return BillingChange(account=context.account, at=context.now, invoice=row, invoice_version=version)


def _checkout_completed(context: WebhookContext, session: CheckoutSession) -> BillingChange:
    event, billing, now = context.event, context.billing, context.now
    account = with_email(context.account, session.email, event.reference)
    fetched = _fetch_subscription(billing, session.subscription_id, now) if session.subscription_id else None
    if fetched is None:
        return BillingChange(account=account, at=now)
    known = account.known_subscriptions.get(fetched.snapshot.id)
    subscription = reconcile(known, fetched, event.reference)
    stored = replace(context.stored, account=account)
    return _with_one_living(replace(context, stored=stored), known, subscription)


def _customer_changed(context: WebhookContext, customer: CustomerSnapshot) -> BillingChange:
    account = with_email(context.account, customer.email, context.event.reference)
    return BillingChange(account=account, at=context.now)


def _customer_deleted(context: WebhookContext, customer: CustomerSnapshot) -> BillingChange:
    # Its subscriptions end by events of their own; the next checkout makes another customer.
    return BillingChange(account=without_customer(context.account, customer.id), at=context.now)


def _invoice_corrected(context: WebhookContext, correction: Correction) -> BillingChange:
    """Add an audit entry, and change the invoice if it is known; the plan depends on the subscription alone."""
    event, invoice_id = context.event, correction.invoice_id
    audits = [context.author.entry(context.account.tenant.id, event.type, None, correction.id)]
    if invoice_id is None:
        return BillingChange(account=context.account, at=context.now, audits=audits)
    row, found = context.stored.invoice or InvoiceRow(id=invoice_id), _find_invoice(context, invoice_id)
    observed = ObservedCorrection(correction=correction, at=event.created, event_id=event.id)
    corrected = correct_invoice(merge_invoice(row, found) if found else row, observed)
    return replace(_with_invoice(context, corrected), audits=audits)


_SUBSCRIPTION: Final = EventType(None, _subscription_changed)
_TRIAL_END: Final = EventType(None, _trial_will_end)
_INVOICE: Final = EventType(invoice_object, _invoice_changed)
_CHECKOUT: Final = EventType(session_object, _checkout_completed)
_CUSTOMER: Final = EventType(customer_object, _customer_changed)
_DELETED_CUSTOMER: Final = EventType(customer_object, _customer_deleted)
_CHARGE: Final = EventType(charge_object, _invoice_corrected)
_REFUND: Final = EventType(refund_object, _invoice_corrected)
_CREDIT_NOTE: Final = EventType(credit_note_object, _invoice_corrected)
_DISPUTE: Final = EventType(dispute_object, _invoice_corrected)

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
    "invoice.deleted": _INVOICE,
    "checkout.session.completed": _CHECKOUT,
    "checkout.session.async_payment_succeeded": _CHECKOUT,
    "checkout.session.async_payment_failed": _CHECKOUT,
    "customer.updated": _CUSTOMER,
    "customer.deleted": _DELETED_CUSTOMER,
    "charge.refunded": _CHARGE,
    "refund.created": _REFUND,
    "refund.updated": _REFUND,
    "refund.failed": _REFUND,
    "credit_note.created": _CREDIT_NOTE,
    "credit_note.updated": _CREDIT_NOTE,
    "credit_note.voided": _CREDIT_NOTE,
    "charge.dispute.created": _DISPUTE,
    "charge.dispute.closed": _DISPUTE,
}
"""The types that change something; all others are marked as processed and ignored."""
