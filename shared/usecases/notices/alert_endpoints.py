"""Add, change, test and remove the webhook endpoints of a tenant; each change leaves an audit entry."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.errors import Conflict, NotFound
from shared.domain.notices.endpoints import MAX_ENDPOINTS, Endpoint, new_secret, valid_url
from shared.domain.notices.entries import DailyQuota, Outgoing, refuse_used_up, webhook_entry
from shared.domain.notices.outbox import OutboxEntry
from shared.domain.notices.webhooks import Notice, WebhookFormat
from shared.domain.people.audit import Change
from shared.domain.people.tenants import Tenant
from shared.ports import Endpoints, Outbox, StaleOutbox

MAX_TESTS_PER_DAY: Final = 100
_ID_BYTES = 10


@dataclass(frozen=True, slots=True)
class EndpointRequest:
    """An endpoint to add."""

    url: str
    format: WebhookFormat
    allow_local: bool


def add_endpoint(endpoints: Endpoints, tenant: Tenant, request: EndpointRequest, change: Change) -> Endpoint:
    """Return a new endpoint. Raise InvalidInput for a bad address, Conflict at the maximum number."""
    url = valid_url(request.url, allow_local=request.allow_local)
    known = endpoints.list_endpoints(tenant.id)
    if len(known) >= MAX_ENDPOINTS:
        message = f"this tenant has {MAX_ENDPOINTS} webhook endpoints, the maximum: remove one first"
        raise Conflict(message, code="too_many_endpoints")
    endpoint = Endpoint(
        id=f"ep_{secrets.token_hex(_ID_BYTES)}",
        tenant_id=tenant.id,
        url=url,
        format=request.format,
        secret=new_secret(),
        created_at=change.at,
        created_by=change.actor,
    )
    endpoints.add_endpoint(endpoint, change.making(endpoint).entry(tenant.id, "endpoint.added", None, url))
    return endpoint


def find_endpoint(endpoints: Endpoints, tenant_id: str, endpoint_id: str) -> Endpoint:
    """Return an endpoint of the tenant. Raise NotFound."""
    is_safe = endpoint_id.isascii() and endpoint_id.replace("_", "").isalnum()
    found = endpoints.find_endpoint(tenant_id, endpoint_id) if is_safe else None
    if found is None:
        raise NotFound(f"this tenant has no webhook endpoint {endpoint_id[:64]!r}")
    return found


def rotate_secret(endpoints: Endpoints, endpoint: Endpoint, change: Change) -> Endpoint:
    """Return the endpoint with a new secret; the previous one signs too for a day."""
    rotated = endpoint.rotated(change.at)
    entry = change.making(rotated).entry(endpoint.tenant_id, "endpoint.secret_rotated", None, endpoint.url)
    endpoints.save_secrets(rotated, entry)
    return rotated


def enable_endpoint(endpoints: Endpoints, endpoint: Endpoint, change: Change) -> Endpoint:
    """Return the endpoint, enabled again."""
    enabled = endpoint.enabled()
    if enabled != endpoint:
        entry = change.entry(endpoint.tenant_id, "endpoint.enabled", endpoint.status, endpoint.url)
        endpoints.save_health(enabled, entry)
    return enabled


def remove_endpoint(endpoints: Endpoints, endpoint: Endpoint, change: Change) -> None:
    """Remove an endpoint. What is on its way to it is not delivered."""
    entry = change.entry(endpoint.tenant_id, "endpoint.removed", endpoint.url, None)
    endpoints.remove_endpoint(endpoint, entry)


def send_test(outbox: Outbox, endpoint: Endpoint, now: datetime) -> OutboxEntry:
    """Queue a test message for an endpoint. Raise Conflict if it is disabled, or after too many tests in a day."""
    if endpoint.disabled_at is not None:
        raise Conflict("this endpoint is disabled: enable it first", code="endpoint_disabled")
    notice = Notice(
        type="endpoint.test",
        tenant_id=endpoint.tenant_id,
        cause=secrets.token_hex(_ID_BYTES),
        at=now,
        text="This is a test of your webhook endpoint.",
        data={"endpoint_id": endpoint.id},
    )
    entry = webhook_entry(notice, endpoint, now)
    quota = DailyQuota(f"tests of {endpoint.tenant_id}", now.date(), MAX_TESTS_PER_DAY)
    uses = outbox.read_quotas([quota])
    refuse_used_up(uses)
    try:
        outbox.add_entries(Outgoing(entries=[entry], quotas=uses))
    except StaleOutbox as error:
        raise Conflict("another test of this tenant was just sent: try again", code="conflict") from error
    return entry
