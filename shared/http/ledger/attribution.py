"""Usage by user, workflow, API key or tag: the names that cost most, and over time; as JSON or CSV."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from flask import Response

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.ledger.periods import Period, period_at, previous
from shared.domain.ledger.steps import Steps
from shared.domain.ledger.zones import UTC_NAME, zone_named
from shared.domain.people.tenants import Tenant
from shared.http.bodies import read_query
from shared.http.csv_files import csv_response, file_text, text_cell
from shared.http.inputs import SeriesQuery, TopQuery
from shared.http.ledger.attribution_responses import (
    NamedRow,
    NamedSeriesPoint,
    NamedSeriesResponse,
    TopResponse,
    named_row,
)
from shared.http.ledger.ranges import interval_of
from shared.http.negotiation import tagged_response
from shared.http.routes import Call, Container, Route
from shared.usecases.ledger.read_attribution import points_of, read_attribution, top_names, whole_days
from shared.usecases.ledger.read_series import MAX_FILLED_ROWS

_AMOUNTS = ("calls", "errors", "unpriced_calls", "incomplete_calls", "cost_usd")
_TOKENS = ("input", "output", "total")


def _top(call: Call, container: Container) -> Response:
    query = read_query(call.request, TopQuery)
    _require_utc(query.tz)
    within = whole_days(interval_of(query) or _period(query, call.caller.tenant, call.now))
    top = top_response(call, container, (query.group_by, within), query.limit)
    if query.format == "csv":
        name = _file_name(call, query.group_by, within)
        return csv_response(file_text(_lines(("name", "label"), top.names)), name, has_bom=query.bom)
    return tagged_response(call.request, top)


def top_response(call: Call, container: Container, by: tuple[str, Period], limit: int = 20) -> TopResponse:
    """Return the names of a group that cost most within whole days."""
    usage = read_attribution(container.ledger, call.caller.tenant, by, call.now)
    labels = _labels(call, container) if by[0] == "key" else {}
    return TopResponse.of(usage, by[0], [named_row(row, labels) for row in top_names(usage, limit)])


def named_series(call: Call, container: Container, query: SeriesQuery, range_: Period) -> Response:
    """Return the usage by name over time; `range_` is widened to whole days."""
    group_by = query.group_by or ""
    _require_utc(query.tz)
    if query.granularity == "hour":
        raise _invalid(
            "granularity", "'hour': usage by name is summed by the day; ask for day, week or month"
        )
    within = whole_days(range_)
    usage = read_attribution(container.ledger, call.caller.tenant, (group_by, within), call.now)
    steps = Steps(within, query.granularity, zone_named(UTC_NAME, "tz"))
    most_rows = MAX_FILLED_ROWS if query.fill == "zero" else None
    points = [NamedSeriesPoint.at(point) for point in points_of(usage, steps, most_rows)]
    if query.format == "csv":
        name = _file_name(call, group_by, within)
        return csv_response(file_text(_lines(("label", "name"), points)), name, has_bom=query.bom)
    response = NamedSeriesResponse(
        start=within.start,
        end=within.end,
        granularity=query.granularity,
        group_by=group_by,
        time_zone=UTC_NAME,
        points=points,
    )
    return tagged_response(call.request, response)


def _period(query: TopQuery, tenant: Tenant, now: datetime) -> Period:
    anchor = tenant.at(now).anchor
    current = period_at(anchor, now)
    return previous(anchor, current) if query.period == "previous" else current


def _labels(call: Call, container: Container) -> dict[str, str]:
    return {key.id: key.label for key in container.directory.list_keys(call.caller.tenant_id)}


def _require_utc(zone: str) -> None:
    if zone != UTC_NAME:
        raise _invalid("tz", f"{zone!r}: usage by name is summed by UTC day; leave out tz")


def _invalid(field: str, what: str) -> InvalidInput:
    message = f"{field}: {what}"
    return InvalidInput(message, (FieldProblem(field=field, code="not_by_name", message=message),))


def _lines(texts: Sequence[str], rows: Sequence[NamedRow | NamedSeriesPoint]) -> Iterator[str]:
    names = (*texts, *_AMOUNTS, "cost_status", *(f"{name}_tokens" for name in _TOKENS))
    yield ",".join(map(text_cell, names))
    for each in rows:
        row = each.model_dump(mode="json")
        yield ",".join(
            [
                *(text_cell(row[name]) for name in texts),
                *(str(row[name]) for name in _AMOUNTS),
                text_cell(row["cost_status"]),
                *(str(row["tokens"][name]) for name in _TOKENS),
            ]
        )


def _file_name(call: Call, group_by: str, within: Period) -> str:
    """Return a name of letters, digits, hyphens and underscores."""
    first, last = within.first_day, within.last_day
    return f"usage-{call.caller.tenant_id}-{first}-to-{last}-by-{group_by.replace(':', '-')}.csv"


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/usage/top",
        summary="The users, workflows, API keys or values of a tag that cost most",
        handle=_top,
        needs="usage:read",
        response=TopResponse,
        query=TopQuery,
        is_also_csv=True,
    ),
)
