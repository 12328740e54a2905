"""Owns the API of events: what happened, newest first."""

from tools.stripe_double.account import Account, StripeObject
from tools.stripe_double.pagination import list_page
from tools.stripe_double.parameters import LISTING, RETRIEVE, Params, Schema, each, flag, text
from tools.stripe_double.routes import Route

_LIST = Schema({**LISTING, "delivery_success": flag, "type": text, "types": each(text, most=20)})


def list_all(account: Account, params: Params) -> StripeObject:
    """List events, by type and by whether their webhook has arrived."""

    def fits(one: StripeObject) -> bool:
        types = params.get("types", [params["type"]] if "type" in params else None)
        delivered = one["pending_webhooks"] == 0
        return (types is None or any(_matches(one["type"], wanted) for wanted in types)) and params.get(
            "delivery_success", delivered
        ) == delivered

    return list_page(account, "event", params, fits)


def _matches(event_type: str, wanted: str) -> bool:
    return event_type.startswith(wanted[:-1]) if wanted.endswith(".*") else event_type == wanted


def retrieve(account: Account, _params: Params, event_id: str) -> StripeObject:
    """Return an event as it was sent."""
    return account.find("event", event_id)


ROUTES = (
    Route(method="GET", path="/v1/events", schema=_LIST, answer=list_all),
    Route(method="GET", path="/v1/events/<event_id>", schema=RETRIEVE, answer=retrieve),
)
