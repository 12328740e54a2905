"""Read Stripe's invoices in the shapes of API acacia (2024-12-18) to endive (2026-10-28)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from shared.domain.billing.stripe_fields import Fields, InvalidStripeObject, fields_of

InvoiceStatus = Literal["draft", "open", "uncollectible", "void", "paid"]

MAX_LINES: Final = 20

_INVOICE_STATUSES: Final[Mapping[str, InvoiceStatus]] = {name: name for name in get_args(InvoiceStatus)}


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line of an invoice; a credit, as for the rest of a replaced plan, is negative."""

    description: str | None
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSnapshot:
    """An invoice in one payload. Amounts are in minor units of `currency`, exactly as in Stripe."""

    id: str
    number: str | None
    status: InvoiceStatus
    customer_id: str | None
    subscription_id: str | None
    currency: str
    total: int
    amount_due: int
    amount_paid: int
    amount_remaining: int
    created: datetime
    period_start: datetime
    period_end: datetime
    attempt_count: int
    next_payment_attempt: datetime | None
    hosted_invoice_url: str | None
    invoice_pdf: str | None
    lines: tuple[InvoiceLine, ...] = ()
    """Its first lines, at most MAX_LINES."""
    has_more_lines: bool = False
    total_excluding_tax: int | None = field(default=None, compare=False)
    """Not compared, because what was stored before does not have it."""

    @property
    def total_without_tax(self) -> int:
        """The total without tax if Stripe has sent it; else the total."""
        return self.total if self.total_excluding_tax is None else self.total_excluding_tax


def read_invoice(stripe_object: object) -> InvoiceSnapshot:
    """Read an invoice from a webhook, or from the API's `to_dict()`. Raise InvalidStripeObject."""
    invoice = fields_of(stripe_object, "invoice")
    lines = invoice.listed("lines") if invoice.values.get("lines") is not None else []
    period_start, period_end = _service_period(invoice, lines)
    shown = lines[:MAX_LINES]
    return InvoiceSnapshot(
        id=invoice.identifier("id"),
        number=invoice.optional_text("number"),
        status=_invoice_status(invoice),
        customer_id=invoice.optional_reference("customer"),
        subscription_id=_subscription_of(invoice),
        currency=invoice.text("currency"),
        total=invoice.integer("total"),
        amount_due=invoice.integer("amount_due"),
        amount_paid=invoice.integer("amount_paid"),
        amount_remaining=invoice.integer("amount_remaining"),
        created=invoice.instant("created"),
        period_start=period_start,
        period_end=period_end,
        attempt_count=invoice.integer("attempt_count"),
        next_payment_attempt=invoice.optional_instant("next_payment_attempt"),
        hosted_invoice_url=invoice.optional_text("hosted_invoice_url"),
        invoice_pdf=invoice.optional_text("invoice_pdf"),
        lines=tuple(_line_of(line) for line in shown),
        has_more_lines=len(lines) > len(shown) or _has_more(invoice),
        total_excluding_tax=invoice.optional_whole("total_excluding_tax"),
    )


def _subscription_of(invoice: Fields) -> str | None:
    """Return the subscription's id, which is under `parent` since basil, before that in the invoice itself."""
    parent = invoice.optional_child("parent")
    details = parent.optional_child("subscription_details") if parent else None
    return (details or invoice).optional_reference("subscription")


def _invoice_status(invoice: Fields) -> InvoiceStatus:
    """Return the status, which Stripe leaves null for some invoices that are not finalized."""
    is_null = invoice.values.get("status", "") is None
    return "draft" if is_null else invoice.one_of("status", _INVOICE_STATUSES)


def _line_of(line: Fields) -> InvoiceLine:
    # Only shown: an invoice is not refused for it.
    description = line.values.get("description")
    return InvoiceLine(description if isinstance(description, str) else None, line.amount("amount"))


def _has_more(invoice: Fields) -> bool:
    lines = invoice.optional_child("lines")
    return lines is not None and lines.flag("has_more")


def _service_period(invoice: Fields, lines: Sequence[Fields]) -> tuple[datetime, datetime]:
    """Return the time that the invoice charges for: that of its subscription lines, else its own period.

    A renewal's own period is the one before, and a first invoice's own period is empty.
    """
    periods = [line.child("period") for line in lines if _is_for_the_whole_period(line)]
    starts = [period.instant("start") for period in periods] or [invoice.instant("period_start")]
    ends = [period.instant("end") for period in periods] or [invoice.instant("period_end")]
    start, end = min(starts), max(ends)
    if start > end:
        raise InvalidStripeObject(f"{invoice.path} has a period from {start} to {end}, which is before it")
    return start, end


def _is_for_the_whole_period(line: Fields) -> bool:
    """Return whether the line is a regular charge, which its parent says since basil, before that its type."""
    parent = line.optional_child("parent")
    if parent is None:
        return line.values.get("type") == "subscription" and not line.flag("proration")
    details = parent.optional_child("subscription_item_details")
    return details is not None and not details.flag("proration")
