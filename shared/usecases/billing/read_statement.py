"""Reads the statement of a calendar month in UTC: its usage by model, user and workflow, and its invoices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from shared.domain.billing.invoices import InvoiceRow
from shared.domain.billing.margins import previous_months
from shared.domain.billing.statements import InvoicedAmount, invoiced
from shared.domain.ledger.attribution import Dimension
from shared.domain.ledger.counters import Totals, add
from shared.domain.ledger.periods import Period, month_of, period_at, start_of
from shared.domain.ledger.usage import Detail, Usage
from shared.domain.people.tenants import Tenant
from shared.ports import BillingStore
from shared.usecases.ledger.ledger import Ledger, PeriodUsage
from shared.usecases.ledger.read_attribution import AttributedUsage, NamedTotals, attributed_days, top_names

MONTHS_LISTED: Final = 12
MOST_NAMES: Final = 500
"""Users and workflows that a statement lists. The rest is one row."""
DIMENSIONS: Final[tuple[Dimension, ...]] = ("user", "workflow")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSums:
    """The usage and the invoices of one of the last months, in sums."""

    month: date
    totals: Totals
    invoiced: list[InvoicedAmount]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A month of a tenant. Series, users and workflows each add up to the usage, and share one instant with it."""

    tenant: Tenant
    month: date
    usage: Usage
    names: Mapping[Dimension, list[NamedTotals]]
    invoices: list[InvoiceRow]
    """Those created in the month, newest first."""
    months: list[MonthSums]
    """The last twelve months, newest first, without those before the tenant was created."""

    @property
    def invoiced(self) -> list[InvoicedAmount]:
        """The sums of the invoices."""
        return invoiced(self.invoices)

    def is_over(self, now: datetime) -> bool:
        """Return whether the month has ended."""
        return self.usage.within.end <= now


@dataclass(frozen=True, slots=True)
class StatementReader:
    """The stores that a statement is read from."""

    ledger: Ledger
    billing: BillingStore

    def read(self, known: Tenant, month: date, now: datetime) -> Statement:
        """Return the statement of a month. `known` may be a minute old."""
        read = self.ledger.by_name(known, month_period(month), frozenset(DIMENSIONS), now)
        listed = previous_months(now.date(), MONTHS_LISTED)
        invoices = self.billing.list_invoices_since(known.id, start_of(min(month, listed[-1])))
        usage = self._usage_by_month(known, listed, now) | {month: read.usage.totals}
        months = [
            MonthSums(month=each, totals=usage.get(each, {}), invoiced=invoiced(_created_in(each, invoices)))
            for each in listed
        ]
        created = month_of(read.tenant.created_at.date())
        return Statement(
            tenant=read.tenant,
            month=month,
            usage=read.usage,
            names={dimension: _rows(read, dimension) for dimension in DIMENSIONS},
            invoices=_created_in(month, invoices),
            months=[each for each in months if each.month >= created or each.totals or each.invoiced],
        )

    def _usage_by_month(self, known: Tenant, months: Sequence[date], now: datetime) -> dict[date, Totals]:
        within = Period(start_of(months[-1]), month_period(months[0]).end)
        sums: dict[date, Totals] = {}
        for day, totals in self.ledger.within(known, within, Detail.TOTALS, now).usage.days.items():
            add(sums.setdefault(month_of(day), {}), totals)
        return sums


def month_period(month: date) -> Period:
    """Return the calendar month that begins on `month`."""
    return period_at(None, start_of(month))


def _rows(read: PeriodUsage, dimension: Dimension) -> list[NamedTotals]:
    days = attributed_days(read.usage, read.names[dimension])
    return top_names(AttributedUsage(tenant=read.tenant, within=read.period, days=days), MOST_NAMES)


def _created_in(month: date, invoices: Sequence[InvoiceRow]) -> list[InvoiceRow]:
    return [row for row in invoices if month_period(month).contains(row.invoice.created)]
