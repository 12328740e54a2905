"""Our webhook endpoint in Stripe."""

from collections.abc import Mapping, Sequence
from typing import Any

import stripe

from shared.adapters.stripe_calls import all_pages, answer_of
from shared.ports import EndpointSync


def sync_endpoint(v1: Any, url: str, event_types: Sequence[str]) -> EndpointSync:
    """Create the endpoint at `url`, or repair the one that is there: enabled, and sent all `event_types`.

    A new endpoint gets objects in the API version of this stripe-python. Stripe cannot change that version later.
    """
    listed = answer_of(lambda: all_pages(v1.webhook_endpoints.list({"limit": 100})))
    found = next((each for each in listed if each["url"] == url), None)
    if found is None:
        wanted: Any = {
            "url": url,
            "enabled_events": list(event_types),
            "api_version": stripe.api_version,
            "description": "GWI Usage",
        }
        created = answer_of(lambda: v1.webhook_endpoints.create(wanted))
        return EndpointSync([f"created webhook endpoint {created.id}"], created.secret)
    if _is_served(found, event_types):
        return EndpointSync([])
    events = sorted({*found["enabled_events"], *event_types})
    repaired: Any = {"enabled_events": events, "disabled": False}
    answer_of(lambda: v1.webhook_endpoints.update(found["id"], repaired))
    return EndpointSync([f"repaired webhook endpoint {found['id']}"])


def _is_served(found: Mapping[str, Any], event_types: Sequence[str]) -> bool:
    sent = set(found["enabled_events"])
    return found["status"] == "enabled" and ("*" in sent or sent >= set(event_types))
