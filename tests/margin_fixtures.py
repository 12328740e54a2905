"""Invoices for tests of margins."""

from datetime import UTC, datetime
from typing import Any

from shared.domain.billing.corrections import ObservedCorrection
from shared.domain.billing.invoices import InvoiceRow, InvoiceStatusObservation
from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot

NOVEMBER_5 = datetime(2026, 11, 5, 9, 30, tzinfo=UTC)


def invoice_row(
    invoice_id: str,
    cents: int,
    *,
    corrections: tuple[ObservedCorrection, ...] = (),
    latest: InvoiceStatusObservation | None = None,
    **changes: Any,
) -> InvoiceRow:
    """Return an invoice of so many cents, paid and created on 5 November unless `changes` say otherwise."""
    fields: dict[str, Any] = {
        "status": "paid",
        "currency": "usd",
        "created": NOVEMBER_5,
        "number": None,
        "customer_id": "cus_1",
        "subscription_id": "sub_1",
        "amount_due": max(cents, 0),
        "amount_paid": max(cents, 0),
        "amount_remaining": 0,
        "attempt_count": 1,
        "next_payment_attempt": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
    } | changes
    times = {"period_start": fields["created"], "period_end": fields["created"]}
    snapshot = InvoiceSnapshot(id=invoice_id, total=cents, **times, **fields)
    return InvoiceRow(id=invoice_id, snapshot=snapshot, latest=latest, corrections=corrections)
