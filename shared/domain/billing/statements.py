"""Sums of a month's statement that are not usage: amounts of the plan's invoices, by currency."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from shared.domain.billing.invoices import InvoiceRow

NOT_OWED: Final = frozenset({"draft", "void"})
"""An invoice that may still change, and one that was taken back, charge nothing."""


class InvoicedAmount(NamedTuple):
    """The sum of invoices in one currency, in its minor units."""

    currency: str
    amount: int


def invoiced(rows: Iterable[InvoiceRow]) -> list[InvoicedAmount]:
    """Return what invoices charge after refunds, credit notes and lost disputes, by currency."""
    sums: dict[str, int] = {}
    for row in rows:
        if row.status not in NOT_OWED:
            currency = row.invoice.currency
            sums[currency] = sums.get(currency, 0) + row.net_total
    return [InvoicedAmount(currency, sums[currency]) for currency in sorted(sums)]
