"""Turns one Stripe event into billing state, in any order, once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.accounts import Account, with_subscription
from shared.domain.billing import Observation, Refetch, observe, reconcile, trial_days_left
from shared.domain.entitlements import billing_alerts
from shared.domain.errors import Unavailable
from shared.domain.invoices import InvoiceObservation, merge_invoice
from shared.domain.plan_mapping import TENANT_METADATA_KEY
from shared.domain.stripe_fields import Fields, fields_of
from shared.domain.stripe_shapes import StripeEvent, read_invoice, read_subscription
from shared.domain.tenants import AuditEntry
from shared.ports import (
    AccountRead,
    BillingChange,
    Mail,
    StaleAccount,
    StripeReceipt,
)
from shared.usecases.billing_parts import MAX_TRIES, Billing

APPLIED, DUPLICATE, IGNORED, UNOWNED = "applied", "duplicate", "ignored", "unowned"

REPORT_UNOWNED_AFTER = timedelta(hours=24)
"""Until then an event of a customer nobody owns is refused, so Stripe sends it again: its link may be on the way."""

SUBSCRIPTION_EVENTS = frozenset(
    f"customer.subscription.{what}"
    for what in ("created", "updated", "deleted", "paused", "resumed", "trial_will_end")
)
INVOICE_EVENTS = frozenset(
    f"invoice.{what}"
    for what in (
        *("finalized", "updated", "paid", "payment_failed", "payment_action_required"),
        *("voided", "marked_uncollectible"),
    )
)
CHECKOUT_COMPLETED = "checkout.session.completed"
TRIAL_WILL_END = "customer.subscription.trial_will_end"
CUSTOMER_EVENTS = frozenset({"customer.updated", "customer.deleted"})
DISPUTE_EVENTS = frozenset({"charge.dispute.created", "charge.dispute.closed"})
CHARGE_EVENTS = DISPUTE_EVENTS | {"charge.refunded"}


@dataclass(frozen=True, slots=True)
class _Handling:
    """One event and what was read for it."""

    billing: Billing
    event: StripeEvent
    read: AccountRead
    customer_id: str | None
    is_linked: bool
    """Whether it is known whose customer that is."""
    now: datetime

    @property
    def account(self) -> Account:
        """The tenant's billing before the event."""
        return self.read.account


def apply_stripe_event(billing: Billing, event: StripeEvent, now: datetime) -> str:
    """Apply `event` and remember it, all or nothing; what became of it.

    Raises Unavailable where a repetition may go better, and InvalidStripeObject for a shape nobody knows.
    """
    handle = _handler(event.type)
    if handle is None:
        return _remember(billing, event, IGNORED, now)
    customer_id = _customer_of(billing, event)
    for _ in range(MAX_TRIES):
        is_known, owner = billing.store.find_owner(event.id, customer_id)
        if is_known:
            return DUPLICATE
        tenant_id = owner or _tenant_named_by(event)
        read = billing.store.read_account(tenant_id, _invoice_of(event)) if tenant_id else None
        if read is None:
            return _unowned(billing, event, customer_id, now)
        handling = _Handling(billing, event, read, customer_id, owner is not None, now)
        try:
            billing.store.save_billing(_completed(handle(handling), handling))
        except StaleAccount:
            continue
        return APPLIED
    raise Unavailable("this tenant's billing is being changed by many events at once")


def _handler(event_type: str) -> Callable[[_Handling], BillingChange] | None:
    if event_type in SUBSCRIPTION_EVENTS:
        return _subscription_changed
    if event_type in INVOICE_EVENTS:
        return _invoice_changed
    if event_type == CHECKOUT_COMPLETED:
        return _checkout_completed
    if event_type in CUSTOMER_EVENTS:
        return _customer_changed
    return _charge_changed if event_type in CHARGE_EVENTS else None


def _subscription_changed(handling: _Handling) -> BillingChange:
    event, account, now = handling.event, handling.account, handling.now
    snapshot = read_subscription(event.object)
    observation = Observation(event.id, event.created, event.type, snapshot, "status" in event.changed)
    subscription = observe(
        account.known_subscriptions.get(snapshot.id),
        observation,
        _refetch(handling.billing, snapshot.id, now),
    )
    changed = with_subscription(account, subscription, handling.billing.grace, now)
    mail = _trial_mail(changed, observation) if event.type == TRIAL_WILL_END else None
    alerts = billing_alerts(changed.known_subscriptions.values())
    return BillingChange(changed, now, alerts=alerts, mail=mail)


def _refetch(billing: Billing, subscription_id: str, now: datetime) -> Refetch | None:
    """The subscription as it is in Stripe now; None without a key, and where Stripe does not know it."""
    found = billing.gateway.find_subscription(subscription_id) if billing.gateway else None
    return None if found is None else Refetch(read_subscription(found), now)


def _trial_mail(account: Account, observation: Observation) -> Mail | None:
    days = trial_days_left(observation)
    if account.email is None or days is None:
        return None
    left = "1 day" if days == 1 else f"{days} days"
    text = (
        f"The trial of {account.tenant.name} ends in {left}. Nothing is lost: add a payment method to go on."
    )
    return Mail(account.email, f"Your trial ends in {left}", text)


def _invoice_changed(handling: _Handling) -> BillingChange:
    event = handling.event
    snapshot = read_invoice(event.object)
    found = handling.billing.gateway.find_invoice(snapshot.id) if handling.billing.gateway else None
    asked_at = None if found is None else handling.now
    shown = snapshot if found is None else read_invoice(found)
    observation = InvoiceObservation(event.id, event.created, event.type, shown, asked_at)
    row = merge_invoice(handling.read.invoice, observation)
    return BillingChange(
        handling.account, handling.now, invoice=row, former_invoice=handling.read.invoice_version
    )


