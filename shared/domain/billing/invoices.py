"""Owns the invoice rows that a tenant sees: what any order of Stripe's events makes of one invoice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from shared.domain.billing.stripe_shapes import InvoiceSnapshot, InvoiceStatus

PAYMENT_FAILED: Final = "invoice.payment_failed"
ACTION_REQUIRED: Final = "invoice.payment_action_required"

STATUS_RANKS: Final[Mapping[InvoiceStatus, int]] = {
    "draft": 0,
    "open": 1,
    "uncollectible": 2,
    "void": 3,
    "paid": 3,
}
"""An invoice only moves up: what is uncollectible may still be paid or voided, and those two are final.

Source: Stripe's guide "Status transitions and finalization" of invoices.
"""


class InvoiceSighting(NamedTuple):
    """Which of two payloads of one invoice is the newer: status first, because Stripe's clock has seconds."""

    status_rank: int
    at: datetime
    attempt_count: int
    is_refetched: bool
    asked_at: datetime
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceObservation:
    """An invoice while one event was handled; `kind` is the event's type, `created` its time by Stripe's clock.

    `asked_at`: when the API was asked for `snapshot`, by our clock; None if it is the event's own payload.
    """

    event_id: str
    created: datetime
    kind: str
    snapshot: InvoiceSnapshot
    asked_at: datetime | None = None

    @property
    def sighting(self) -> InvoiceSighting:
        """Its place among the others."""
        return InvoiceSighting(
            status_rank=STATUS_RANKS[self.snapshot.status],
            at=self.created,
            attempt_count=self.snapshot.attempt_count,
            is_refetched=self.asked_at is not None,
            asked_at=self.asked_at or self.created,
            event_id=self.event_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """What is kept of an invoice: its newest form, and when a payment last failed or waited for the customer."""

    invoice: InvoiceSnapshot
    seen: InvoiceSighting
    failed_at: datetime | None
    action_required_at: datetime | None


def merge_invoice(former: InvoiceRow | None, observation: InvoiceObservation) -> InvoiceRow:
    """The row after one more event: any order and any repetition of the same events ends the same.

    Raises ValueError for an event of another invoice.
    """
    told = _told_by(observation)
    if former is None:
        return told
    if former.invoice.id != told.invoice.id:
        raise ValueError(f"invoice is {former.invoice.id}, but the event is about {told.invoice.id}")
    newest = max(former, told, key=lambda row: row.seen)
    return InvoiceRow(
        invoice=newest.invoice,
        seen=newest.seen,
        failed_at=_later(former.failed_at, told.failed_at),
        action_required_at=_later(former.action_required_at, told.action_required_at),
    )


def reconcile_invoice(former: InvoiceRow | None, snapshot: InvoiceSnapshot, asked_at: datetime) -> InvoiceRow:
    """The row after asking the API without an event: it tells at least as much as the newest event."""
    at = former.seen.at if former else snapshot.created
    observation = InvoiceObservation(
        event_id="reconcile", created=at, kind="reconcile", snapshot=snapshot, asked_at=asked_at
    )
    return merge_invoice(former, observation)


def _told_by(observation: InvoiceObservation) -> InvoiceRow:
    """Return the row that one event makes by itself."""
    kind, created = observation.kind, observation.created
    return InvoiceRow(
        invoice=observation.snapshot,
        seen=observation.sighting,
        failed_at=created if kind == PAYMENT_FAILED else None,
        action_required_at=created if kind == ACTION_REQUIRED else None,
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
