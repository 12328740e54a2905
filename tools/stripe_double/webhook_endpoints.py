"""Owns the API of webhook endpoints: where events go, and which; the secret is told once."""

import secrets

from tools.stripe_double.account import CURRENT_VERSION, Account, StripeObject, merged_metadata
from tools.stripe_double.delivery import WebhookEndpoint
from tools.stripe_double.pagination import list_equal
from tools.stripe_double.parameters import (
    EXPAND,
    PAGING,
    RETRIEVE,
    Params,
    Schema,
    clearable,
    each,
    flag,
    metadata,
    one_of,
    text,
    web_address,
)
from tools.stripe_double.refusals import invalid
from tools.stripe_double.routes import Route

_FIELDS = {
    **EXPAND,
    "description": clearable(text),
    "enabled_events": each(text, most=300),
    "metadata": metadata,
    "url": web_address,
}
_CREATE = Schema({**_FIELDS, "api_version": one_of(CURRENT_VERSION)}, required=("enabled_events", "url"))
_UPDATE = Schema({**_FIELDS, "disabled": flag})
_LIST = Schema(PAGING)


def create(account: Account, params: Params) -> StripeObject:
    """Add an endpoint and return it with its secret, which is never shown again."""
    _require_events(params)
    fields = {name: params.get(name) for name in ("api_version", "description")}
    fields |= {"application": None, "enabled_events": params["enabled_events"], "status": "enabled"}
    fields |= {"metadata": merged_metadata({}, params.get("metadata", {})), "url": params["url"]}
    endpoint = account.add("webhook_endpoint", fields)
    secret = account.endpoint_secrets[endpoint["id"]] = f"whsec_{secrets.token_urlsafe(24)}"
    return {**endpoint, "secret": secret}


def _require_events(params: Params) -> None:
    if not params.get("enabled_events", ["*"]):
        raise invalid("You must enable at least one event.", param="enabled_events")


def update(account: Account, params: Params, endpoint_id: str) -> StripeObject:
    """Change what is given."""
    endpoint = account.find("webhook_endpoint", endpoint_id)
    _require_events(params)
    endpoint.update(
        {name: params[name] for name in ("description", "enabled_events", "url") if name in params}
    )
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    endpoint["metadata"] = merged_metadata(endpoint["metadata"], params.get("metadata", {}))
    return endpoint


def delete(account: Account, _params: Params, endpoint_id: str) -> StripeObject:
    """Remove an endpoint; what it has not taken yet is not sent any more."""
    account.find("webhook_endpoint", endpoint_id)
    tombstone = {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}
    account.objects["webhook_endpoint"][endpoint_id] = tombstone
    return tombstone


def subscribed(account: Account, event_type: str) -> list[WebhookEndpoint]:
    """Return the endpoints that want events of a type."""
    return [
        WebhookEndpoint(one["url"], account.endpoint_secrets[one["id"]], one["id"])
        for one in list(account.objects["webhook_endpoint"].values())
        if one.get("status") == "enabled" and {"*", event_type} & set(one["enabled_events"])
    ]


def list_all(account: Account, params: Params) -> StripeObject:
    """List the endpoints."""
    return list_equal(account, "webhook_endpoint", params, ())


def retrieve(account: Account, _params: Params, endpoint_id: str) -> StripeObject:
    """Return an endpoint, without its secret."""
    return account.find("webhook_endpoint", endpoint_id)


_PATH = "/v1/webhook_endpoints"
ROUTES = (
    Route(method="POST", path=_PATH, schema=_CREATE, answer=create),
    Route(method="GET", path=_PATH, schema=_LIST, answer=list_all),
    Route(method="GET", path=f"{_PATH}/<endpoint_id>", schema=RETRIEVE, answer=retrieve),
    Route(method="POST", path=f"{_PATH}/<endpoint_id>", schema=_UPDATE, answer=update),
    Route(method="DELETE", path=f"{_PATH}/<endpoint_id>", schema=Schema({}), answer=delete),
)
