"""The routes that admit a run with a hold, extend the hold and end the run."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response
from pydantic import BaseModel

from shared.domain.errors import RateStatus
from shared.domain.limits.runs import RunRefused
from shared.domain.people.tenants import Tenant
from shared.http.bodies import read_body
from shared.http.metering.recording_models import TenantHeader
from shared.http.metering.run_models import (
    AdmitBody,
    AdmittedResponse,
    EndBody,
    EndedResponse,
    ExtendBody,
)
from shared.http.problems import PAYMENT_REQUIRED, PaymentRequired, rate_headers
from shared.http.routes import Call, Container, Example, Route, existing_response, json_response


def _admit(call: Call, container: Container) -> Response:
    body = read_body(call.request, AdmitBody)
    if not container.config.metering_enabled:
        return json_response(AdmittedResponse.unmetered(body.run_id))
    with _tenant_of(call, container) as (tenant, rate):
        request = body.request(
            call.caller.key, lambda planned: container.hold_estimator.estimate(tenant, planned, call.now)
        )
        admitted = container.runs.admit(tenant, request, call.now)
    return _response(AdmittedResponse.of(admitted), rate, is_new=admitted.is_new)


def _extend(call: Call, container: Container) -> Response:
    run_id, body = call.path["run"], read_body(call.request, ExtendBody)
    extension = body.extension(run_id)
    if not container.config.metering_enabled:
        return json_response(AdmittedResponse.unmetered(run_id))
    with _tenant_of(call, container) as (tenant, rate):
        extended = container.runs.extend(tenant, extension, call.now)
    return _response(AdmittedResponse.of(extended), rate)


def _end(call: Call, container: Container) -> Response:
    end = read_body(call.request, EndBody).end(call.path["run"])
    if not container.config.metering_enabled:
        return json_response(EndedResponse.unmetered(end, call.now))
    with _tenant_of(call, container) as (tenant, rate):
        ended = container.runs.end(tenant, end, call.now)
    return _response(EndedResponse.of(ended), rate)


@contextmanager
def _tenant_of(call: Call, container: Container) -> Iterator[tuple[Tenant, RateStatus]]:
    """Yield the tenant, if it may record, with its rate; add to a refusal where the tenant gets a larger limit."""
    tenant = call.caller.tenant
    tenant.refuse_recording()
    rate = container.rates.take("run", tenant, call.now)
    try:
        yield tenant, rate
    except RunRefused as refused:
        container.refusals.keep(tenant.id, refused.refusal, call.now)
        raise PaymentRequired(refused.refusal, container.links.plans(tenant.id)) from refused


def _response(model: BaseModel, rate: RateStatus, *, is_new: bool = True) -> Response:
    response = json_response(model) if is_new else existing_response(model)
    response.headers.update(rate_headers(rate))
    return response


_HELD = {"run_id": "run-7", "budget_usd": "2.50"}
_CHILD = {"run_id": "run-7-search", "parent_run_id": "run-7", "budget_usd": "0.50", "hold_tokens": 20_000}
_PLANNED = {
    "run_id": "run-8",
    "workflow_id": "review",
    "tags": {"feature": "search"},
    "estimate": {
        "provider": "openai",
        "model": "gpt-4.1-mini",
        "calls": 20,
        "max_input_tokens": 8_000,
        "max_output_tokens": 1_000,
    },
}
RUN_ROUTES = (
    Route(
        method="POST",
        path="/v1/runs",
        summary="Admit a run, and set aside what it may use",
        handle=_admit,
        needs="usage:write",
        response=AdmittedResponse,
        body=AdmitBody,
        headers=TenantHeader,
        examples={
            "a budget in dollars": Example(_HELD),
            "planned calls": Example(_PLANNED),
            "a run without a hold": Example({"run_id": "run-9"}),
        },
        may_exist=True,
        refusals=(PAYMENT_REQUIRED, 409),
        status=201,
    ),
    Route(
        method="POST",
        path="/v1/runs/<path:run>/extend",
        summary="Change the total that a run has set aside, or when it expires",
        handle=_extend,
        needs="usage:write",
        response=AdmittedResponse,
        body=ExtendBody,
        headers=TenantHeader,
        examples={
            "a larger budget": Example({"budget_usd": "4.00"}),
            "more time": Example({"ttl_seconds": 7200}),
        },
        refusals=(PAYMENT_REQUIRED, 409),
    ),
    Route(
        method="POST",
        path="/v1/runs/<path:run>/end",
        summary="End a run, and release what it has not used",
        handle=_end,
        needs="usage:write",
        response=EndedResponse,
        body=EndBody,
        headers=TenantHeader,
        examples={
            "completed": Example({"status": "completed"}),
            "failed": Example({"status": "failed", "error": "TimeoutError: the tool did not answer"}),
        },
        refusals=(409,),
    ),
)
