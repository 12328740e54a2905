"""The route of usage over time, as JSON or CSV."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, get_args

from flask import Response

from shared.domain.ledger.periods import Period
from shared.domain.ledger.zones import zone_named
from shared.http.bodies import read_query
from shared.http.csv_files import csv_response, file_text, text_cell
from shared.http.inputs import SeriesQuery
from shared.http.ledger.amounts import PLAIN_METRICS, TOKEN_METRICS
from shared.http.ledger.attribution import named_series
from shared.http.ledger.attribution_responses import NamedSeriesResponse
from shared.http.ledger.ranges import next_hour, whole_hours
from shared.http.ledger.usage_responses import SeriesPoint, SeriesResponse
from shared.http.negotiation import tagged_response
from shared.http.routes import Call, Container, Route
from shared.usecases.ledger.read_series import GroupBy, SeriesRequest, read_series

_SMALLEST_STEP = timedelta(microseconds=1)
_DEFAULT_RANGE = timedelta(days=30)
_GROUPS: Final[Mapping[str, GroupBy]] = {each: each for each in get_args(GroupBy)}
_NUMBERS = (*PLAIN_METRICS, "cost_usd")


def _series(call: Call, container: Container) -> Response:
    query = read_query(call.request, SeriesQuery)
    zone = zone_named(query.tz, "tz")
    within = _range(query, call.now)
    group_by = _GROUPS.get(query.group_by or "")
    if query.group_by and not group_by:
        return named_series(call, container, query, within)
    request = SeriesRequest(
        within=within,
        granularity=query.granularity,
        group_by=group_by,
        zone=zone,
        is_filled=query.fill == "zero",
    )
    points = read_series(container.ledger, call.caller.tenant, request, call.now)
    shown = [SeriesPoint.of(point) for point in points]
    if query.format == "csv":
        name = _file_name(call.caller.tenant_id, request)
        return csv_response(file_text(_csv_lines(shown)), name, has_bom=query.bom)
    response = SeriesResponse(
        start=within.start,
        end=within.end,
        granularity=query.granularity,
        group_by=group_by,
        time_zone=zone.key,
        points=shown,
    )
    return tagged_response(call.request, response)


def _range(query: SeriesQuery, now: datetime) -> Period:
    """Return the requested range; by default the last 30 days."""
    # Without `to`, the hour that has begun is included whole: what was just recorded is in it.
    end = query.to or next_hour(now + _SMALLEST_STEP)
    return whole_hours(query.start or next_hour(end) - _DEFAULT_RANGE, end)


def _csv_lines(points: Sequence[SeriesPoint]) -> Iterator[str]:
    names = ("start", "provider", "model", *_NUMBERS, "cost_status", *TOKEN_METRICS, "label")
    yield ",".join(map(text_cell, names))
    for point in points:
        row = point.model_dump(mode="json")
        cells = [
            *(text_cell(row[name]) for name in ("start", "provider", "model")),
            *(str(row[name]) for name in _NUMBERS),
            text_cell(row["cost_status"]),
            *map(str, row["tokens"].values()),
            text_cell(row["label"]),
        ]
        yield ",".join(cells)


def _file_name(tenant_id: str, request: SeriesRequest) -> str:
    """Return a name of letters, digits, hyphens and underscores, as tenant ids have no others."""
    zone, within = request.zone, request.within
    first, last = (each.astimezone(zone).date() for each in (within.start, within.end - _SMALLEST_STEP))
    return f"usage-{tenant_id}-{first}-to-{last}-by-{request.granularity}.csv"


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/usage/series",
        summary="Usage by hour, day, week or month of a time zone",
        handle=_series,
        needs="usage:read",
        response=SeriesResponse | NamedSeriesResponse,
        query=SeriesQuery,
        is_also_csv=True,
    ),
)
