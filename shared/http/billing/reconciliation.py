"""The route that compares a tenant's billing with Stripe, and repairs it."""

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.http.bodies import read_body
from shared.http.reasons import OptionalReason, reasoned
from shared.http.responses import ResponseModel
from shared.http.routes import Call, Container, Example, Route, json_response
from shared.usecases.billing.reconcile_billing import reconcile_tenant, repair_tenant

_STRIPE_SECONDS = 25.0
"""Enough for hundreds of invoices, and less than a browser's patience."""


class ReconciliationBody(BaseModel):
    """The choice between a report and a repair. A repair is a change, for which an operator gives a reason."""

    model_config = ConfigDict(extra="forbid")

    repair: bool = Field(False, strict=True, description="Store what Stripe says.")
    reason: OptionalReason = ""


class ReconciliationResponse(ResponseModel):
    """The differences between the stored billing and Stripe's."""

    differences: list[str] = Field(description="A sentence for each difference that was found.")
    left: list[str] = Field(
        description="Those that a repair could not remove; all of them if none was asked for."
    )
    repaired: bool = Field(description="True if there were differences and none is left.")


def _reconcile(call: Call, container: Container) -> Response:
    body = read_body(call.request, ReconciliationBody)
    billing, tenant_id = container.billing, call.caller.tenant_id
    change = reasoned(call, body.reason) if body.repair else None
    _ = billing.stripe  # without a key, a complaint even about a tenant that never paid
    with billing.within(_STRIPE_SECONDS):
        if change is None:
            found = left = reconcile_tenant(billing, tenant_id, repair=False, now=call.now)
        else:
            found = repair_tenant(billing, tenant_id, change)
            left = reconcile_tenant(billing, tenant_id, repair=False, now=call.now) if found else []
    return json_response(
        ReconciliationResponse(differences=found, left=left, repaired=bool(found) and not left)
    )


ROUTES = (
    Route(
        method="POST",
        path="/api/v1/tenants/<tenant>/reconcile",
        summary="Compare a tenant's billing with Stripe, and repair it if asked",
        handle=_reconcile,
        needs="tenants:write",
        response=ReconciliationResponse,
        body=ReconciliationBody,
        examples={"a repair": Example({"repair": True, "reason": "a webhook was lost"})},
    ),
)
