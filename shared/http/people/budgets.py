"""Routes of a tenant's budgets."""

from flask import Response
from pydantic import BaseModel, ConfigDict

from shared.domain.limits.budgets import OnUnreadable
from shared.http.bodies import read_body, read_query
from shared.http.budget_models import BudgetBody, BudgetResponse, BudgetsResponse
from shared.http.inputs import ReadVersion
from shared.http.routes import Call, Container, Example, Route, empty_response, json_response
from shared.usecases.limits.read_budgets import read_uses
from shared.usecases.people.manage_budgets import (
    existing_budget,
    remove_budget,
    set_budget,
    set_on_unreadable,
)


class RemovalQuery(BaseModel):
    """The version of the budget to remove."""

    model_config = ConfigDict(extra="forbid")

    version: ReadVersion = None


class UnreadableBody(BaseModel):
    """How checks are answered while usage cannot be read: `open` allows, `closed` denies."""

    model_config = ConfigDict(extra="forbid")

    on_unreadable: OnUnreadable


def _list(call: Call, container: Container) -> Response:
    return json_response(_budgets(call, container))


def _show(call: Call, container: Container) -> Response:
    return json_response(_budget(call, container))


def _set(call: Call, container: Container) -> Response:
    body = read_body(call.request, BudgetBody)
    request, change = body.request(call.path["budget"]), call.change.on_version(body.version)
    set_budget(container.directory, call.caller.tenant, request, change)
    return json_response(_budget(call, container))


def _remove(call: Call, container: Container) -> Response:
    change = call.change.on_version(read_query(call.request, RemovalQuery).version)
    remove_budget(container.directory, call.caller.tenant, call.path["budget"], change)
    return empty_response()


def _set_policy(call: Call, container: Container) -> Response:
    body = read_body(call.request, UnreadableBody)
    set_on_unreadable(container.directory, call.caller.tenant_id, body.on_unreadable, call.change)
    return json_response(_budgets(call, container))


def _budget(call: Call, container: Container) -> BudgetResponse:
    tenant, uses = read_uses(container.ledger, call.caller.tenant, call.now)
    return BudgetResponse.of(existing_budget(tenant, call.path["budget"]), uses)


def _budgets(call: Call, container: Container) -> BudgetsResponse:
    tenant, uses = read_uses(container.ledger, call.caller.tenant, call.now)
    budgets = [BudgetResponse.of(budget, uses) for budget in tenant.budgets]
    return BudgetsResponse(budgets=budgets, on_unreadable=tenant.on_unreadable)


_BUDGETS = "/api/v1/tenants/<tenant>/budgets"
_BUDGET = f"{_BUDGETS}/<budget>"
ROUTES = (
    Route(
        method="GET",
        path=_BUDGETS,
        summary="Budgets, and what is used of them",
        handle=_list,
        needs="usage:read",
        response=BudgetsResponse,
    ),
    Route(
        method="PUT",
        path="/api/v1/tenants/<tenant>/on-unreadable",
        summary="Set how checks are answered while usage cannot be read",
        handle=_set_policy,
        needs="members:write",
        response=BudgetsResponse,
        body=UnreadableBody,
        examples={"allow": Example({"on_unreadable": "open"})},
    ),
    Route(
        method="GET",
        path=_BUDGET,
        summary="One budget, and what is used of it",
        handle=_show,
        needs="usage:read",
        response=BudgetResponse,
    ),
    Route(
        method="PUT",
        path=_BUDGET,
        summary="Set a budget",
        handle=_set,
        needs="members:write",
        response=BudgetResponse,
        body=BudgetBody,
        examples={
            "five dollars a day for each user": Example(
                {"scope": {"user_id": "*"}, "amount_usd": "5.00", "window": "day"}
            ),
            "a feature": Example(
                {
                    "scope": {"tag": {"name": "feature", "value": "search"}},
                    "tokens": 1_000_000,
                    "window": "month",
                    "on_reach": "warn",
                }
            ),
        },
    ),
    Route(
        method="DELETE",
        path=_BUDGET,
        summary="Remove a budget",
        handle=_remove,
        needs="members:write",
        query=RemovalQuery,
        status=204,
    ),
)
