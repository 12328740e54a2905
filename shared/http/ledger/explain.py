"""The route that finds the events behind a number of the usage page."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime

from flask import Response
from pydantic import Field

from shared.domain.errors import InvalidInput
from shared.domain.ledger.counters import METRICS, Totals, sum_totals
from shared.domain.ledger.periods import Period, period_at
from shared.domain.ledger.usage import Detail
from shared.http.bodies import read_query
from shared.http.inputs import EventsFilter
from shared.http.ledger.amounts import Amounts, amounts
from shared.http.ledger.events import filter_of, interval_of, invalid
from shared.http.responses import EventResponse, ResponseModel
from shared.http.routes import Call, Container, Route, json_response
from shared.usecases.ledger.explain_usage import EventFilter, EventSearch, FoundEvents, Place, find_events

MAX_DAYS = 31


class ExplainQuery(EventsFilter):
    """The number to explain: the usage of an interval, by default the current metering period, of what is named."""

    limit: int = Field(100, ge=1, le=500)
    cursor: str | None = Field(None, max_length=2_000)


class ExplainResponse(ResponseModel):
    """The events of a number, newest first. A page may end early: go on while there is a `next_cursor`."""

    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    sum: Amounts = Field(
        description="The number itself where the ledger knows it: without filters, or by provider and model. Else "
        "the sum of all pages so far, which the last page completes."
    )
    sum_is_complete: bool
    kept_since: datetime = Field(
        description="Events before this instant may have expired; usage keeps counting them."
    )
    events: list[EventResponse]
    next_cursor: str | None


def _explain(call: Call, container: Container) -> Response:
    query, tenant = read_query(call.request, ExplainQuery), call.caller.tenant
    within = _interval(query, call)
    search = EventSearch(within=within, wanted=filter_of(query), limit=query.limit)
    found = find_events(container.usage, tenant, search, _place(query.cursor))
    known = _known_sum(query, within, call, container)
    is_last = found.next_place.cursor is None
    return json_response(
        ExplainResponse(
            start=within.start,
            end=within.end,
            sum=Amounts(**amounts(found.next_place.sum if known is None else known)),
            sum_is_complete=known is not None or is_last,
            kept_since=call.now - container.config.retention,
            events=[EventResponse.model_validate(each) for each in found.events],
            next_cursor=_cursor(found),
        )
    )


def _interval(query: ExplainQuery, call: Call) -> Period:
    """Return the interval in `query`, or the current metering period up to now."""
    within = interval_of(query)
    if within is None:
        return period_at(call.caller.tenant.at(call.now).anchor, call.now)
    if (within.end - within.start).days > MAX_DAYS:
        raise invalid("from", "range_too_long", f"an interval covers at most {MAX_DAYS} days")
    return within


def _known_sum(query: ExplainQuery, within: Period, call: Call, container: Container) -> Totals | None:
    """Return the number as the ledger knows it; None for a filter that the ledger does not count by."""
    wanted = filter_of(query)
    if wanted != EventFilter(provider=wanted.provider, model=wanted.model):
        return None
    detail = Detail.SERIES if wanted.is_selective else Detail.TOTALS
    usage = container.ledger.within(call.caller.tenant, within, detail, call.now).usage
    if not wanted.is_selective:
        return usage.totals
    return sum_totals(
        totals
        for series, totals in usage.series.items()
        if wanted.provider in (None, series.provider) and wanted.model in (None, series.model)
    )


def _cursor(found: FoundEvents) -> str | None:
    place = found.next_place
    if place.cursor is None:
        return None
    return base64.urlsafe_b64encode(json.dumps([place.cursor, place.sum]).encode()).decode()


def _place(cursor: str | None) -> Place:
    if cursor is None:
        return Place()
    try:
        inner, said = json.loads(base64.urlsafe_b64decode(cursor))
        return Place(str(inner), _totals(said))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        message = f"cursor {cursor[:80]!r} is not valid for this list"
        raise InvalidInput(message, code="invalid_cursor") from error


def _totals(said: Mapping[str, int]) -> Totals:
    if not said.keys() <= set(METRICS) or not all(type(each) is int for each in said.values()):
        raise ValueError("not the sum of a page")
    return {metric: said[metric] for metric in METRICS if metric in said}


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/usage/explain",
        summary="The events behind a number of usage",
        handle=_explain,
        needs="usage:read",
        response=ExplainResponse,
        query=ExplainQuery,
    ),
)
