"""The commands about notices: what needs the operator, and the webhook endpoints of tenants."""

from argparse import Namespace

from shared.container import Container
from shared.domain.errors import NotFound
from shared.domain.notices.endpoints import Endpoint
from shared.domain.notices.mails import Mail, OperatorNotice
from shared.domain.notices.outbox import OutboxEntry
from shared.domain.notices.webhooks import WebhookMessage
from shared.domain.people.tenants import Tenant
from shared.usecases.notices import alert_endpoints
from tools.admin.commands import Answer, change_of
from tools.admin.parsing import FROM_INPUT, read_secret


def list_alerts(container: Container, options: Namespace) -> Answer:
    """List the newest problems, and the newest mails and webhooks that were given up."""
    return Answer({"alerts": [_alert(each) for each in container.outbox.list_for_operator(options.limit)]})


def add_endpoint(container: Container, options: Namespace) -> Answer:
    """Add a webhook endpoint to a tenant."""
    url = read_secret("URL") if options.url == FROM_INPUT else options.url
    request = alert_endpoints.EndpointRequest(
        url, options.format, allow_local=container.config.local_webhooks
    )
    tenant, change = _tenant(container, options), change_of(container)
    made = alert_endpoints.add_endpoint(container.endpoints, tenant, request, change)
    return Answer({"endpoint": _endpoint(made), "secret": made.secret})


def list_endpoints(container: Container, options: Namespace) -> Answer:
    """List the webhook endpoints of a tenant."""
    found = container.endpoints.list_endpoints(_tenant(container, options).id)
    return Answer({"endpoints": [_endpoint(each) for each in found]})


def remove_endpoint(container: Container, options: Namespace) -> Answer:
    """Remove a webhook endpoint of a tenant."""
    found = alert_endpoints.find_endpoint(
        container.endpoints, _tenant(container, options).id, options.endpoint
    )
    alert_endpoints.remove_endpoint(container.endpoints, found, change_of(container))
    return Answer({"removed": _endpoint(found)})


def _tenant(container: Container, options: Namespace) -> Tenant:
    found = container.directory.find_tenant(options.tenant)
    if found is None:
        raise NotFound(f"tenant {options.tenant!r} does not exist")
    return found


def _endpoint(endpoint: Endpoint) -> dict[str, object]:
    return {"id": endpoint.id, "url": endpoint.url, "format": endpoint.format, "status": endpoint.status}


def _alert(entry: OutboxEntry) -> dict[str, object]:
    return {
        "at": entry.created_at.isoformat(),
        "tenant": entry.tenant_id,
        "kind": entry.kind,
        "state": entry.state,
        "what": _words(entry),
    }


def _words(entry: OutboxEntry) -> str:
    match entry.content:
        case OperatorNotice() as problem:
            return f"{problem.summary}: {problem.text}"
        case Mail() as mail:
            return f"mail to {mail.to}: {entry.last_answer}"
        case WebhookMessage() as message:
            return f"webhook {message.type} to {message.endpoint_id}: {entry.last_answer}"
        case notice:
            return f"notice {notice.type}: {entry.last_answer}"