def _checkout_completed(handling: _Handling) -> BillingChange:
    session = fields_of(handling.event.object, "session")
    customer = session.optional_child("customer_details")
    email = customer.optional_text("email") if customer else None
    account = replace(handling.account, email=email or handling.account.email)
    subscription_id = session.optional_reference("subscription")
    refetch = _refetch(handling.billing, subscription_id, handling.now) if subscription_id else None
    if refetch is not None:
        known = reconcile(account.known_subscriptions.get(refetch.snapshot.id), refetch)
        account = with_subscription(account, known, handling.billing.grace, handling.now)
    return BillingChange(account, handling.now, alerts=billing_alerts(account.known_subscriptions.values()))


def _customer_changed(handling: _Handling) -> BillingChange:
    customer = fields_of(handling.event.object, "customer")
    if handling.event.type == "customer.deleted":
        # Its subscriptions end by events of their own; the next checkout makes another customer.
        is_current = handling.account.customer_id == customer.text("id")
        account = replace(handling.account, customer_id=None) if is_current else handling.account
        return BillingChange(account, handling.now)
    email = customer.optional_text("email")
    return BillingChange(replace(handling.account, email=email or handling.account.email), handling.now)


def _charge_changed(handling: _Handling) -> BillingChange:
    """Money went back or is disputed: the plan follows the subscription alone, but a person should know."""
    charge = fields_of(handling.event.object, "charge")
    entry = _audit(handling, handling.event.type, None, charge.text("id"))
    return BillingChange(handling.account, handling.now, audits=[entry])


def _completed(change: BillingChange, handling: _Handling) -> BillingChange:
    """`change` with what every change has: its receipt, the customer's link, and the trace of what changed."""
    event, account = handling.event, change.account
    if account.customer_id is None and event.type != "customer.deleted":
        account = replace(account, customer_id=handling.customer_id)
    return replace(
        change,
        account=account,
        receipt=StripeReceipt(event.id, event.type, APPLIED, handling.now),
        link_customer_id=None if handling.is_linked else handling.customer_id,
        audits=[*change.audits, *_audits(replace(change, account=account), handling)],
    )


def _audits(change: BillingChange, handling: _Handling) -> list[AuditEntry]:
    before, after, now = handling.account, change.account, handling.now
    pairs: list[tuple[str, str | None, str | None]] = [
        ("plan.changed", before.tenant.at(now).plan, after.tenant.at(now).plan),
        ("billing.status_changed", before.tenant.billing.status, after.tenant.billing.status),
        ("billing.customer_linked", before.customer_id, after.customer_id),
    ]
    if change.invoice:
        former = handling.read.invoice
        status = change.invoice.invoice.status
        pairs.append(
            (f"invoice.{change.invoice.invoice.id}", former.invoice.status if former else None, status)
        )
    return [_audit(handling, action, old, new) for action, old, new in pairs if old != new]


def _audit(handling: _Handling, action: str, before: str | None, after: str | None) -> AuditEntry:
    tenant_id, reason = handling.account.tenant.id, f"{handling.event.id} {handling.event.type}"
    return AuditEntry(tenant_id, handling.now, "stripe", action, before, after, reason)


def _unowned(billing: Billing, event: StripeEvent, customer_id: str | None, now: datetime) -> str:
    if customer_id is not None and now - event.created < REPORT_UNOWNED_AFTER:
        raise Unavailable(
            f"customer {customer_id} of {event.id} belongs to no tenant yet", retry_after_seconds=60
        )
    return _remember(billing, event, UNOWNED, now)


def _remember(billing: Billing, event: StripeEvent, outcome: str, now: datetime) -> str:
    billing.store.save_receipt(StripeReceipt(event.id, event.type, outcome, now))
    return outcome


def _customer_of(billing: Billing, event: StripeEvent) -> str | None:
    stripe_object = fields_of(event.object, "object")
    if event.type in CUSTOMER_EVENTS:
        return stripe_object.text("id")
    charge_id = stripe_object.optional_reference("charge") if event.type in DISPUTE_EVENTS else None
    if charge_id and billing.gateway:  # a dispute names only what was charged
        charge = billing.gateway.find_charge(charge_id)
        return fields_of(charge, "charge").optional_reference("customer") if charge else None
    return stripe_object.optional_reference("customer")


def _tenant_named_by(event: StripeEvent) -> str | None:
    """The tenant that the object names: platforms write it there, customers cannot."""
    stripe_object = fields_of(event.object, "object")
    if event.type == CHECKOUT_COMPLETED:
        return stripe_object.optional_text("client_reference_id")
    if event.type in INVOICE_EVENTS:
        return _tenant_of_invoice(stripe_object)
    return stripe_object.metadata().get(TENANT_METADATA_KEY)


def _tenant_of_invoice(invoice: Fields) -> str | None:
    """An invoice carries a copy of its subscription's metadata: under `parent` since basil, beside it before."""
    parent = invoice.optional_child("parent") or invoice
    details = parent.optional_child("subscription_details")
    return details.metadata().get(TENANT_METADATA_KEY) if details else None


def _invoice_of(event: StripeEvent) -> str | None:
    return fields_of(event.object, "invoice").text("id") if event.type in INVOICE_EVENTS else None
