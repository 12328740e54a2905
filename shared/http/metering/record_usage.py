"""The routes that agents call: record events, and check limits."""

from flask import Response
from pydantic import BaseModel

from shared.domain.errors import InvalidInput, RateStatus
from shared.http import openapi
from shared.http.bodies import read_body, read_query
from shared.http.inputs import CheckBody
from shared.http.liveness import ALIVE
from shared.http.metering.event_bodies import read_events
from shared.http.metering.recording_models import (
    EXAMPLES,
    OTHER_BODIES,
    EventsBody,
    RecordHeaders,
    RecordQuery,
)
from shared.http.problems import rate_headers
from shared.http.responses import CheckResponse, RecordResponse
from shared.http.routes import MAX_BODY_BYTES, Call, Container, Example, Route, json_response
from shared.usecases.limits.check_limits import UsageRequest

METERING_OFF = "metering_disabled"
_OFF_REASON = "Metering is disabled (GWI_METERING_ENABLED): no events are recorded and no limits apply."


def _record(call: Call, container: Container) -> Response:
    query = read_query(call.request, RecordQuery)
    if not container.config.metering_enabled:
        nothing = RecordResponse(
            accepted=0, duplicates=0, rejected=[], truncated=False, ids=[], metering_enabled=False
        )
        return json_response(nothing)
    call.caller.tenant.refuse_recording()
    rate = container.rates.take_for_recording(call.caller.tenant, call.now)
    result = container.events.record(call.caller, read_events(call.request), call.now)
    if result.rejected and not result.ids:
        first = result.rejected[0].message
        message = f"No event was recorded. First problem: {first}"
        raise InvalidInput(message, tuple(result.rejected), is_truncated=result.truncated)
    response = RecordResponse.model_validate(result)
    if query.status:
        status = container.limits.current_status(call.caller.tenant, call.now)
        response = response.model_copy(update={"status": status})
    return _with_rate(response, rate)


def _check(call: Call, container: Container) -> Response:
    body = read_body(call.request, CheckBody)
    if not container.config.metering_enabled:
        return json_response(CheckResponse(allowed=True, code=METERING_OFF, reason=_OFF_REASON))
    call.caller.tenant.refuse_recording()
    rate = container.rates.take("check", call.caller.tenant, call.now)
    request = UsageRequest(body.tokens, body.runs)
    check = container.limits.check(call.caller.tenant, request, call.now)
    return _with_rate(CheckResponse.model_validate(check), rate)


def _with_rate(model: BaseModel, rate: RateStatus) -> Response:
    response = json_response(model)
    response.headers.update(rate_headers(rate))
    return response


_ROUTES = (
    ALIVE,
    Route(
        method="POST",
        path="/v1/events",
        summary="Record metering events",
        handle=_record,
        needs="usage:write",
        response=RecordResponse,
        body=EventsBody,
        other_bodies=OTHER_BODIES,
        headers=RecordHeaders,
        query=RecordQuery,
        examples=EXAMPLES,
        max_body_bytes=MAX_BODY_BYTES,
    ),
    Route(
        method="POST",
        path="/v1/check",
        summary="Check whether usage would fit the limits",
        handle=_check,
        needs="limits:read",
        response=CheckResponse,
        body=CheckBody,
        examples={"a run": Example({"tokens": 2000, "runs": 1})},
    ),
)
ROUTES = (*_ROUTES, openapi.route(_ROUTES, "/v1/openapi.json"))
