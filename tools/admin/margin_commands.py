"""The command that shows margins: of a month, by plan and tenant, or of one tenant's last twelve months."""

import argparse
from argparse import Namespace
from datetime import date
from typing import Any, get_args

from shared.container import Container
from shared.domain.billing.margin_lists import MarginSort, MarginsWanted
from shared.domain.errors import InvalidInput
from shared.domain.ledger.periods import month_of
from shared.http.platform.margin_responses import MarginsResponse, TenantMarginsResponse, csv_text
from shared.http.platform.margins import all_margins, sums_of
from shared.usecases.people.manage_tenants import existing_tenant
from tools.admin.commands import Answer
from tools.admin.parsing import Command, add, whole_number

_MOST_ROWS = 500


def show_margins(container: Container, options: Namespace) -> Answer:
    """Show the margins of a month, or of one tenant."""
    now = container.clock()
    if options.tenant is not None:
        if any((options.month, options.plan, options.csv, options.refresh, options.cursor)):
            raise InvalidInput(
                "--tenant shows the last twelve months as they are now: it takes no other option"
            )
        tenant = existing_tenant(container.directory, options.tenant)
        months = container.margin_refresher.read_live(tenant, now)
        return Answer(TenantMarginsResponse.of(months).model_dump(mode="json"))
    wanted = MarginsWanted(month=options.month or month_of(now.date()), plan=options.plan, sort=options.sort)
    if options.refresh:
        for tenant_id in container.billing.store.list_tenants():
            container.margin_refresher.refresh_month(tenant_id, wanted.month, now)
    name = f"{wanted.month:%Y-%m}"
    if options.csv:
        text = csv_text(name, all_margins(container.margins, wanted))
        return Answer({"csv": text}, text=text)
    page = container.margins.list_margins(wanted, limit=options.limit, cursor=options.cursor)
    return Answer(MarginsResponse.of(name, sums_of(container, wanted), page).model_dump(mode="json"))


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a month such as 2026-11") from error


def add_margin(subjects: Any) -> None:
    """Add the command about margins."""
    shown = add(
        subjects,
        Command(
            name="margin",
            run=show_margins,
            help="revenue, provider cost and margin of a month, by plan and tenant, or of one tenant",
            example="margin --month 2026-11 --plan starter",
            changes=True,
        ),
    )
    shown.add_argument(
        "--month", type=_month, help="a calendar month in UTC, 2026-11; default the current one"
    )
    shown.add_argument("--plan", metavar="ID", help="only tenants on this plan")
    shown.add_argument(
        "--tenant", metavar="ID", help="only this tenant, its last twelve months as they are now"
    )
    shown.add_argument(
        "--sort",
        choices=get_args(MarginSort),
        default="margin",
        help="lowest margin first (default), highest revenue or cost first, names from A to Z",
    )
    shown.add_argument("--csv", action="store_true", help="print all tenants of the list as CSV")
    shown.add_argument("--limit", type=whole_number(1, _MOST_ROWS), default=50, help="default 50")
    shown.add_argument("--cursor", help="with the same filters: go on where the last page ended")
    shown.add_argument(
        "--refresh", action="store_true", help="first compute the month again, for every tenant"
    )
