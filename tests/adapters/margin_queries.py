"""The queries of the margins, and the write of one, for the test of indexes."""

from collections.abc import Callable
from datetime import date
from typing import get_args

from shared.adapters.firestore.billing.margins import margin_fields
from shared.adapters.firestore.people.tenants import set_write
from shared.domain.billing.margin_lists import MarginSort, MarginsWanted
from shared.ports import Margins
from tests.contracts.test_margins import ACE

NOVEMBER = date(2026, 11, 1)


def _listing(plan: str | None, sort: MarginSort) -> Callable[[Margins], object]:
    return lambda to: to.list_margins(MarginsWanted(month=NOVEMBER, plan=plan, sort=sort), limit=5)


MARGIN_READINGS: dict[str, Callable[[Margins], object]] = {
    f"list_margins of {plan or 'all'}, sorted by {sort}": _listing(plan, sort)
    for plan in (None, "starter")
    for sort in get_args(MarginSort)
} | {
    "sum_margins": lambda to: to.sum_margins(NOVEMBER, ["starter"]),
    "list_incomplete_margins": lambda to: to.list_incomplete_margins(NOVEMBER, 5),
    "list_month": lambda to: to.list_month(NOVEMBER, limit=5),
}
MARGIN_WRITES = [set_write("margins/202611.acme", margin_fields(ACE))]
