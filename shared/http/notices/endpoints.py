"""Routes of a tenant's webhook endpoints and of what was delivered to them."""

from datetime import datetime
from typing import Annotated

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.domain.notices.endpoints import MAX_URL_CHARS, Endpoint, EndpointStatus
from shared.domain.notices.outbox import EntryState, OutboxEntry
from shared.domain.notices.webhooks import WebhookFormat, WebhookMessage, WebhookType
from shared.domain.people.audit import Change
from shared.http.bodies import read_body, read_query
from shared.http.idempotency import Creation, IdempotencyHeaders, create_once
from shared.http.inputs import PageQuery
from shared.http.responses import ResponseModel
from shared.http.routes import Call, Container, Example, Route, empty_response, json_response
from shared.usecases.notices.alert_endpoints import (
    EndpointRequest,
    add_endpoint,
    enable_endpoint,
    find_endpoint,
    remove_endpoint,
    rotate_secret,
    send_test,
)


class NewEndpointBody(BaseModel):
    """A webhook endpoint to add."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: Annotated[
        str,
        Field(
            max_length=MAX_URL_CHARS,
            description="A public https address; redirects are not followed.",
            json_schema_extra={"format": "uri"},
        ),
    ]
    format: WebhookFormat = Field(
        "json",
        description="`json`: signed JSON as in Standard Webhooks; `slack`: `{text}`, which Slack shows.",
    )


class NothingBody(BaseModel):
    """An empty body."""

    model_config = ConfigDict(extra="forbid")


class EndpointResponse(ResponseModel):
    """A webhook endpoint without its secret."""

    id: str
    url: str
    format: WebhookFormat
    status: EndpointStatus = Field(
        description="`failing`: it has failed since its last success; after three days it is disabled."
    )
    failing_since: datetime | None
    disabled_at: datetime | None
    created_at: datetime
    created_by: str
    previous_secret_until: datetime | None = Field(
        description="Until then, each webhook has a signature by the previous secret too."
    )

    @classmethod
    def of(cls, endpoint: Endpoint) -> "EndpointResponse":
        return cls(**{name: getattr(endpoint, name) for name in cls.model_fields})


class EndpointsResponse(ResponseModel):
    """The webhook endpoints of a tenant, oldest first."""

    endpoints: list[EndpointResponse]


class OneEndpointResponse(ResponseModel):
    """A webhook endpoint."""

    endpoint: EndpointResponse


class SecretResponse(ResponseModel):
    """A webhook endpoint with its secret, which is shown only once."""

    endpoint: EndpointResponse
    secret: str


class DeliveryResponse(ResponseModel):
    """A webhook for one endpoint, and how its delivery went."""

    id: str
    message_id: str = Field(description="The header `webhook-id`: the same at every attempt.")
    type: WebhookType
    status: EntryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    last_answer: str | None = Field(description="The endpoint's answer, or the reason why there was none.")

    @classmethod
    def of(cls, entry: OutboxEntry) -> "DeliveryResponse":
        message = entry.content
        if not isinstance(message, WebhookMessage):
            raise TypeError(f"entry {entry.id} is not a webhook")
        return cls(
            id=entry.id,
            message_id=message.message_id,
            type=message.type,
            status=entry.state,
            attempts=entry.attempts,
            created_at=entry.created_at,
            next_attempt_at=entry.next_attempt_at,
            last_answer=entry.last_answer,
        )


class OneDeliveryResponse(ResponseModel):
    """A webhook for one endpoint."""

    delivery: DeliveryResponse


class DeliveriesResponse(ResponseModel):
    """A page of an endpoint's webhooks, newest first."""

    deliveries: list[DeliveryResponse]
    next_cursor: str | None


def _endpoints(call: Call, container: Container) -> Response:
    found = container.endpoints.list_endpoints(call.caller.tenant_id)
    return json_response(EndpointsResponse(endpoints=[EndpointResponse.of(each) for each in found]))


def _add(call: Call, container: Container) -> Response:
    body = read_body(call.request, NewEndpointBody)
    request = EndpointRequest(body.url, body.format, allow_local=container.config.local_webhooks)

    def add(change: Change) -> Endpoint:
        return add_endpoint(container.endpoints, call.caller.tenant, request, change)

    return create_once(call, container, Creation(body, add, _with_secret))


def _remove(call: Call, container: Container) -> Response:
    remove_endpoint(container.endpoints, _named(call, container), call.change)
    return empty_response()


def _rotate(call: Call, container: Container) -> Response:
    body, endpoint = read_body(call.request, NothingBody), _named(call, container)

    def rotate(change: Change) -> Endpoint:
        return rotate_secret(container.endpoints, endpoint, change)

    return create_once(call, container, Creation(body, rotate, _with_secret))


def _with_secret(endpoint: Endpoint) -> SecretResponse:
    return SecretResponse(endpoint=EndpointResponse.of(endpoint), secret=endpoint.secret)


def _enable(call: Call, container: Container) -> Response:
    read_body(call.request, NothingBody)
    endpoint = enable_endpoint(container.endpoints, _named(call, container), call.change)
    return json_response(OneEndpointResponse(endpoint=EndpointResponse.of(endpoint)))


def _test(call: Call, container: Container) -> Response:
    read_body(call.request, NothingBody)
    entry = send_test(container.outbox, _named(call, container), call.now)
    return json_response(OneDeliveryResponse(delivery=DeliveryResponse.of(entry)))


def _deliveries(call: Call, container: Container) -> Response:
    query, endpoint = read_query(call.request, PageQuery), _named(call, container)
    page = container.outbox.list_deliveries(endpoint.id, limit=query.limit, cursor=query.cursor)
    deliveries = [DeliveryResponse.of(entry) for entry in page.items]
    return json_response(DeliveriesResponse(deliveries=deliveries, next_cursor=page.next_cursor))


def _named(call: Call, container: Container) -> Endpoint:
    """Return the endpoint in the path, which must be the tenant's."""
    return find_endpoint(container.endpoints, call.caller.tenant_id, call.path["endpoint"])


_ALL = "/api/v1/tenants/<tenant>/alert-endpoints"
_ONE = f"{_ALL}/<endpoint>"
ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        summary="Webhook endpoints",
        handle=_endpoints,
        needs="members:write",
        response=EndpointsResponse,
    ),
    Route(
        method="POST",
        path=_ALL,
        summary="Add a webhook endpoint",
        handle=_add,
        needs="members:write",
        response=SecretResponse,
        body=NewEndpointBody,
        headers=IdempotencyHeaders,
        examples={
            "a Slack channel": Example({"url": "https://hooks.slack.com/services/T/B/X", "format": "slack"})
        },
        status=201,
    ),
    Route(
        method="DELETE",
        path=_ONE,
        summary="Remove a webhook endpoint",
        handle=_remove,
        needs="members:write",
        status=204,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/secret",
        summary="Rotate the secret of a webhook endpoint",
        handle=_rotate,
        needs="members:write",
        response=SecretResponse,
        body=NothingBody,
        headers=IdempotencyHeaders,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/enable",
        summary="Enable a webhook endpoint again",
        handle=_enable,
        needs="members:write",
        response=OneEndpointResponse,
        body=NothingBody,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/test",
        summary="Send a test to a webhook endpoint",
        handle=_test,
        needs="members:write",
        response=OneDeliveryResponse,
        body=NothingBody,
        status=202,
    ),
    Route(
        method="GET",
        path=f"{_ONE}/deliveries",
        summary="Webhooks of an endpoint, newest first",
        handle=_deliveries,
        needs="members:write",
        response=DeliveriesResponse,
        query=PageQuery,
    ),
)
