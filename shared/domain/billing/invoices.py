"""Merge Stripe's events of one invoice into the row that a tenant sees, with the same result in any order."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from shared.domain.billing.corrections import (
    Correction,
    ObservedCorrection,
    TakenBack,
    taken_back,
    with_correction,
)
from shared.domain.billing.stripe_invoice_shapes import InvoiceSnapshot, InvoiceStatus

PAYMENT_FAILED: Final = "invoice.payment_failed"
ACTION_REQUIRED: Final = "invoice.payment_action_required"
DELETED: Final = "invoice.deleted"

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


_BEFORE_EVENTS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DELETED_RANK: Final = 4
"""Only a draft is deleted, and then nothing follows: a draft reported late must not come back."""


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
            status_rank=_DELETED_RANK if self.kind == DELETED else STATUS_RANKS[self.snapshot.status],
            at=self.created,
            attempt_count=self.snapshot.attempt_count,
            is_fetched=self.asked_at is not None,
            asked_at=self.asked_at or self.created,
            event_id=self.event_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """The newest state of an invoice, what was taken back from it, and the last times that a payment failed."""

    id: str
    snapshot: InvoiceSnapshot | None = None
    """None if it was deleted as a draft, or if so far only a correction of it was reported."""
    latest: InvoiceStatusObservation | None = None
    failed_at: datetime | None = None
    action_required_at: datetime | None = None
    corrections: tuple[ObservedCorrection, ...] = ()
    """The newest observation of each refunded charge, credit note and dispute, sorted by id."""

    @property
    def invoice(self) -> InvoiceSnapshot:
        """The invoice of a row that is shown. Raise ValueError for a row without one."""
        if self.snapshot is None:
            raise ValueError(f"invoice {self.id} has nothing to show")
        return self.snapshot

    @property
    def status(self) -> str | None:
        """The status, or `deleted`; None if the invoice was not reported yet."""
        if self.snapshot is None:
            return "deleted" if self.latest else None
        return self.snapshot.status

    @property
    def changed_at(self) -> datetime:
        """When anything of it was reported last, by Stripe's clock or, if the API was asked, by ours."""
        reported = [(self.latest.at, self.latest.asked_at)] if self.latest else []
        corrected = [(each.at, each.correction.asked_at or each.at) for each in self.corrections]
        return max((at for pair in (*reported, *corrected) for at in pair), default=_BEFORE_EVENTS)

    @property
    def taken_back(self) -> TakenBack:
        return taken_back(self.corrections)

    @property
    def net_total(self) -> int:
        """The rest of the total after refunds, credit notes and lost disputes."""
        total = self.invoice.total
        return max(total - self.taken_back.total, min(total, 0))


def merge_invoice(previous: InvoiceRow | None, observation: InvoiceObservation) -> InvoiceRow:
    """Return the row after one more event; any order and repetition of the same events ends the same.

    Raise ValueError for an event of another invoice.
    """
    reported = _row_of(observation)
    if previous is None:
        return reported
    if previous.id != reported.id:
        raise ValueError(f"invoice is {previous.id}, but the event is about {reported.id}")
    is_newest = previous.latest is None or observation.status > previous.latest
    newest = reported if is_newest else previous
    return replace(
        previous,
        snapshot=newest.snapshot,
        latest=newest.latest,
        failed_at=_later(previous.failed_at, reported.failed_at),
        action_required_at=_later(previous.action_required_at, reported.action_required_at),
    )


def correct_invoice(previous: InvoiceRow, observed: ObservedCorrection) -> InvoiceRow:
    """Return the row after one more event of a refund, a credit note or a dispute, in any order too."""
    return replace(previous, corrections=with_correction(previous.corrections, observed))


def reconcile_invoice(
    previous: InvoiceRow | None, snapshot: InvoiceSnapshot, asked_at: datetime
) -> InvoiceRow:
    """Return the row with the API's state, fetched without an event and ordered after the newest one."""
    at = previous.latest.at if previous and previous.latest else snapshot.created
    observation = InvoiceObservation(
        event_id="reconcile", created=at, kind="reconcile", snapshot=snapshot, asked_at=asked_at
    )
    return merge_invoice(previous, observation)


def reconcile_correction(previous: InvoiceRow, correction: Correction, asked_at: datetime) -> InvoiceRow:
    """Return the row with the API's state of a correction, ordered after its newest event, before any later one."""
    known = (each.at for each in previous.corrections if each.correction.id == correction.id)
    asked = replace(correction, asked_at=asked_at)
    observed = ObservedCorrection(
        correction=asked, at=max(known, default=_BEFORE_EVENTS), event_id="reconcile"
    )
    return correct_invoice(previous, observed)


def _row_of(observation: InvoiceObservation) -> InvoiceRow:
    kind, created = observation.kind, observation.created
    return InvoiceRow(
        id=observation.snapshot.id,
        snapshot=None if kind == DELETED else observation.snapshot,
        latest=observation.status,
        failed_at=created if kind == PAYMENT_FAILED else None,
        action_required_at=created if kind == ACTION_REQUIRED else None,
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
