"""The routes that find events: those of filters, newest first, or one by its id."""

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.ledger.periods import Period
from shared.domain.metering.events import Reference
from shared.domain.metering.identities import identity_of
from shared.http.bodies import read_query
from shared.http.inputs import EventsFilter, EventsQuery, tag_named
from shared.http.ledger.ranges import whole_hours
from shared.http.responses import EventResponse, EventsResponse
from shared.http.routes import Call, Container, Route, json_response
from shared.usecases.ledger.explain_usage import EventFilter, EventSearch, Place, find_events
from shared.usecases.ledger.read_corrections import corrected_event


class EventQuery(BaseModel):
    """The source of the event, which a CloudEvent is only unique with."""

    model_config = ConfigDict(extra="forbid")

    source: Reference | None = Field(
        None, description="Of an event that was sent as a CloudEvent: its source."
    )


def filter_of(query: EventsFilter) -> EventFilter:
    return EventFilter(
        provider=query.provider,
        model=query.model,
        user_id=query.user_id,
        workflow_id=query.workflow_id,
        key=query.api_key,
        tag=tag_named(query.tag),
        status=query.status,
        errors=query.errors,
    )


def interval_of(query: EventsFilter) -> Period | None:
    """Return the interval in `query`, if it has one; raise InvalidInput if one end is missing."""
    if query.start is None and query.to is None:
        return None
    if query.start is None or query.to is None:
        field = "from" if query.start is None else "to"
        raise invalid(field, "missing", "missing: an interval has both from and to")
    return whole_hours(query.start, query.to)


def invalid(field: str, code: str, what: str) -> InvalidInput:
    message = f"{field}: {what}"
    return InvalidInput(message, (FieldProblem(field=field, code=code, message=message),))


def _events(call: Call, container: Container) -> Response:
    query = read_query(call.request, EventsQuery)
    search = EventSearch(
        within=interval_of(query),
        wanted=filter_of(query),
        limit=query.limit,
        run_id=query.run_id,
        with_metadata=query.metadata,
    )
    found = find_events(container.usage, call.caller.tenant, search, Place(query.cursor))
    events = [EventResponse.model_validate(each) for each in found.events]
    return json_response(EventsResponse(events=events, next_cursor=found.next_place.cursor))


def _event(call: Call, container: Container) -> Response:
    query, event_id = read_query(call.request, EventQuery), call.path["event"]
    identity = identity_of(event_id, query.source)
    event = corrected_event(container.usage, call.caller.tenant_id, identity)
    return json_response(EventResponse.model_validate(event))


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/events",
        summary="Events, newest first",
        handle=_events,
        needs="usage:read",
        response=EventsResponse,
        query=EventsQuery,
    ),
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/events/<path:event>",
        summary="One event, with its metadata",
        handle=_event,
        needs="usage:read",
        response=EventResponse,
        query=EventQuery,
    ),
)
