"""The routes by which the platform reads and replaces its plans."""

from typing import Annotated, Self

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plan_file import MAX_PLANS, PlanTable, read_plans
from shared.http.bodies import read_body, read_query
from shared.http.platform.dry_runs import DryRunQuery
from shared.http.reasons import FreeReason
from shared.http.responses import ResponseModel
from shared.http.routes import Call, Container, Example, Route, json_response
from shared.usecases.limits.manage_plans import PlanChanges

_NAME_CHARS = 32
_PATH = "/api/v1/platform/plans"


class PlatformPlansBody(BaseModel):
    """All plans from the smallest to the largest, and their aliases. Exactly one has no price: `free`."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(strict=True, ge=0, le=2**53)] = Field(
        description="The version that was read. If it is not the newest, nothing changes (`changed_meanwhile`)."
    )
    plans: list[PlanTable] = Field(max_length=MAX_PLANS)
    aliases: dict[str, Annotated[str, Field(max_length=_NAME_CHARS)]] = Field(
        default={}, description="Other names, each for a plan or for another alias."
    )
    reason: FreeReason = ""

    @property
    def catalog(self) -> PlanCatalog:
        """The plans; raises InvalidInput with all problems."""
        return read_plans([plan.model_dump() for plan in self.plans], self.aliases)


class PlatformPlansResponse(ResponseModel):
    """All plans, as they can be sent back, and the version of each."""

    version: int
    plans: list[PlanTable]
    aliases: dict[str, str]
    plan_versions: dict[str, int] = Field(
        description="The newest version of each plan, which new tenants and new subscriptions get."
    )


class TenantsOnVersion(ResponseModel):
    """How many tenants have a version of a plan."""

    version: int
    tenants: int


class PlanChangeResponse(ResponseModel):
    """A plan that is added, changed or removed."""

    plan: str
    version: int | None = Field(description="Its version from now on; null if it is removed.")
    what: list[str] = Field(description="A sentence for each difference.")
    tenants: list[TenantsOnVersion] = Field(
        description="The tenants that have it, which keep their versions."
    )


class PlanChangesResponse(ResponseModel):
    """The differences from the plans before; without any, there is no new version."""

    version: int
    plans: list[PlanChangeResponse]
    others: list[str] = Field(description="A sentence for each difference that concerns no single plan.")

    @classmethod
    def of(cls, changes: PlanChanges) -> Self:
        """Return the response about `changes`."""
        return cls(
            version=changes.version,
            plans=[
                PlanChangeResponse(
                    plan=each.plan,
                    version=each.version,
                    what=list(each.what),
                    tenants=[TenantsOnVersion(version=v, tenants=n) for v, n in each.tenants.items()],
                )
                for each in changes.plans
            ],
            others=list(changes.others),
        )


def _plans(_call: Call, container: Container) -> Response:
    catalog = container.plan_manager.read()
    response = PlatformPlansResponse(
        version=catalog.version,
        plans=[PlanTable.of(plan) for plan in catalog.plans],
        aliases=dict(catalog.aliases),
        plan_versions={plan.id: plan.version for plan in catalog.plans},
    )
    return json_response(response)


def _replace(call: Call, container: Container) -> Response:
    query, body = read_query(call.request, DryRunQuery), read_body(call.request, PlatformPlansBody)
    manager, offered = container.plan_manager, body.catalog
    if query.dry_run:
        return json_response(PlanChangesResponse.of(manager.preview(offered, call.now, body.version)))
    change = call.change.because(body.reason)
    return json_response(PlanChangesResponse.of(manager.replace(offered, change, body.version)))


_EXAMPLE = {
    "version": 0,
    "plans": [
        {"id": "free", "name": "Free", "tokens": 50_000, "runs": 10},
        {
            "id": "starter",
            "name": "Starter",
            "tokens": 600_000,
            "runs": 100,
            "provider_cost_usd": "49.00",
            "prices": {"month": "29.00", "year": "290.00"},
        },
    ],
    "aliases": {"small": "starter"},
}

ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        summary="The platform's plans, with the hidden ones",
        handle=_plans,
        needs="prices:write",
        response=PlatformPlansResponse,
    ),
    Route(
        method="PUT",
        path=_PATH,
        summary="Replace the platform's plans; tenants keep their versions",
        handle=_replace,
        needs="prices:write",
        response=PlanChangesResponse,
        body=PlatformPlansBody,
        query=DryRunQuery,
        examples={"a larger plan": Example(_EXAMPLE)},
    ),
)
