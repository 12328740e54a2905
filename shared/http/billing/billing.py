"""The routes of Checkout, of the portal and of invoices."""

from typing import Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.http.bodies import read_body, read_query
from shared.http.inputs import PageQuery
from shared.http.invoice_models import InvoiceResponse
from shared.http.responses import ResponseModel
from shared.http.routes import Call, Container, Example, Route, json_response
from shared.usecases.billing.start_checkout import Purchase, ReturnPages, open_portal, start_checkout

STRIPE_SECONDS = 13.0
"""Of the fifteen that a click on a plan may take."""


class CheckoutBody(BaseModel):
    """The plan to subscribe to."""

    model_config = ConfigDict(extra="forbid")

    plan: str = Field(min_length=1, max_length=64)
    interval: Literal["month", "year"] = "month"


class PortalBody(BaseModel):
    """An empty body: the caller cannot choose the page that the portal returns to."""

    model_config = ConfigDict(extra="forbid")


class UrlResponse(ResponseModel):
    """The URL to send the browser to."""

    url: str


class InvoicesResponse(ResponseModel):
    """A page of invoices, newest first."""

    invoices: list[InvoiceResponse]
    next_cursor: str | None


def _checkout(call: Call, container: Container) -> Response:
    body = read_body(call.request, CheckoutBody)
    purchase = Purchase(
        tenant_id=call.path["tenant"],
        plan=body.plan,
        interval=body.interval,
        trial_days=container.config.trial_days,
        # A trial is claimed by the address of a member: an operator has none of the tenant's.
        email=call.identity.email if call.identity and call.caller.member else None,
    )
    pages = ReturnPages(container.config.web_origin, purchase.tenant_id)
    with container.billing.within(STRIPE_SECONDS):
        url = start_checkout(container.billing, pages, purchase, call.now)
    return json_response(UrlResponse(url=url))


def _portal(call: Call, container: Container) -> Response:
    read_body(call.request, PortalBody)
    pages = ReturnPages(container.config.web_origin, call.path["tenant"])
    with container.billing.within(STRIPE_SECONDS):
        url = open_portal(container.billing, pages, call.path["tenant"])
    return json_response(UrlResponse(url=url))


def _invoices(call: Call, container: Container) -> Response:
    query = read_query(call.request, PageQuery)
    page = container.billing.store.list_invoices(call.path["tenant"], limit=query.limit, cursor=query.cursor)
    with_links = "billing:write" in call.caller.permissions
    invoices = [InvoiceResponse.of(row, with_links=with_links) for row in page.items]
    return json_response(InvoicesResponse(invoices=invoices, next_cursor=page.next_cursor))


_TENANT = "/api/v1/tenants/<tenant>"
ROUTES = (
    Route(
        method="POST",
        path=f"{_TENANT}/checkout-sessions",
        summary="Start a Checkout session",
        handle=_checkout,
        needs="billing:write",
        response=UrlResponse,
        body=CheckoutBody,
        examples={"a yearly plan": Example({"plan": "starter", "interval": "year"})},
    ),
    Route(
        method="POST",
        path=f"{_TENANT}/portal-sessions",
        summary="Start a portal session",
        handle=_portal,
        needs="billing:write",
        response=UrlResponse,
        body=PortalBody,
    ),
    Route(
        method="GET",
        path=f"{_TENANT}/invoices",
        summary="List invoices, newest first",
        handle=_invoices,
        needs="usage:read",
        response=InvoicesResponse,
        query=PageQuery,
    ),
)
