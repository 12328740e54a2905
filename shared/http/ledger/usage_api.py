"""The routes that dashboards and reports call: plans, usage, series, runs and events of the caller's tenant."""

from typing import Final

from flask import Response

from shared.domain.errors import NotFound
from shared.http.bodies import read_query
from shared.http.inputs import UsageQuery
from shared.http.ledger.attribution import top_response
from shared.http.ledger.ranges import interval_of
from shared.http.ledger.usage_page_responses import UsageResponse
from shared.http.ledger.usage_responses import RunResponse
from shared.http.negotiation import tagged_response
from shared.http.responses import HealthResponse, PlanResponse, PlansResponse
from shared.http.routes import Call, Container, Route, json_response
from shared.ports import RaisedAlert
from shared.usecases.ledger.read_attribution import whole_days
from shared.usecases.limits.read_usage import UsagePage, read_current, read_interval, read_previous
from shared.usecases.limits.taken_holds import taken_by_children

_CATALOG_CACHE = "public, max-age=60"
_VOLATILE: Final = {"aggregate": {"updated_at"}, "forecast": True}
"""These change with the time alone: usage of which nothing else has changed is the same."""


def _plans(_call: Call, container: Container) -> Response:
    shown = [PlanResponse.of(plan) for plan in container.plans().visible]
    return json_response(PlansResponse(plans=shown), _CATALOG_CACHE)


def _health(call: Call, container: Container) -> Response:
    lag = container.fold_lag.read(call.now)
    return json_response(HealthResponse(status="ok", fold_lag_seconds=lag.total_seconds()))


def _usage(call: Call, container: Container) -> Response:
    query = read_query(call.request, UsageQuery)
    page = _read_page(query, call, container)
    response = UsageResponse.of(
        page, call.caller.role, _billing_alerts(page, call, container), container.plans()
    )
    if query.group_by:
        by = query.group_by, whole_days(page.usage.within)
        response = response.model_copy(update={"by_name": top_response(call, container, by)})
    return tagged_response(call.request, response, _VOLATILE)


def _billing_alerts(page: UsagePage, call: Call, container: Container) -> list[RaisedAlert]:
    is_current, has_subscription = page.changes is not None, page.tenant.billing.status != "none"
    # A tenant without a subscription has no such alerts, so nothing is read for it.
    if "billing:write" not in call.caller.permissions or not is_current or not has_subscription:
        return []
    return container.billing.store.list_billing_alerts(page.tenant.id)


def _read_page(query: UsageQuery, call: Call, container: Container) -> UsagePage:
    within, known, limits = interval_of(query), call.caller.tenant, container.limits
    if within is not None:
        return read_interval(limits, known, within, call.now)
    if query.period == "previous":
        return read_previous(limits, known, call.now)
    return read_current(limits, known, call.now)


def _run(call: Call, container: Container) -> Response:
    run = container.usage.find_run(call.path["tenant"], call.path["run"])
    if run is None:
        raise NotFound(f"run {call.path['run']!r} does not exist")
    taken = taken_by_children(container.usage, call.caller.tenant_id, [run])
    return json_response(RunResponse.of(run, call.now, taken.get(run.id)))


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/plans",
        summary="The plan catalog",
        handle=_plans,
        needs=None,
        response=PlansResponse,
    ),
    Route(
        method="GET",
        path="/api/v1/health",
        summary="Health of the service, and the lag of the fold",
        handle=_health,
        needs=None,
        response=HealthResponse,
    ),
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/usage",
        summary="Usage, limits, forecast and billing: now, in the previous period, or in any interval",
        handle=_usage,
        needs="usage:read",
        response=UsageResponse,
        query=UsageQuery,
    ),
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/runs/<path:run>",
        summary="One run",
        handle=_run,
        needs="usage:read",
        response=RunResponse,
    ),
)
