"""The queries of the platform's list of tenants, and the writes of its rows, for the test of indexes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, get_args

from shared.adapters.firestore.people.tenant_rows import row_fields, row_tenant_write, row_usage_write
from shared.adapters.firestore.people.tenants import set_write
from shared.domain.ledger.periods import period_at
from shared.domain.people.tenant_rows import EventRate, RowSort, RowsWanted, Used, new_row, row_usage
from shared.domain.people.tenants import Tenant
from shared.ports import TenantIndex
from tests.sample_events import CALL, NOON

_FILTERS: Final = {
    "all": RowsWanted(),
    "a plan": RowsWanted(plan="free"),
    "a status": RowsWanted(status="active"),
    "nearly used up": RowsWanted(over_80=True),
    "past due": RowsWanted(past_due=True),
    "by every filter": RowsWanted(plan="free", status="active", over_80=True, past_due=True),
}
_WANTED = {
    f"{name}, sorted by {sort}": replace(wanted, sort=sort)
    for name, wanted in _FILTERS.items()
    for sort in get_args(RowSort)
} | {f"{name}, searched": replace(wanted, q="a") for name, wanted in _FILTERS.items()}


def _listing(wanted: RowsWanted) -> Callable[[TenantIndex], object]:
    return lambda index: index.list_rows(wanted, limit=5)


LISTINGS = {f"list_rows {name}": _listing(wanted) for name, wanted in _WANTED.items()}
_ACME = Tenant(id="acme", name="Acme", plan="free", created_at=NOON)
_USAGE = replace(
    row_usage(None, Used.of(period_at(None, NOON), CALL, 1, NOON), NOON), rate=EventRate(60, NOON)
)
ROW_WRITES = [
    row_tenant_write("x", _ACME, NOON),
    row_usage_write("x", "acme", _USAGE),
    set_write("tenant_index/acme", row_fields(new_row(_ACME))),
]
