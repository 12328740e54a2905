"""Find the invoice that a refund, a credit note or a dispute is about, and its state in Stripe now."""

from dataclasses import replace
from datetime import datetime

from shared.domain.billing.corrections import Correction
from shared.domain.billing.stripe_events import StripeEvent
from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot
from shared.ports import StripeGateway
from shared.usecases.billing.billing_dependencies import BillingDependencies


def invoice_id_of(event: StripeEvent) -> str | None:
    """Return the invoice that the event changes."""
    if isinstance(event.payload, InvoiceSnapshot):
        return event.payload.id
    return event.payload.invoice_id if isinstance(event.payload, Correction) else None


def with_current_correction(billing: BillingDependencies, event: StripeEvent, now: datetime) -> StripeEvent:
    """Return `event` with its refund, credit note or dispute as it is in Stripe now, and with the customer.

    Any other event stays the same, and so does any event without an API key.
    """
    reported = event.payload
    if not isinstance(reported, Correction) or billing.gateway is None:
        return event
    current = _in_stripe(billing.gateway, reported, now)
    return replace(event, payload=current, customer_id=current.customer_id or event.customer_id)


def _in_stripe(stripe: StripeGateway, reported: Correction, now: datetime) -> Correction:
    """Return what Stripe knows of `reported`, else `reported` itself; for a refund, its charge."""
    match reported.kind:
        case "charge":
            return _asked(stripe.find_charge(reported.id), now) or reported
        case "refund":
            return _charge_of(stripe, reported, now) or reported
        case "credit_note":
            return _asked(stripe.find_credit_note(reported.id), now) or reported
        case "dispute":
            dispute = _asked(stripe.find_dispute(reported.id), now) or reported
            charge = _charge_of(stripe, dispute, now)
            if charge is None:
                return dispute
            return replace(dispute, customer_id=charge.customer_id, invoice_id=charge.invoice_id)


def _charge_of(stripe: StripeGateway, correction: Correction, now: datetime) -> Correction | None:
    """Return the charge of a refund or a dispute."""
    return _asked(stripe.find_charge(correction.charge_id), now) if correction.charge_id else None


def _asked(found: Correction | None, now: datetime) -> Correction | None:
    return replace(found, asked_at=now) if found else None
