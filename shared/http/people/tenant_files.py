"""The platform's list of tenants as a CSV file."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from flask import Response

from shared.domain.people.tenant_rows import RowsWanted
from shared.http.csv_files import NEXT_CURSOR, csv_response, file_text, text_cell
from shared.http.people.tenant_bodies import MAX_CSV_TENANTS, TenantsQuery
from shared.http.people.tenant_responses import TenantRowResponse, TenantUsageResponse
from shared.http.routes import Call
from shared.ports import TenantIndex

_ROWS_PER_PAGE = 500
_TENANT = tuple(name for name in TenantRowResponse.model_fields if name != "usage")
_USAGE = tuple(TenantUsageResponse.model_fields)


class TenantsFile(NamedTuple):
    """The text of a file, and where to go on if it was cut."""

    text: str
    next_cursor: str | None


def tenants_file(index: TenantIndex, wanted: RowsWanted, cursor: str | None, now: datetime) -> TenantsFile:
    """Return the tenants of the filters as CSV: all of them, or the first ones and a last line that says so."""
    lines = [",".join(map(text_cell, (*_TENANT, *_USAGE)))]
    after, room = cursor, MAX_CSV_TENANTS
    while room:
        page = index.list_rows(wanted, limit=min(room, _ROWS_PER_PAGE), cursor=after)
        lines += [",".join(_cells(TenantRowResponse.of(row, now))) for row in page.items]
        room -= len(page.items)
        after = page.next_cursor
        if after is None:
            return TenantsFile(file_text(lines), None)
    cut = f"Cut after {MAX_CSV_TENANTS:,} tenants: narrow the filters, or go on with the cursor {after}"
    return TenantsFile(file_text([*lines, text_cell(cut)]), after)


def tenants_response(call: Call, index: TenantIndex, query: TenantsQuery) -> Response:
    """Return the file of the tenants as a download."""
    file = tenants_file(index, query.wanted, query.cursor, call.now)
    name = f"tenants-{call.now.date()}{'-cut' if file.next_cursor else ''}.csv"
    response = csv_response(file.text, name, has_bom=query.bom)
    if file.next_cursor:
        response.headers[NEXT_CURSOR] = file.next_cursor
    return response


def _cells(row: TenantRowResponse) -> Iterator[str]:
    content = row.model_dump(mode="json")
    usage = content.pop("usage") or dict.fromkeys(_USAGE)
    for value in (*content.values(), *usage.values()):
        if isinstance(value, bool):
            yield str(value).lower()
        elif isinstance(value, int | float):
            yield str(value)
        else:
            yield text_cell(value)
