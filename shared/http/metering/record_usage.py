"""The routes that agents call: record events, check limits, and admit runs."""

from flask import Response
from pydantic import BaseModel

from shared.domain.errors import InvalidInput, NotFound, RateStatus
from shared.domain.limits.budgets import Spender
from shared.domain.limits.metrics import UsageRequest
from shared.domain.metering.sealed_requests import batch_of
from shared.domain.people.tenants import Tenant
from shared.domain.prices.money import nanousd_from_decimal, usd_string
from shared.http import openapi
from shared.http.bodies import read_body, read_query
from shared.http.budget_models import BudgetUseResponse
from shared.http.check_models import CheckBody, CheckResponse
from shared.http.idempotency import idempotency_key
from shared.http.liveness import ALIVE
from shared.http.metering.event_bodies import read_events
from shared.http.metering.otlp import OTLP_ROUTE
from shared.http.metering.recording_models import (
    EXAMPLES,
    OTHER_BODIES,
    EventsBody,
    RecordHeaders,
    RecordQuery,
    TenantHeader,
)
from shared.http.metering.runs import RUN_ROUTES
from shared.http.problems import rate_headers
from shared.http.responses import RecordResponse, RunLeftResponse
from shared.http.routes import MAX_BODY_BYTES, TENANT_HEADER, Call, Container, Example, Route, json_response
from shared.usecases.limits.check_limits import Planned
from shared.usecases.metering.record_for_tenants import Sender
from shared.usecases.metering.recorded import Recorded
from shared.usecases.people.authenticate import PlatformAccess

METERING_OFF = "metering_disabled"
_OFF_REASON = "Metering is disabled (GWI_METERING_ENABLED): no events are recorded and no limits apply."


def _record(call: Call, container: Container) -> Response:
    query = read_query(call.request, RecordQuery)
    if not container.config.metering_enabled:
        nothing = RecordResponse(
            accepted=0, duplicates=0, rejected=[], truncated=False, ids=[], metering_enabled=False
        )
        return json_response(nothing)
    result, tenant, rate = (
        _record_for_tenants(call, call.platform, container)
        if call.platform
        else _record_for_tenant(call, container)
    )
    if result.rejected and not result.ids:
        first = result.rejected[0].message
        message = f"No event was recorded. First problem: {first}"
        raise InvalidInput(message, tuple(result.rejected), is_truncated=result.truncated)
    response = RecordResponse.model_validate(result)
    if query.status and tenant:
        status = container.limits.current_status(tenant, call.now)
        run = _left(tenant, result.run_id, call, container) if result.run_id else None
        response = response.model_copy(update={"status": status, "run": run})
    return _with_rate(response, rate)


def _record_for_tenant(call: Call, container: Container) -> tuple[Recorded, Tenant, RateStatus]:
    tenant = call.caller.tenant
    tenant.refuse_recording()
    rate = container.rates.take_for_recording(tenant, call.now)
    items = read_events(call.request)
    sealed_as = batch_of(items, idempotency_key(call.request))
    return container.events.record(call.caller, items, call.now, sealed_as), tenant, rate


def _record_for_tenants(
    call: Call, platform: PlatformAccess, container: Container
) -> tuple[Recorded, Tenant | None, RateStatus | None]:
    """Record with a platform key; return the result with the only tenant, if it is only one, and the lowest rate."""
    items = read_events(call.request)
    sealed_as = batch_of(items, idempotency_key(call.request))
    sender = Sender(platform, call.request.headers.get(TENANT_HEADER) or None, sealed_as)
    admitted = container.platform_events.admit(sender, items, call.now)
    call.crossings.extend(admitted.tenants)
    return container.platform_events.record(admitted), admitted.only_tenant, admitted.rate


def _left(tenant: Tenant, run_id: str, call: Call, container: Container) -> RunLeftResponse | None:
    """Return what a run may still use; None if it is no longer kept."""
    try:
        left = container.runs.left(tenant, run_id, call.now)
    except NotFound:  # a duplicate of an event that outlived its run
        return None
    return RunLeftResponse(
        remaining_usd=None if left.cost_nanousd is None else usd_string(left.cost_nanousd),
        remaining_tokens=left.tokens,
        over=any(left.over),
    )


def _check(call: Call, container: Container) -> Response:
    body = read_body(call.request, CheckBody)
    if not container.config.metering_enabled:
        return json_response(CheckResponse(allowed=True, code=METERING_OFF, reason=_OFF_REASON))
    call.caller.tenant.refuse_recording()
    rate = container.rates.take("check", call.caller.tenant, call.now)
    check = container.limits.check(call.caller.tenant, _planned(body, call.caller.key), call.now)
    response = CheckResponse(
        allowed=check.allowed,
        decided=check.decided,
        code=check.code,
        reason=check.reason,
        status=check.status,
        budget=BudgetUseResponse.of(check.denial.use) if check.denial else None,
        warnings=[BudgetUseResponse.of(use) for use in check.warnings],
    )
    return _with_rate(response, rate)


def _planned(body: CheckBody, key: str | None) -> Planned:
    cost_nanousd = None if body.cost_usd is None else nanousd_from_decimal(body.cost_usd)
    return Planned(
        request=UsageRequest(body.tokens, body.runs, cost_nanousd),
        spender=Spender(body.user_id, body.workflow_id, key, body.tags),
        run_id=body.run_id,
    )


def _with_rate(model: BaseModel, rate: RateStatus | None) -> Response:
    response = json_response(model)
    if rate:
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
        names_tenants=True,
        response=RecordResponse,
        body=EventsBody,
        other_bodies=OTHER_BODIES,
        headers=RecordHeaders,
        query=RecordQuery,
        examples=EXAMPLES,
        max_body_bytes=MAX_BODY_BYTES,
    ),
    OTLP_ROUTE,
    Route(
        method="POST",
        path="/v1/check",
        summary="Check whether usage would fit the limits",
        handle=_check,
        needs="limits:read",
        answers_while_away=True,
        response=CheckResponse,
        body=CheckBody,
        headers=TenantHeader,
        examples={
            "a run": Example({"tokens": 2000, "runs": 1}),
            "a call by its cost": Example({"cost_usd": "0.25"}),
            "a user's call": Example({"cost_usd": "0.25", "user_id": "ann", "tags": {"feature": "search"}}),
        },
    ),
    *RUN_ROUTES,
)
ROUTES = (*_ROUTES, openapi.route(_ROUTES, "/v1/openapi.json"))
