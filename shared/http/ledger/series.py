"""The route of usage over time, as JSON or CSV."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Response

from shared.domain.ledger.periods import Period
from shared.domain.ledger.zones import zone_named
from shared.http.app import Call, Container, Route, json_response
from shared.http.bodies import read_query
from shared.http.inputs import SeriesQuery
from shared.http.ledger.amounts import PLAIN_METRICS, TOKEN_METRICS
from shared.http.ledger.ranges import next_hour, whole_hours
from shared.http.ledger.usage_responses import SeriesPoint, SeriesResponse
from shared.usecases.ledger.read_series import SeriesRequest, read_series

_SMALLEST_STEP = timedelta(microseconds=1)
_DEFAULT_RANGE = timedelta(days=30)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def _series(call: Call, container: Container) -> Response:
    query = read_query(call.request, SeriesQuery)
    zone = zone_named(query.tz, "tz")
    within = _range(query, call.now)
    request = SeriesRequest(
        within=within,
        granularity=query.granularity,
        group_by=query.group_by,
        zone=zone,
        is_filled=query.fill == "zero",
    )
    points = read_series(container.ledger, call.caller.tenant, request, call.now)
    shown = [SeriesPoint.of(point) for point in points]
    if query.format == "csv":
        return Response(_csv(shown), mimetype="text/csv")
    return json_response(
        SeriesResponse(
            start=within.start,
            end=within.end,
            granularity=query.granularity,
            group_by=query.group_by,
            time_zone=zone.key,
            points=shown,
        )
    )


def _range(query: SeriesQuery, now: datetime) -> Period:
    """Return the requested range; by default the last 30 days."""
    # Without `to`, the hour that has begun is included whole: what was just recorded is in it.
    end = query.to or next_hour(now + _SMALLEST_STEP)
    return whole_hours(query.start or next_hour(end) - _DEFAULT_RANGE, end)


def _csv(points: Sequence[SeriesPoint]) -> str:
    output = io.StringIO()
    plain = ["start", "provider", "model", *PLAIN_METRICS, "cost_usd", "cost_status"]
    writer = csv.writer(output)
    writer.writerow([*plain, *TOKEN_METRICS, "label"])
    for point in points:
        row = point.model_dump(mode="json")
        amounts = [_cell(row[name]) for name in plain]
        writer.writerow([*amounts, *row["tokens"].values(), row["label"]])
    return output.getvalue()


def _cell(value: object) -> object:
    """Quote text that a spreadsheet would run as a formula: names come from callers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/usage/series",
        summary="Usage by hour, day, week or month of a time zone",
        handle=_series,
        needs="usage:read",
        response=SeriesResponse,
        query=SeriesQuery,
        is_also_csv=True,
    ),
)
