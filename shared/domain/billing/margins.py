"""The margin of a tenant's calendar month (UTC): the revenue of its invoices less the provider cost of its calls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final, Self

from shared.domain.billing.invoices import InvoiceRow
from shared.domain.billing.plan_mapping import CURRENCY, NANOUSD_PER_CENT
from shared.domain.ledger.counters import OTHER, Series, Totals, sum_totals
from shared.domain.ledger.periods import MAX_AGE, month_of
from shared.domain.prices.money import divide_half_even

MOST_SERIES: Final = 50
OTHER_PLAN: Final = "other"
"""Stands for the plans that the catalog does not have any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The money of a month, of one tenant or of many, and what is missing in it."""

    revenue_nanousd: int = 0
    """Of paid invoices in USD, without tax, after refunds, credit notes and lost disputes."""
    unpaid_nanousd: int = 0
    """What open invoices in USD add to the revenue once they are paid."""
    cost_nanousd: int = 0
    unpriced_calls: int = 0
    incomplete_calls: int = 0
    other_currency_invoices: int = 0
    """Invoices in other currencies than USD, whose amounts are in no sum."""

    @property
    def margin_nanousd(self) -> int:
        return self.revenue_nanousd - self.cost_nanousd

    @property
    def is_complete(self) -> bool:
        """Return False if a cost is unknown or leaves something out, or if an amount is in another currency."""
        return not (self.unpriced_calls or self.incomplete_calls or self.other_currency_invoices)

    def __add__(self, other: Self) -> Self:
        return type(self)(**{name: getattr(self, name) + getattr(other, name) for name in MARGIN_FIELDS})

    def __sub__(self, other: Self) -> Self:
        return type(self)(**{name: getattr(self, name) - getattr(other, name) for name in MARGIN_FIELDS})


MARGIN_FIELDS: Final = tuple(field.name for field in fields(Margin))


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantMargin:
    """A tenant's month as it was computed: its plan, its margin, and the usage of its largest series."""

    month: date
    tenant_id: str
    name: str
    plan: str
    """The plan that it had when the month was computed last while it ran."""
    margin: Margin
    series: Mapping[Series, Totals]
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class MarginSum:
    """The sum of the margins of some tenants."""

    tenants: int
    margin: Margin


@dataclass(frozen=True, slots=True)
class MonthSums:
    """The sum over all tenants of a month, and over those of each plan."""

    total: MarginSum
    plans: Mapping[str, MarginSum]

    def of_plan(self, plan: str) -> "MonthSums":
        """Return the sums of one plan alone."""
        return MonthSums(self.plans.get(plan, MarginSum(0, Margin())), self.plans)

    @property
    def all_plans(self) -> Mapping[str, MarginSum]:
        """The plans, with what the total has beyond them as `other`: so the plans add up to the total."""
        parts = self.plans.values()
        tenants = self.total.tenants - sum(each.tenants for each in parts)
        if tenants <= 0:
            return self.plans
        rest = self.total.margin - sum((each.margin for each in parts), Margin())
        return {**self.plans, OTHER_PLAN: MarginSum(tenants, rest)}


def month_margin(month: date, invoices: Iterable[InvoiceRow], usage: Mapping[Series, Totals]) -> Margin:
    """Return the margin of a month from a tenant's invoices, of any months, and the usage of the month."""
    counted = [
        row
        for row in invoices
        if row.snapshot and row.snapshot.status in ("paid", "open") and _month(row) == month
    ]
    in_usd = [row for row in counted if row.invoice.currency == CURRENCY]
    paid, unpaid = (
        sum(_without_tax(row) for row in in_usd if row.invoice.status == status)
        for status in ("paid", "open")
    )
    used = sum_totals(usage.values())
    return Margin(
        revenue_nanousd=paid * NANOUSD_PER_CENT,
        unpaid_nanousd=unpaid * NANOUSD_PER_CENT,
        cost_nanousd=used.get("cost_nanousd", 0),
        unpriced_calls=used.get("unpriced_calls", 0),
        incomplete_calls=used.get("incomplete_calls", 0),
        other_currency_invoices=sum(row not in in_usd and row.invoice.total != 0 for row in counted),
    )


def months_to_compute(invoices: Iterable[InvoiceRow], now: datetime) -> list[date]:
    """Return the months whose margins may have changed lately, oldest first.

    An event may be as old as MAX_AGE, and an invoice of any month may be refunded or disputed.
    """
    since = now - MAX_AGE
    changed = {_month(row) for row in invoices if row.snapshot and row.changed_at >= since}
    return sorted({month_of(since.date()), *previous_months(now.date(), 2), *changed})


def previous_months(day: date, count: int) -> list[date]:
    """Return so many months, newest first, beginning with that of `day`."""
    index = day.year * 12 + day.month - 1
    return [date((index - back) // 12, (index - back) % 12 + 1, 1) for back in range(count)]


def largest_series(series: Mapping[Series, Totals]) -> dict[Series, Totals]:
    """Return the largest series, and as many of those with the most unpriced or incomplete calls; the rest is one."""
    by_tokens = sorted(series, key=lambda name: (-series[name].get("total_tokens", 0), name))
    with_missing = sorted(
        (name for name in series if missing_calls(series[name])),
        key=lambda name: (-missing_calls(series[name]), name),
    )
    kept = {*by_tokens[:MOST_SERIES], *with_missing[:MOST_SERIES]} - {OTHER}
    rest = sum_totals(totals for name, totals in series.items() if name not in kept)
    return {name: series[name] for name in sorted(kept)} | ({OTHER: rest} if rest else {})


def missing_calls(totals: Totals) -> int:
    """Return the calls whose cost is unknown or leaves something out."""
    return totals.get("unpriced_calls", 0) + totals.get("incomplete_calls", 0)


def missing_in(margin: Margin) -> int:
    """Return the calls that make the cost of a month uncertain."""
    return margin.unpriced_calls + margin.incomplete_calls


def _month(row: InvoiceRow) -> date:
    return month_of(row.invoice.created.date())


def _without_tax(row: InvoiceRow) -> int:
    """Return the cents that are left of an invoice; what was taken back takes its part of the tax along."""
    total, without_tax = row.invoice.total, row.invoice.total_without_tax
    return without_tax if total <= 0 else divide_half_even(without_tax * row.net_total, total)
