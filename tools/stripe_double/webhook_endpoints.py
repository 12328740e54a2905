"""Owns the API of webhook endpoints. They are kept and never served: events go to the configured one alone."""

import secrets

from tools.stripe_double.account import CURRENT_VERSION, Account, StripeObject, given
from tools.stripe_double.parameters import EXPAND, Params, Schema, each, flag, one_of, text, web_address
from tools.stripe_double.refusals import invalid
from tools.stripe_double.routes import Route, post

_FIELDS = {**EXPAND, "enabled_events": each(text, most=300), "url": web_address}
_CREATE = Schema(
    {**_FIELDS, "api_version": one_of(CURRENT_VERSION), "description": text},
    required=("enabled_events", "url"),
)
_UPDATE = Schema({**_FIELDS, "disabled": flag})


def create(account: Account, params: Params) -> StripeObject:
    """Add an endpoint and return it with its secret, which is never shown again."""
    _require_events(params)
    fields = {"api_version": None, "description": None, "status": "enabled"}
    fields |= given(params, "api_version", "description", "enabled_events", "url")
    endpoint = account.add("webhook_endpoint", fields)
    return {**endpoint, "secret": f"whsec_{secrets.token_urlsafe(24)}"}


def _require_events(params: Params) -> None:
    if not params.get("enabled_events", ["*"]):
        raise invalid("You must enable at least one event.", param="enabled_events")


def update(account: Account, params: Params, endpoint_id: str) -> StripeObject:
    """Change what is given."""
    endpoint = account.find("webhook_endpoint", endpoint_id)
    _require_events(params)
    endpoint.update(given(params, "enabled_events", "url"))
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    return endpoint


def delete(account: Account, _params: Params, endpoint_id: str) -> StripeObject:
    """Remove an endpoint."""
    account.find("webhook_endpoint", endpoint_id)
    del account.objects["webhook_endpoint"][endpoint_id]
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


ROUTES = (
    post("/v1/webhook_endpoints", _CREATE, create),
    post("/v1/webhook_endpoints/<endpoint_id>", _UPDATE, update),
    Route(method="DELETE", path="/v1/webhook_endpoints/<endpoint_id>", schema=Schema({}), answer=delete),
)
