"""Owns what each type of Stripe's events changes in a tenant's billing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.accounts import Account, EmailSighting, with_email, with_subscription, without_customer
from shared.domain.billing import Observation, Refetch, observe, reconcile, trial_days_left
from shared.domain.invoices import InvoiceObservation, merge_invoice
from shared.domain.stripe_fields import fields_of
from shared.domain.stripe_shapes import StripeEvent, read_invoice, read_subscription
from shared.ports import AccountRead, BillingChange, Mail
from shared.usecases.billing_parts import Billing
from shared.usecases.billing_trail import Cause, entry

SUBSCRIPTION_EVENTS: Final = frozenset(
    f"customer.subscription.{what}"
    for what in ("created", "updated", "deleted", "paused", "resumed", "trial_will_end")
)
INVOICE_EVENTS: Final = frozenset(
    f"invoice.{what}"
    for what in (
        *("finalized", "updated", "paid", "payment_failed", "payment_action_required"),
        *("voided", "marked_uncollectible"),
    )
)
CHECKOUT_COMPLETED: Final = "checkout.session.completed"
TRIAL_WILL_END: Final = "customer.subscription.trial_will_end"
CUSTOMER_DELETED: Final = "customer.deleted"
CUSTOMER_EVENTS: Final = frozenset({"customer.updated", CUSTOMER_DELETED})
DISPUTE_EVENTS: Final = frozenset({"charge.dispute.created", "charge.dispute.closed"})
CHARGE_EVENTS: Final = DISPUTE_EVENTS | {"charge.refunded"}


@dataclass(frozen=True, slots=True)
class Handling:
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
        """When an address was seen that the event tells."""
        return EmailSighting(self.event.created, self.event.id)


Handler = Callable[[Handling], BillingChange]


def handler_of(event_type: str) -> Handler | None:
    """What handles events of that type; None for those that change nothing."""
    if event_type in SUBSCRIPTION_EVENTS:
        return _subscription_changed
    if event_type in INVOICE_EVENTS:
        return _invoice_changed
    if event_type == CHECKOUT_COMPLETED:
        return _checkout_completed
    if event_type in CUSTOMER_EVENTS:
        return _customer_changed
    return _charge_changed if event_type in CHARGE_EVENTS else None


def _subscription_changed(handling: Handling) -> BillingChange:
    event, account, now = handling.event, handling.account, handling.now
    snapshot = read_subscription(event.object)
    observation = Observation(event.id, event.created, event.type, snapshot, "status" in event.changed)
    refetch = _refetch(handling.billing, snapshot.id, now)
    subscription = observe(account.known_subscriptions.get(snapshot.id), observation, refetch)
    changed = with_subscription(account, subscription, handling.billing.grace, now)
    mail = _trial_mail(changed, observation) if event.type == TRIAL_WILL_END else None
    return BillingChange(changed, now, mail=mail)


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


def _invoice_changed(handling: Handling) -> BillingChange:
    event, gateway = handling.event, handling.billing.gateway
    snapshot = read_invoice(event.object)
    found = gateway.find_invoice(snapshot.id) if gateway else None
    asked_at = None if found is None else handling.now
    shown = snapshot if found is None else read_invoice(found)
    observation = InvoiceObservation(event.id, event.created, event.type, shown, asked_at)
    row, version = merge_invoice(handling.read.invoice, observation), handling.read.invoice_version
    return BillingChange(handling.account, handling.now, invoice=row, former_invoice=version)


def _checkout_completed(handling: Handling) -> BillingChange:
    event, now = handling.event, handling.now
    session = fields_of(event.object, "session")
    customer = session.optional_child("customer_details")
    email = customer.optional_text("email") if customer else None
    account = with_email(handling.account, email, handling.email_seen)
    subscription_id = session.optional_reference("subscription")
    refetch = _refetch(handling.billing, subscription_id, now) if subscription_id else None
    if refetch is not None:
        known = account.known_subscriptions.get(refetch.snapshot.id)
        subscription = reconcile(known, refetch, (event.created, event.id))
        account = with_subscription(account, subscription, handling.billing.grace, now)
    return BillingChange(account, now)


def _customer_changed(handling: Handling) -> BillingChange:
    customer = fields_of(handling.event.object, "customer")
    if handling.event.type == CUSTOMER_DELETED:
        # Its subscriptions end by events of their own; the next checkout makes another customer.
        return BillingChange(without_customer(handling.account, customer.identifier("id")), handling.now)
    account = with_email(handling.account, customer.optional_text("email"), handling.email_seen)
    return BillingChange(account, handling.now)


def _charge_changed(handling: Handling) -> BillingChange:
    """Money went back or is disputed: the plan follows the subscription alone, but a person should know."""
    charge = fields_of(handling.event.object, "charge")
    what = handling.event.type, None, charge.identifier("id")
    audit = entry(handling.account.tenant.id, handling.now, handling.cause, what)
    return BillingChange(handling.account, handling.now, audits=[audit])
