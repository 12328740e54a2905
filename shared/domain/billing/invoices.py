"""Merge Stripe's events of one invoice into the row that a tenant sees, with the same result in any order."""

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
"""An invoice only moves up: an uncollectible one may still be paid or voided, and those two are final.

Source: Stripe's guide "Status transitions and finalization" of invoices.
"""


class InvoiceStatusObservation(NamedTuple):
    """An invoice's status and its time. Sorts by status first, because Stripe's clock has whole seconds."""

    status_rank: int
    at: datetime
    attempt_count: int
    is_fetched: bool
    asked_at: datetime
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceObservation:
    """An invoice with the event that reported it: its type (`kind`) and its time by Stripe's clock (`created`).

    `asked_at` is the instant at which the API was asked for `snapshot`, by our clock; None for an event's payload.
    """

    event_id: str
    created: datetime
    kind: str
    snapshot: InvoiceSnapshot
    asked_at: datetime | None = None

    @property
    def status(self) -> InvoiceStatusObservation:
        """The status, with the event's place in the order."""
        return InvoiceStatusObservation(
            status_rank=STATUS_RANKS[self.snapshot.status],
            at=self.created,
            attempt_count=self.snapshot.attempt_count,
            is_fetched=self.asked_at is not None,
            asked_at=self.asked_at or self.created,
            event_id=self.event_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """The newest state of an invoice, and the last times a payment failed or needed the customer's action."""

    invoice: InvoiceSnapshot
    latest: InvoiceStatusObservation
    failed_at: datetime | None
    action_required_at: datetime | None


def merge_invoice(previous: InvoiceRow | None, observation: InvoiceObservation) -> InvoiceRow:
    """Return the row after one more event; any order and repetition of the same events ends the same.

    Raise ValueError for an event of another invoice.
    """
    reported = _row_of(observation)
    if previous is None:
        return reported
    if previous.invoice.id != reported.invoice.id:
        raise ValueError(f"invoice is {previous.invoice.id}, but the event is about {reported.invoice.id}")
    newest = max(previous, reported, key=lambda row: row.latest)
    return InvoiceRow(
        invoice=newest.invoice,
        latest=newest.latest,
        failed_at=_later(previous.failed_at, reported.failed_at),
        action_required_at=_later(previous.action_required_at, reported.action_required_at),
    )


def reconcile_invoice(
    previous: InvoiceRow | None, snapshot: InvoiceSnapshot, asked_at: datetime
) -> InvoiceRow:
    """Return the row with the API's state, fetched without an event and ordered after the newest one."""
    at = previous.latest.at if previous else snapshot.created
    observation = InvoiceObservation(
        event_id="reconcile", created=at, kind="reconcile", snapshot=snapshot, asked_at=asked_at
    )
    return merge_invoice(previous, observation)


def _row_of(observation: InvoiceObservation) -> InvoiceRow:
    kind, created = observation.kind, observation.created
    return InvoiceRow(
        invoice=observation.snapshot,
        latest=observation.status,
        failed_at=created if kind == PAYMENT_FAILED else None,
        action_required_at=created if kind == ACTION_REQUIRED else None,
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
