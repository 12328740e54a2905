"""The platform's list of tenants as a CSV file."""

from collections.abc import Iterator

from flask import Response

from shared.http.csv_files import NEXT_CURSOR, csv_response, file_text, text_cell
from shared.http.people.tenant_bodies import MAX_CSV_TENANTS, TenantsQuery
from shared.http.people.tenant_responses import TenantRowResponse, TenantUsageResponse
from shared.http.routes import Call
from shared.ports import TenantIndex

_ROWS_PER_PAGE = 500
_TENANT = tuple(name for name in TenantRowResponse.model_fields if name != "usage")
_USAGE = tuple(TenantUsageResponse.model_fields)


def tenants_file(call: Call, index: TenantIndex, query: TenantsQuery) -> Response:
    """Return all tenants of the filters, or the first ones and a last line that says so."""
    lines = [",".join(map(text_cell, (*_TENANT, *_USAGE)))]
    cursor, room = query.cursor, MAX_CSV_TENANTS
    while room:
        page = index.list_rows(query.wanted, limit=min(room, _ROWS_PER_PAGE), cursor=cursor)
        lines += [",".join(_cells(TenantRowResponse.of(row, call.now))) for row in page.items]
        room -= len(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return csv_response(file_text(lines), _name(call, ""), has_bom=query.bom)
    cut = f"Cut after {MAX_CSV_TENANTS:,} tenants: narrow the filters, or go on with the cursor of {NEXT_CURSOR}"
    response = csv_response(file_text([*lines, text_cell(cut)]), _name(call, "-cut"), has_bom=query.bom)
    response.headers[NEXT_CURSOR] = cursor
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


def _name(call: Call, suffix: str) -> str:
    return f"tenants-{call.now.date()}{suffix}.csv"
