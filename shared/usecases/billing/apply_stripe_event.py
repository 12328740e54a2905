"""Apply each Stripe event to the billing state once, in any order."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.billing.stripe_events import StripeEvent
from shared.domain.errors import Unavailable
from shared.ports import BillingChange, ProcessedEvent
from shared.usecases.billing.billing_dependencies import BillingDependencies, audited, retry_if_stale
from shared.usecases.billing.billing_notices import with_notices
from shared.usecases.billing.correct_invoices import invoice_id_of, with_current_correction
from shared.usecases.billing.stripe_changes import EVENT_TYPES, WebhookContext

APPLIED, DUPLICATE, IGNORED, UNOWNED = "applied", "duplicate", "ignored", "unowned"

REPORT_UNOWNED_AFTER = timedelta(hours=24)
"""Until then an event of an unknown customer is refused and Stripe resends it: the link may still arrive."""


def apply_stripe_event(billing: BillingDependencies, event: StripeEvent, now: datetime) -> str:
    """Apply `event` and mark it as processed in one commit; return the outcome.

    Raise Unavailable if a retry may succeed, and InvalidStripeObject for an unreadable response of Stripe's API.
    """
    if event.payload is None:
        return _mark_processed(billing, event, IGNORED, now)
    current = with_current_correction(billing, event, now)
    return retry_if_stale(lambda: _apply(billing, current, current.customer_id, now), "this tenant's billing")


def _apply(billing: BillingDependencies, event: StripeEvent, customer_id: str | None, now: datetime) -> str:
    is_processed, owner = billing.store.find_owner(event.id, customer_id)
    if is_processed:
        return DUPLICATE
    tenant_id = owner or event.tenant_id
    stored = billing.store.read_account(tenant_id, invoice_id_of(event)) if tenant_id else None
    if stored is None:
        return _unowned(billing, event, customer_id, now)
    context = WebhookContext(billing=billing, event=event, stored=stored, now=now)
    change = EVENT_TYPES[event.type].change(context, event.payload)
    linked = _linked(change, None if owner else customer_id)
    processed = _processed(event, APPLIED, now)
    complete = with_notices(audited(linked, stored, context.author), stored, event.id)
    billing.store.save_billing(replace(complete, processed_event=processed))
    return APPLIED


def _linked(change: BillingChange, new_customer_id: str | None) -> BillingChange:
    """Return `change` with the link of a new customer, who becomes the account's customer if it has none.

    A deleted customer is linked too, but its late events do not make it the account's customer again.
    """
    account = change.account
    if account.customer_id is None and account.previous_customer_id != new_customer_id:
        account = replace(account, customer_id=new_customer_id)
    return replace(change, account=account, link_customer_id=new_customer_id)


def _unowned(billing: BillingDependencies, event: StripeEvent, customer_id: str | None, now: datetime) -> str:
    if customer_id is not None and now - event.created < REPORT_UNOWNED_AFTER:
        raise Unavailable(
            f"customer {customer_id} of {event.id} belongs to no tenant yet", retry_after_seconds=60
        )
    return _mark_processed(billing, event, UNOWNED, now)


def _mark_processed(billing: BillingDependencies, event: StripeEvent, outcome: str, now: datetime) -> str:
    billing.store.save_processed_event(_processed(event, outcome, now))
    return outcome


def _processed(event: StripeEvent, outcome: str, now: datetime) -> ProcessedEvent:
    return ProcessedEvent(event_id=event.id, event_type=event.type, outcome=outcome, at=now)
