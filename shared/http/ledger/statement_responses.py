"""The response about a month: its usage at the providers, and apart from it the invoices of the plan."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from shared.domain.ledger.counters import Series, Totals
from shared.domain.ledger.rollups import bounded_series
from shared.http.invoice_models import InvoiceResponse
from shared.http.ledger.amounts import COST, Amounts, amounts
from shared.http.ledger.attribution_responses import NamedRow, named_row
from shared.http.ledger.usage_responses import MAX_SERIES_ROWS, SeriesRow
from shared.http.responses import ResponseModel
from shared.usecases.billing.read_statement import MOST_NAMES, MonthSums, Statement

_MOST_NAMES = f"The highest cost first, at most {MOST_NAMES}, and the rest last. The rows add up to `usage`."


class InvoicedResponse(ResponseModel):
    """The sum of invoices in one currency."""

    currency: str
    amount: int = Field(description="In minor units of the currency.")


class MonthResponse(Amounts):
    """A month in sums."""

    month: str
    invoiced: list[InvoicedResponse]

    @classmethod
    def of(cls, sums: MonthSums) -> "MonthResponse":
        return cls(
            month=f"{sums.month:%Y-%m}",
            invoiced=[InvoicedResponse.model_validate(each) for each in sums.invoiced],
            **amounts(sums.totals),
        )


class MonthUsage(Amounts):
    """The usage of the whole month. Its cost is what the calls cost at their providers."""

    runs: int = Field(description="The runs that began in the month.")


class StatementResponse(ResponseModel):
    """The statement of a calendar month in UTC.

    Provider cost and invoices are never added up: the plan is charged by Stripe, whatever the calls cost.
    """

    tenant_id: str
    tenant_name: str
    month: str = Field(description="`2026-10`")
    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    is_over: bool = Field(description="False while the month goes on: its sums still grow.")
    usage: MonthUsage
    by_model: list[SeriesRow] = Field(description="The highest cost first. The rows add up to `usage`.")
    by_user: list[NamedRow] = Field(description=_MOST_NAMES)
    by_workflow: list[NamedRow] = Field(description=_MOST_NAMES)
    invoiced: list[InvoicedResponse] = Field(
        description="What the invoices of the month charge for the plan, by currency, after refunds, credit notes "
        "and lost disputes. Drafts and void invoices charge nothing."
    )
    invoices: list[InvoiceResponse] = Field(description="The invoices created in the month, newest first.")
    months: list[MonthResponse] = Field(description="The last twelve months, newest first.")

    @classmethod
    def of(cls, statement: Statement, now: datetime, *, with_links: bool) -> "StatementResponse":
        """Return the response about a statement. The links of invoices work for anyone who has them."""
        usage = statement.usage
        return cls(
            tenant_id=statement.tenant.id,
            tenant_name=statement.tenant.name,
            month=f"{statement.month:%Y-%m}",
            start=usage.within.start,
            end=usage.within.end,
            is_over=statement.is_over(now),
            usage=MonthUsage(runs=usage.runs, **amounts(usage.totals)),
            by_model=_by_cost(bounded_series(usage.series, MAX_SERIES_ROWS)),
            by_user=[named_row(row, {}) for row in statement.names["user"]],
            by_workflow=[named_row(row, {}) for row in statement.names["workflow"]],
            invoiced=[InvoicedResponse.model_validate(each) for each in statement.invoiced],
            invoices=[InvoiceResponse.of(row, with_links=with_links) for row in statement.invoices],
            months=[MonthResponse.of(each) for each in statement.months],
        )


def _by_cost(by_series: Mapping[Series, Totals]) -> list[SeriesRow]:
    ordered = sorted(by_series, key=lambda series: (-by_series[series].get(COST, 0), series))
    return [SeriesRow.of(series, by_series[series]) for series in ordered]
