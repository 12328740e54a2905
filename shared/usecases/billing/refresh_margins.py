"""Compute the margins of tenants from their invoices and their usage: stored by month, or live for one tenant."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, NamedTuple

from shared.domain.billing.invoices import InvoiceRow
from shared.domain.billing.margins import (
    Margin,
    TenantMargin,
    largest_series,
    month_margin,
    months_to_compute,
    previous_months,
)
from shared.domain.errors import TooLarge
from shared.domain.ledger.counters import OTHER, Series, Totals, add
from shared.domain.ledger.periods import Period, month_of, period_at, start_of
from shared.domain.ledger.usage import Detail
from shared.domain.people.tenants import Tenant
from shared.ports import BillingStore, Margins
from shared.usecases.ledger.ledger import Ledger

MONTHS_SHOWN: Final = 12
_MONTHS_KEPT: Final = 25


class MonthMargin(NamedTuple):
    """The margin of a month of one tenant."""

    month: date
    margin: Margin


@dataclass(frozen=True, slots=True)
class MarginRefresher:
    """Sets what is stored to what invoices and ledger say: any order and repetition ends the same."""

    ledger: Ledger
    billing: BillingStore
    margins: Margins

    def refresh_current(self, tenant: Tenant, now: datetime) -> None:
        """Compute the current month of a tenant."""
        month = month_of(now.date())
        invoices = self.billing.list_invoices_since(tenant.id, start_of(month))
        self.margins.save_margins([self._compute(tenant.at(now), month, invoices, now)])

    def refresh(self, tenant_ids: Iterable[str], now: datetime) -> None:
        """Compute each tenant's months that may have changed lately."""
        for tenant_id in tenant_ids:
            invoices = self.billing.list_invoices_since(tenant_id, start_of(_oldest_kept(now)))
            self._refresh(tenant_id, months_to_compute(invoices, now), invoices, now)

    def refresh_month(self, tenant_id: str, month: date, now: datetime) -> None:
        """Compute a month of a tenant."""
        invoices = self.billing.list_invoices_since(tenant_id, start_of(month))
        self._refresh(tenant_id, [month], invoices, now)

    def read_live(self, tenant: Tenant, now: datetime) -> list[MonthMargin]:
        """Return the margins of the last twelve months as they are now, newest first."""
        months = previous_months(now.date(), MONTHS_SHOWN)
        within = Period(start_of(months[-1]), _period(months[0]).end)
        invoices = self.billing.list_invoices_since(tenant.id, within.start)
        usage: dict[date, Totals] = {}
        for day, totals in self.ledger.within(tenant, within, Detail.TOTALS, now).usage.days.items():
            add(usage.setdefault(month_of(day), {}), totals)
        found = [
            MonthMargin(month, month_margin(month, invoices, {OTHER: usage.get(month, {})}))
            for month in months
        ]
        return [each for each in found if _concerns(tenant, each.month, each.margin)]

    def _refresh(
        self, tenant_id: str, months: Sequence[date], invoices: Sequence[InvoiceRow], now: datetime
    ) -> None:
        stored = self.billing.read_account(tenant_id)
        if stored is None:  # it was deleted meanwhile
            return
        tenant = stored.account.tenant.at(now)
        current = month_of(now.date())
        known = self.margins.read_margins(tenant_id, [month for month in months if month < current])
        plans = {each.month: each.plan for each in known}
        computed = [self._compute(tenant, month, invoices, now) for month in months]
        self.margins.save_margins(
            # A change of plan must not move the margins of months that have ended.
            [
                replace(each, plan=plans.get(each.month, each.plan))
                for each in computed
                if _concerns(tenant, each.month, each.margin)
            ]
        )

    def _compute(
        self, tenant: Tenant, month: date, invoices: Iterable[InvoiceRow], now: datetime
    ) -> TenantMargin:
        series = self._series(tenant, month, now)
        return TenantMargin(
            month=month,
            tenant_id=tenant.id,
            name=tenant.name,
            plan=tenant.plan,
            margin=month_margin(month, invoices, series),
            series=largest_series(series),
            computed_at=now,
        )

    def _series(self, tenant: Tenant, month: date, now: datetime) -> dict[Series, Totals]:
        """Return a month's usage by series; if it has too many to be read at once, as one.

        Of the days, only those with usage are read, as each is a document.
        """
        used = self.ledger.within(tenant, _period(month), Detail.TOTALS, now).usage
        if not used.days:
            return {}
        within = used.within.part_within(min(used.days), max(used.days))
        with suppress(TooLarge):
            return self.ledger.within(tenant, within, Detail.SERIES, now).usage.series
        return {OTHER: used.totals}


def _oldest_kept(now: datetime) -> date:
    return previous_months(now.date(), _MONTHS_KEPT)[-1]


def _period(month: date) -> Period:
    return period_at(None, start_of(month))


def _concerns(tenant: Tenant, month: date, margin: Margin) -> bool:
    """Return whether the tenant existed in the month, or something of that month counts for it."""
    return month >= month_of(tenant.created_at.date()) or margin != Margin()
