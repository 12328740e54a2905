"""Sign and post webhooks as Stripe does."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stripe import WebhookSignature
from werkzeug.test import TestResponse

from shared.stores import process_memory
from tests.audit_trail import trail_of
from tests.golden.stripe_payloads import webhooks
from tests.http.serving import Functions
from tests.outgoing_fixtures import mails_of

SECRET = "whsec_current"
OLD_SECRET = "whsec_previous"
CREATED: dict[str, Any] = webhooks("endive")[1]
"""The event of the golden subscription of tenant acme, to starter."""
SUBSCRIPTION: dict[str, Any] = CREATED["data"]["object"]


def signed(body: str | bytes, secret: str = SECRET, *, age_seconds: int = 0) -> dict[str, str]:
    """Return Stripe's headers for `body`; signatures contain the machine's time, because receivers check it."""
    text = body if isinstance(body, str) else body.decode()
    at = int(time.time()) - age_seconds
    header = WebhookSignature.generate_signature_header(text, secret, at)
    return {"Stripe-Signature": header, "Content-Type": "application/json; charset=utf-8"}


def post(functions: Functions, body: str | bytes, headers: Mapping[str, str]) -> TestResponse:
    """Return the function's response."""
    return functions.stripe_webhook.post("/", data=body, headers=dict(headers))


def send(functions: Functions, payload: object, secret: str = SECRET) -> TestResponse:
    """Return the function's response to a payload with a valid signature."""
    body = json.dumps(payload, indent=2)
    return post(functions, body, signed(body, secret))


def event(kind: str, stripe_object: object, event_id: str = "evt_test", **fields: Any) -> dict[str, Any]:
    """Return an event of this moment."""
    now = int(datetime.now(UTC).timestamp())
    envelope = {"id": event_id, "object": "event", "type": kind, "created": now, "livemode": False}
    return {**envelope, "api_version": "2026-10-28.endive", "data": {"object": stripe_object}, **fields}


def stored_state() -> tuple[Any, ...]:
    """Return everything that a webhook could change."""
    store = process_memory()
    read = store.read_account("acme")
    invoices = store.list_invoices("acme", limit=100).items
    return read, invoices, trail_of(store), dict(store.alerts), mails_of(store)


def nothing_is_stored(event_id: str = CREATED["id"]) -> None:
    """Check that neither the event nor any effect of it is stored."""
    assert process_memory().find_owner(event_id, SUBSCRIPTION["customer"]) == (None, None)
    assert [each.action for each in trail_of(process_memory())] == ["tenant.created"]


def plan() -> str:
    """Return the plan of tenant acme."""
    tenant = process_memory().find_tenant("acme")
    assert tenant is not None
    return tenant.plan
