"""The routes by which the platform reads the margins of its tenants, as JSON or CSV."""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from flask import Response
from pydantic import Field

from shared.domain.billing.margin_lists import MarginSort, MarginsWanted
from shared.domain.billing.margins import MonthSums, TenantMargin
from shared.domain.ledger.periods import month_of
from shared.http.bodies import read_query
from shared.http.csv_files import csv_response
from shared.http.inputs import PageQuery
from shared.http.platform.margin_responses import MarginsResponse, TenantMarginsResponse, csv_text
from shared.http.routes import Call, Container, Route, json_response
from shared.ports import Margins

_ROWS_AT_ONCE = 500


class MarginsQuery(PageQuery):
    """The month and the tenants to list."""

    cursor: str | None = Field(None, max_length=1000, description="Only with the filters it came from.")
    month: str | None = Field(
        None,
        pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])$",
        description="A calendar month in UTC, `2026-11`; by default the current one.",
    )
    plan: str | None = Field(None, min_length=1, max_length=100)
    sort: MarginSort = Field(
        "margin",
        description="The lowest margin, the highest revenue or cost first; names in alphabetical order.",
    )
    format: Literal["json", "csv"] = Field(
        "json", description="`csv`: all tenants of the list, whatever `limit` and `cursor` say."
    )

    def wanted(self, today: date) -> MarginsWanted:
        month = month_of(today) if self.month is None else date.fromisoformat(f"{self.month}-01")
        return MarginsWanted(month=month, plan=self.plan, sort=self.sort)


def _list(call: Call, container: Container) -> Response:
    query = read_query(call.request, MarginsQuery)
    wanted = query.wanted(call.now.date())
    month = f"{wanted.month:%Y-%m}"
    if query.format == "csv":
        text = csv_text(month, all_margins(container.margins, wanted))
        return csv_response(text, f"margins-{month}.csv")
    page = container.margins.list_margins(wanted, limit=query.limit, cursor=query.cursor)
    return json_response(MarginsResponse.of(month, sums_of(container, wanted), page))


def sums_of(container: Container, wanted: MarginsWanted) -> MonthSums:
    """Return the sums over the tenants of a list: of all plans, or of the one that is asked for."""
    if wanted.plan is not None:
        return container.margins.sum_margins(wanted.month, [wanted.plan]).of_plan(wanted.plan)
    catalog = container.plans()
    # Who still pays for a plan that was removed has it.
    plans = dict.fromkeys(plan.id for plan in (*catalog.plans, *catalog.earlier))
    return container.margins.sum_margins(wanted.month, list(plans))


def all_margins(margins: Margins, wanted: MarginsWanted) -> Iterator[TenantMargin]:
    """Yield the margins of all pages of a list."""
    cursor: str | None = None
    while True:
        page = margins.list_margins(wanted, limit=_ROWS_AT_ONCE, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _of_tenant(call: Call, container: Container) -> Response:
    months = container.margin_refresher.read_live(call.caller.tenant, call.now)
    return json_response(TenantMarginsResponse.of(months))


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/platform/margins",
        summary="Revenue, provider cost and margin of a month, by plan and tenant",
        handle=_list,
        needs="platform:read",
        response=MarginsResponse,
        query=MarginsQuery,
        is_also_csv=True,
    ),
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/margins",
        summary="Revenue, provider cost and margin of a tenant's last twelve months",
        handle=_of_tenant,
        needs="platform:read",
        response=TenantMarginsResponse,
    ),
)
