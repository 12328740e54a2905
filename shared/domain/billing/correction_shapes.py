"""Read Stripe's charges, refunds, credit notes and disputes in the shapes of API acacia to endive."""

from typing import Final

from shared.domain.billing.corrections import Correction, DisputeState
from shared.domain.billing.stripe_fields import Fields, fields_of

_WITHOUT_LOSS: Final = frozenset({"won", "warning_closed", "prevented"})


def read_charge(stripe_object: object) -> Correction:
    """Read a charge. It names its invoice before basil (2025-03-31), since then only the invoice's payments do."""
    charge = fields_of(stripe_object, "charge")
    return Correction(
        id=charge.identifier("id"),
        kind="charge",
        customer_id=charge.optional_reference("customer"),
        invoice_id=charge.optional_reference("invoice"),
        refunded=charge.amount("amount_refunded"),
    )


def read_refund(stripe_object: object) -> Correction:
    refund = fields_of(stripe_object, "refund")
    return Correction(
        id=refund.identifier("id"), kind="refund", charge_id=refund.optional_reference("charge")
    )


def read_credit_note(stripe_object: object) -> Correction:
    note = fields_of(stripe_object, "credit_note")
    is_void = note.values.get("status") == "void"
    refunded = 0 if is_void else _refunded_by(note)
    return Correction(
        id=note.identifier("id"),
        kind="credit_note",
        customer_id=note.optional_reference("customer"),
        invoice_id=note.optional_reference("invoice"),
        refunded=refunded,
        credited=0 if is_void else note.amount("amount") - refunded,
        is_final=is_void,
    )


def read_dispute(stripe_object: object) -> Correction:
    dispute = fields_of(stripe_object, "dispute")
    status = dispute.optional_text("status")
    state: DisputeState | None = "lost" if status == "lost" else "open"
    if status in _WITHOUT_LOSS:
        state = None
    return Correction(
        id=dispute.identifier("id"),
        kind="dispute",
        charge_id=dispute.optional_reference("charge"),
        dispute=state,
        disputed=dispute.amount("amount"),
        is_final=state != "open",
    )


def _refunded_by(note: Fields) -> int:
    """Return the part of a credit note that refunds paid back; before basil, a note names at most one refund."""
    if note.values.get("refunds") is not None:
        return sum(refund.amount("amount_refunded") for refund in note.objects("refunds"))
    if note.optional_reference("refund") is None:
        return 0
    return note.amount("amount") - note.amount("out_of_band_amount")
