"""Apply each Stripe event to the billing state once, in any order."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.billing.billing_account import with_customer
from shared.domain.billing.stripe_events import StripeEvent
from shared.domain.errors import Unavailable
from shared.domain.notices.entries import Outgoing, operator_entry
from shared.ports import BillingChange, ProcessedEvent
from shared.usecases.billing.billing_dependencies import BillingDependencies, audited, retry_if_stale
from shared.usecases.billing.billing_notices import with_notices
from shared.usecases.billing.correct_invoices import invoice_id_of, with_current_correction
from shared.usecases.billing.stripe_changes import EVENT_TYPES, UnknownToStripe, WebhookContext

APPLIED, DUPLICATE, IGNORED, UNOWNED = "applied", "duplicate", "ignored", "unowned"

UNKNOWN_FOR = timedelta(minutes=10)
"""For so long Stripe's API may not know yet what its webhook is about."""
REPORT_UNOWNED_AFTER = timedelta(hours=24)
"""Until then an event of an unknown customer is refused and Stripe resends it: the link may still arrive."""


def apply_stripe_event(billing: BillingDependencies, event: StripeEvent, now: datetime) -> str:
    """Apply `event` and mark it as processed in one commit; return the outcome.

    Raise Unavailable if a retry may succeed, and InvalidStripeObject for an unreadable response of Stripe's API.
    """
    if event.payload is None or not _is_about_us(billing, event):
        return _mark_processed(billing, event, IGNORED, now)
    current = with_current_correction(billing, event, now)
    return retry_if_stale(lambda: _apply(billing, current, current.customer_id, now), "this tenant's billing")


def _apply(billing: BillingDependencies, event: StripeEvent, customer_id: str | None, now: datetime) -> str:
    outcome, owner = billing.store.find_owner(event.id, customer_id)
    if outcome == APPLIED:
        return DUPLICATE
    tenant_id = owner or event.tenant_id
    stored = billing.store.read_account(tenant_id, invoice_id_of(event)) if tenant_id else None
    if stored is None:
        return DUPLICATE if outcome else _unowned(billing, event, customer_id, now)
    context = WebhookContext(billing=billing, event=event, stored=stored, now=now)
    try:
        change = EVENT_TYPES[event.type].change(context, event.payload)
    except UnknownToStripe as error:
        return _unknown(billing, event, error, now)
    linked = _linked(change, None if owner else customer_id)
    processed = replace(_processed(event, APPLIED, now), is_repeated=outcome is not None)
    complete = with_notices(audited(billing, linked, stored, context.author), stored, event.id)
    billing.store.save_billing(replace(complete, processed_event=processed))
    return APPLIED


def _is_about_us(billing: BillingDependencies, event: StripeEvent) -> bool:
    """Return False for an event of a connected account, and for one of the other mode than our key's."""
    ours = billing.gateway.livemode if billing.gateway else None
    return event.account is None and ours in (None, event.livemode)


def _linked(change: BillingChange, new_customer_id: str | None) -> BillingChange:
    """Return `change` with the link of a new customer."""
    if new_customer_id is None:
        return change
    account = with_customer(change.account, new_customer_id)
    return replace(change, account=account, link_customer_id=new_customer_id)


def _unowned(billing: BillingDependencies, event: StripeEvent, customer_id: str | None, now: datetime) -> str:
    """Ignore an event of another app at once. Refuse one of ours for a day, then report it."""
    if not event.is_ours:
        return _mark_processed(billing, event, IGNORED, now)
    if now - event.created < REPORT_UNOWNED_AFTER:
        raise Unavailable(
            f"customer {customer_id} of {event.id} belongs to no tenant yet", retry_after_seconds=60
        )
    text = f"{event.type} {event.id} is about customer {customer_id}, which belongs to no tenant."
    advice = "Link it: python -m tools.admin stripe link --tenant ID --customer cus_…"
    notice = operator_entry("a Stripe customer belongs to no tenant", f"{text} {advice}", (event.id,), now)
    billing.store.save_processed_event(_processed(event, UNOWNED, now), Outgoing(entries=[notice]))
    return UNOWNED


def _unknown(billing: BillingDependencies, event: StripeEvent, error: UnknownToStripe, now: datetime) -> str:
    """Refuse an event about an object that Stripe does not know yet; ignore it when that lasts."""
    if now - event.created < UNKNOWN_FOR:
        message = f"{error.object_id} of {event.id} is unknown to Stripe"
        raise Unavailable(message, retry_after_seconds=30) from error
    return _mark_processed(billing, event, IGNORED, now)


def _mark_processed(billing: BillingDependencies, event: StripeEvent, outcome: str, now: datetime) -> str:
    billing.store.save_processed_event(_processed(event, outcome, now))
    return outcome


def _processed(event: StripeEvent, outcome: str, now: datetime) -> ProcessedEvent:
    return ProcessedEvent(event_id=event.id, event_type=event.type, outcome=outcome, at=now)
