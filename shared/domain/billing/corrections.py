"""Refunds, credit notes and disputes: they take back what an invoice charged, with the same result in any order."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

CorrectionKind = Literal["charge", "refund", "credit_note", "dispute"]
DisputeState = Literal["open", "lost"]

_NEVER_ASKED: Final = 0
_ASKED: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A charge, refund, credit note or dispute in one payload; amounts are in minor units of the invoice's currency.

    A refund has no amount of its own here: its charge holds the sum of all its refunds.
    """

    id: str
    kind: CorrectionKind
    customer_id: str | None = None
    charge_id: str | None = None
    """The charge of a refund or a dispute; only the charge leads to the invoice."""
    invoice_id: str | None = None
    refunded: int = 0
    """Of a credit note, the part that was paid back by refunds."""
    credited: int = 0
    """What a credit note takes back in another way than by refunds."""
    dispute: DisputeState | None = None
    """None too for a dispute that was won or withdrawn."""
    disputed: int = 0
    is_final: bool = False
    """Whether a dispute is decided or a credit note is void."""
    asked_at: datetime | None = None
    """The instant at which the API was asked, by our clock; None for an event's payload."""


class CorrectionOrder(NamedTuple):
    """The place of an observation among those of one object. Stripe's clock has whole seconds."""

    at: datetime
    source: int
    asked_at: datetime
    is_final: bool
    refunded: int
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedCorrection:
    """A correction with the event that reported it: its id, and its time by Stripe's clock (`at`)."""

    correction: Correction
    at: datetime
    event_id: str

    @property
    def order(self) -> CorrectionOrder:
        asked_at = self.correction.asked_at
        return CorrectionOrder(
            at=self.at,
            source=_NEVER_ASKED if asked_at is None else _ASKED,
            asked_at=asked_at or self.at,
            is_final=self.correction.is_final,
            refunded=self.correction.refunded,
            event_id=self.event_id,
        )


class TakenBack(NamedTuple):
    """The sums of an invoice's corrections."""

    refunded: int
    credited: int
    lost: int
    """Paid back by disputes that were lost."""
    dispute: DisputeState | None

    @property
    def total(self) -> int:
        return self.refunded + self.credited + self.lost


def with_correction(
    known: Collection[ObservedCorrection], observed: ObservedCorrection
) -> tuple[ObservedCorrection, ...]:
    """Return the newest observation of each object, sorted by id."""
    newest = {each.correction.id: each for each in known}
    previous = newest.get(observed.correction.id, observed)
    newest[observed.correction.id] = max(previous, observed, key=lambda each: each.order)
    return tuple(newest[key] for key in sorted(newest))


def taken_back(observed: Collection[ObservedCorrection]) -> TakenBack:
    """Return the sums of these corrections."""
    corrections = [each.correction for each in observed]
    by_charges = sum(each.refunded for each in corrections if each.kind == "charge")
    by_notes = sum(each.refunded for each in corrections if each.kind == "credit_note")
    disputes = {each.dispute for each in corrections}
    return TakenBack(
        # A credit note's refunds are refunds of a charge too, perhaps without an event of their own.
        refunded=max(by_charges, by_notes),
        credited=sum(each.credited for each in corrections),
        lost=sum(each.disputed for each in corrections if each.dispute == "lost"),
        dispute="open" if "open" in disputes else "lost" if "lost" in disputes else None,
    )
