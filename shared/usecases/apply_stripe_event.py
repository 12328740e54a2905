"""Turns one Stripe event into billing state, in any order, once."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.errors import Unavailable
from shared.domain.plan_mapping import TENANT_METADATA_KEY
from shared.domain.stripe_fields import Fields, fields_of
from shared.domain.stripe_shapes import StripeEvent
from shared.domain.tenants import TENANT_ID
from shared.ports import BillingChange, StaleAccount, StripeReceipt
from shared.usecases.billing_parts import MAX_TRIES, Billing
from shared.usecases.billing_trail import traced
from shared.usecases.stripe_changes import (
    CHECKOUT_COMPLETED,
    CUSTOMER_DELETED,
    CUSTOMER_EVENTS,
    DISPUTE_EVENTS,
    INVOICE_EVENTS,
    Handler,
    Handling,
    handler_of,
)

APPLIED, DUPLICATE, IGNORED, UNOWNED = "applied", "duplicate", "ignored", "unowned"

REPORT_UNOWNED_AFTER = timedelta(hours=24)
"""Until then an event of a customer nobody owns is refused, so Stripe sends it again: its link may be on the way."""


def apply_stripe_event(billing: Billing, event: StripeEvent, now: datetime) -> str:
    """Apply `event` and remember it, all or nothing; what became of it.

    Raises Unavailable where a repetition may go better, and InvalidStripeObject for a shape nobody knows.
    """
    handler = handler_of(event.type)
    if handler is None:
        return _remember(billing, event, IGNORED, now)
    customer_id = _customer_of(billing, event)
    for _ in range(MAX_TRIES):
        try:
            return _apply(billing, event, handler, customer_id, now)
        except StaleAccount:
            continue
    raise Unavailable("this tenant's billing is being changed by many events at once")


def _apply(
    billing: Billing, event: StripeEvent, handler: Handler, customer_id: str | None, now: datetime
) -> str:
    is_known, owner = billing.store.find_owner(event.id, customer_id)
    if is_known:
        return DUPLICATE
    tenant_id = owner or _tenant_named_by(event)
    read = billing.store.read_account(tenant_id, _invoice_of(event)) if tenant_id else None
    if read is None:
        return _unowned(billing, event, customer_id, now)
    handling = Handling(billing, event, read, now)
    change = _linked(handler(handling), handling, None if owner else customer_id)
    receipt = StripeReceipt(event.id, event.type, APPLIED, now)
    billing.store.save_billing(replace(traced(change, read, handling.cause), receipt=receipt))
    return APPLIED


def _linked(change: BillingChange, handling: Handling, new_customer_id: str | None) -> BillingChange:
    """`change` with the link of a customer of whom it was not known whose it is; the account's, if it has none.

    One that is linked but not the account's any more was deleted: a late event does not bring it back.
    """
    account = change.account
    if account.customer_id is None and handling.event.type != CUSTOMER_DELETED:
        account = replace(account, customer_id=new_customer_id)
    return replace(change, account=account, link_customer_id=new_customer_id)


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
        return stripe_object.identifier("id")
    charge_id = stripe_object.optional_reference("charge") if event.type in DISPUTE_EVENTS else None
    if charge_id and billing.gateway:  # a dispute names only what was charged
        charge = billing.gateway.find_charge(charge_id)
        return fields_of(charge, "charge").optional_reference("customer") if charge else None
    return stripe_object.optional_reference("customer")


def _tenant_named_by(event: StripeEvent) -> str | None:
    """The tenant that the object names: whoever sells writes it there."""
    stripe_object = fields_of(event.object, "object")
    if event.type == CHECKOUT_COMPLETED:
        named = stripe_object.optional_text("client_reference_id")
    elif event.type in INVOICE_EVENTS:
        named = _tenant_of_invoice(stripe_object)
    else:
        named = stripe_object.metadata().get(TENANT_METADATA_KEY)
    return named if named and re.fullmatch(TENANT_ID, named) else None


def _tenant_of_invoice(invoice: Fields) -> str | None:
    """An invoice carries a copy of its subscription's metadata: under `parent` since basil, beside it before."""
    parent = invoice.optional_child("parent") or invoice
    details = parent.optional_child("subscription_details")
    return details.metadata().get(TENANT_METADATA_KEY) if details else None


def _invoice_of(event: StripeEvent) -> str | None:
    return fields_of(event.object, "invoice").identifier("id") if event.type in INVOICE_EVENTS else None
