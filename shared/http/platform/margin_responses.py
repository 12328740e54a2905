"""Responses about margins, as JSON and as lines of CSV."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from pydantic import Field

from shared.domain.billing.margins import Margin, MarginSum, MonthSums, TenantMargin
from shared.domain.prices.money import usd_string
from shared.http.csv_files import file_text, text_cell
from shared.http.responses import ResponseModel, Usd
from shared.ports import Page
from shared.usecases.billing.refresh_margins import MonthMargin


class MarginAmounts(ResponseModel):
    """The money of a calendar month in UTC, and what is missing in it."""

    revenue_usd: Usd = Field(
        description="Paid invoices in USD that were created in the month, without tax, after refunds, credit notes"
        " and lost disputes."
    )
    unpaid_usd: Usd = Field(description="What open invoices in USD add to the revenue once they are paid.")
    provider_cost_usd: Usd = Field(description="What the calls of the month cost at their providers.")
    margin_usd: Usd = Field(description="`revenue_usd` less `provider_cost_usd`; may be negative.")
    unpriced_calls: int = Field(description="Calls whose cost is unknown and left out.")
    incomplete_calls: int = Field(description="Calls of which a part of the cost is left out.")
    other_currency_invoices: int = Field(description="Invoices in other currencies, which are in no amount.")
    is_complete: bool = Field(
        description="False if calls are unpriced or incomplete, or invoices are in other currencies: the margin is"
        " then not exact."
    )


class MarginSums(MarginAmounts):
    """The sum over tenants."""

    tenants: int


class PlanMargin(MarginSums):
    """The sum over the tenants of a plan."""

    plan: str = Field(description="`other`: all plans that the catalog does not have any more.")


class TenantMarginRow(MarginAmounts):
    """A tenant's month."""

    tenant_id: str
    name: str
    plan: str = Field(description="Of a month that has ended: the plan at its end.")
    computed_at: datetime = Field(
        description="Computed once an hour while usage comes in, and once a day for every tenant."
    )


class MarginsResponse(ResponseModel):
    """A page of the tenants' margins in a month, with the sums over all tenants of the list."""

    month: str
    total: MarginSums
    plans: list[PlanMargin]
    tenants: list[TenantMarginRow]
    next_cursor: str | None

    @classmethod
    def of(cls, month: str, sums: MonthSums, page: Page[TenantMargin]) -> "MarginsResponse":
        return cls(
            month=month,
            total=MarginSums(**_sum(sums.total)),
            plans=[PlanMargin(plan=plan, **_sum(each)) for plan, each in sums.all_plans.items()],
            tenants=list(map(tenant_row, page.items)),
            next_cursor=page.next_cursor,
        )


class MonthMarginRow(MarginAmounts):
    """A month of one tenant."""

    month: str


class TenantMarginsResponse(ResponseModel):
    """The last twelve months of a tenant as they are now, newest first."""

    months: list[MonthMarginRow]

    @classmethod
    def of(cls, months: Iterable[MonthMargin]) -> "TenantMarginsResponse":
        return cls(
            months=[MonthMarginRow(month=f"{each.month:%Y-%m}", **_amounts(each.margin)) for each in months]
        )


def tenant_row(found: TenantMargin) -> TenantMarginRow:
    """Return a tenant's month as it is listed."""
    return TenantMarginRow(
        tenant_id=found.tenant_id,
        name=found.name,
        plan=found.plan,
        computed_at=found.computed_at,
        **_amounts(found.margin),
    )


_TEXTS: Final = ("tenant_id", "name", "plan")
_NUMBERS: Final = tuple(name for name in MarginAmounts.model_fields if name != "is_complete")


def csv_text(month: str, rows: Iterable[TenantMargin]) -> str:
    """Return the tenants of a month as a CSV file."""
    return file_text(_csv_lines(month, map(tenant_row, rows)))


def _csv_lines(month: str, rows: Iterable[TenantMarginRow]) -> Iterator[str]:
    yield ",".join(map(text_cell, ("month", *_TEXTS, *_NUMBERS, "is_complete", "computed_at")))
    for each in rows:
        row = each.model_dump(mode="json")
        texts = [text_cell(row[name]) for name in _TEXTS]
        numbers = [str(row[name]) for name in _NUMBERS]
        ends = [str(each.is_complete).lower(), text_cell(row["computed_at"])]
        yield ",".join([text_cell(month), *texts, *numbers, *ends])


def _sum(found: MarginSum) -> dict[str, Any]:
    return {"tenants": found.tenants, **_amounts(found.margin)}


def _amounts(margin: Margin) -> dict[str, Any]:
    return {
        "revenue_usd": usd_string(margin.revenue_nanousd),
        "unpaid_usd": usd_string(margin.unpaid_nanousd),
        "provider_cost_usd": usd_string(margin.cost_nanousd),
        "margin_usd": usd_string(margin.margin_nanousd),
        "unpriced_calls": margin.unpriced_calls,
        "incomplete_calls": margin.incomplete_calls,
        "other_currency_invoices": margin.other_currency_invoices,
        "is_complete": margin.is_complete,
    }
