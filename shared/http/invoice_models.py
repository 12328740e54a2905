"""The models of invoices, which several areas answer."""

from datetime import datetime

from pydantic import Field

from shared.domain.billing.corrections import DisputeState
from shared.domain.billing.invoices import InvoiceRow
from shared.http.responses import ResponseModel

_LINKS = ("hosted_invoice_url", "invoice_pdf")


class InvoiceLineResponse(ResponseModel):
    """A line of an invoice; negative for a credit, as for the rest of a replaced plan."""

    description: str | None
    amount: int


class InvoiceResponse(ResponseModel):
    """An invoice; amounts are in minor units of its currency, as in Stripe."""

    id: str
    number: str | None
    status: str
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
    hosted_invoice_url: str | None = Field(
        description="Where anyone can pay and see the invoice; null without the permission `billing:write`."
    )
    invoice_pdf: str | None = Field(description="Null without the permission `billing:write`.")
    failed_at: datetime | None
    net_total: int = Field(
        description="What is left of `total` after refunds, credit notes and lost disputes."
    )
    amount_refunded: int
    amount_credited: int = Field(description="Taken back by credit notes, except what they refunded.")
    amount_lost: int = Field(description="Paid back by lost disputes.")
    dispute: DisputeState | None = Field(
        description="`open` while a dispute is undecided, `lost` after one was lost, else null."
    )
    lines: list[InvoiceLineResponse] = Field(description="The first lines, at most 20.")
    has_more_lines: bool

    @classmethod
    def of(cls, row: InvoiceRow, *, with_links: bool) -> "InvoiceResponse":
        """Return the response for a stored invoice. Its links work for anyone who has them."""
        taken = row.taken_back
        of_row = {
            "failed_at": row.failed_at,
            "net_total": row.net_total,
            "amount_refunded": taken.refunded,
            "amount_credited": taken.credited,
            "amount_lost": taken.lost,
            "dispute": taken.dispute,
        }
        if not with_links:
            of_row |= dict.fromkeys(_LINKS)
        names = [name for name in cls.model_fields if name not in of_row]
        return cls.model_validate(of_row | {name: getattr(row.invoice, name) for name in names})
