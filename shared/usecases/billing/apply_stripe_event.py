"""Turns one Stripe event into billing state, in any order, once."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.billing.stripe_events import DisputeSnapshot, StripeEvent
from shared.domain.billing.stripe_shapes import InvoiceSnapshot
from shared.domain.errors import Unavailable
from shared.ports import BillingChange, StaleAccount, StripeReceipt
from shared.usecases.billing.billing_parts import MAX_TRIES, Billing
from shared.usecases.billing.billing_trail import traced
from shared.usecases.billing.stripe_changes import EVENT_TYPES, WebhookContext

APPLIED, DUPLICATE, IGNORED, UNOWNED = "applied", "duplicate", "ignored", "unowned"

REPORT_UNOWNED_AFTER = timedelta(hours=24)
"""Until then an event of a customer nobody owns is refused, so Stripe sends it again: its link may be on the way."""


def apply_stripe_event(billing: Billing, event: StripeEvent, now: datetime) -> str:
    """Apply `event` and remember it, all or nothing; return the outcome.

    Raise Unavailable where a repetition may go better, and InvalidStripeObject if Stripe answers what nobody knows.
    """
    if event.payload is None:
        return _remember(billing, event, IGNORED, now)
    customer_id = _customer_of(billing, event)
    for _ in range(MAX_TRIES):
        try:
            return _apply(billing, event, customer_id, now)
        except StaleAccount:
            continue
    raise Unavailable("this tenant's billing is being changed by many events at once")


def _apply(billing: Billing, event: StripeEvent, customer_id: str | None, now: datetime) -> str:
    is_known, owner = billing.store.find_owner(event.id, customer_id)
    if is_known:
        return DUPLICATE
    tenant_id = owner or event.tenant_id
    invoice_id = event.payload.id if isinstance(event.payload, InvoiceSnapshot) else None
    read = billing.store.read_account(tenant_id, invoice_id) if tenant_id else None
    if read is None:
        return _unowned(billing, event, customer_id, now)
    context = WebhookContext(billing=billing, event=event, read=read, now=now)
    change = EVENT_TYPES[event.type].change(context, event.payload)
    linked = _linked(change, None if owner else customer_id)
    receipt = _receipt(event, APPLIED, now)
    billing.store.save_billing(replace(traced(linked, read, context.cause), receipt=receipt))
    return APPLIED


def _linked(change: BillingChange, new_customer_id: str | None) -> BillingChange:
    """Return `change` with the link of a customer that had none, and as the account's customer if it has none.

    A customer that was deleted is linked too, but no event of it makes it the account's again.
    """
    account = change.account
    if account.customer_id is None and account.former_customer_id != new_customer_id:
        account = replace(account, customer_id=new_customer_id)
    return replace(change, account=account, link_customer_id=new_customer_id)


def _unowned(billing: Billing, event: StripeEvent, customer_id: str | None, now: datetime) -> str:
    if customer_id is not None and now - event.created < REPORT_UNOWNED_AFTER:
        raise Unavailable(
            f"customer {customer_id} of {event.id} belongs to no tenant yet", retry_after_seconds=60
        )
    return _remember(billing, event, UNOWNED, now)


def _remember(billing: Billing, event: StripeEvent, outcome: str, now: datetime) -> str:
    billing.store.save_receipt(_receipt(event, outcome, now))
    return outcome


def _receipt(event: StripeEvent, outcome: str, now: datetime) -> StripeReceipt:
    return StripeReceipt(event_id=event.id, event_type=event.type, outcome=outcome, at=now)


def _customer_of(billing: Billing, event: StripeEvent) -> str | None:
    """Return the customer that the event names, or that Stripe says paid what is disputed."""
    dispute = event.payload
    if not isinstance(dispute, DisputeSnapshot) or dispute.charge_id is None or billing.gateway is None:
        return event.customer_id
    charge = billing.gateway.find_charge(dispute.charge_id)
    return charge.customer_id if charge else None
