"""Owns what Stripe does to the webhook function: it signs a body and posts it."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stripe import WebhookSignature
from werkzeug.test import TestResponse

from shared.bootstrap import process_memory
from tests.audit_trail import trail_of
from tests.golden.stripe_payloads import webhooks
from tests.http.serving import Functions

SECRET = "whsec_current"
OLD_SECRET = "whsec_former"
CREATED: dict[str, Any] = webhooks("endive")[1]
"""The golden subscription of tenant acme is paid: plan starter."""
SUBSCRIPTION: dict[str, Any] = CREATED["data"]["object"]


def signed(body: str | bytes, secret: str = SECRET, *, age_seconds: int = 0) -> dict[str, str]:
    """The headers with which Stripe sends `body`; signatures tell the machine's time, as receivers check it."""
    text = body if isinstance(body, str) else body.decode()
    at = int(time.time()) - age_seconds
    header = WebhookSignature.generate_signature_header(text, secret, at)
    return {"Stripe-Signature": header, "Content-Type": "application/json; charset=utf-8"}


def post(functions: Functions, body: str | bytes, headers: Mapping[str, str]) -> TestResponse:
    """What the function answers."""
    return functions.stripe_webhook.post("/", data=body, headers=dict(headers))


def send(functions: Functions, payload: object, secret: str = SECRET) -> TestResponse:
    """What the function answers to a payload with a good signature."""
    body = json.dumps(payload, indent=2)
    return post(functions, body, signed(body, secret))


def event(kind: str, stripe_object: object, event_id: str = "evt_test", **fields: Any) -> dict[str, Any]:
    """An event of now."""
    now = int(datetime.now(UTC).timestamp())
    told = {"id": event_id, "object": "event", "type": kind, "created": now, "livemode": False}
    return {**told, "api_version": "2026-10-28.endive", "data": {"object": stripe_object}, **fields}


def trace() -> tuple[Any, ...]:
    """All that a webhook could leave behind."""
    store = process_memory()
    read = store.read_account("acme")
    invoices = store.list_invoices("acme", limit=100).items
    return read, invoices, trail_of(store), dict(store.alerts), list(store.mails)


def nothing_is_stored(event_id: str = CREATED["id"]) -> None:
    """Neither the event nor any effect of it."""
    assert process_memory().find_owner(event_id, SUBSCRIPTION["customer"]) == (False, None)
    assert [each.action for each in trail_of(process_memory())] == ["tenant.created"]


def plan() -> str:
    """The plan of tenant acme."""
    tenant = process_memory().find_tenant("acme")
    assert tenant is not None
    return tenant.plan
