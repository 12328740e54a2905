"""The webhook that Stripe calls: its signature is verified on the raw body, before parsing."""

import logging

from flask import Response
from pydantic import BaseModel

from shared.domain.billing.stripe_events import NotAnEvent, StripeEvent
from shared.domain.errors import InvalidInput
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.http.bodies import parse_json_bytes, read_bytes
from shared.http.liveness import ALIVE
from shared.http.routes import MAX_BODY_BYTES, Call, Container, Route, json_response
from shared.usecases.billing.apply_stripe_event import DUPLICATE, UNOWNED, apply_stripe_event
from shared.usecases.billing.stripe_changes import read_stripe_event

LOGGER = logging.getLogger("gwi_usage")
TOLERANCE_SECONDS = 300
STRIPE_SECONDS = 8.0
"""Stripe resends what is not answered in time, and the store needs a part of the ten seconds too."""


class WebhookResponse(BaseModel):
    """The outcome of the event; Stripe reads only the status code."""

    outcome: str


def _webhook(call: Call, container: Container) -> Response:
    payload = read_bytes(call.request)
    _require_signature(payload, call.request.headers.get("Stripe-Signature"), container)
    body, event = parse_json_bytes(payload), None
    try:
        event = _event(body, container.plans())
        with container.billing.within(STRIPE_SECONDS):
            outcome = apply_stripe_event(container.billing, event, call.now)
    except Exception as error:
        container.stripe_failures.keep(body, event, error, call.now)
        raise
    if outcome == DUPLICATE:  # another delivery was applied, while this one may have failed before
        container.stripe_failures.remove(event.id)
    if outcome == UNOWNED:
        LOGGER.warning("%s %s belongs to a customer of no tenant", event.id, event.type)
    return json_response(WebhookResponse(outcome=outcome))


def _require_signature(payload: bytes, header: str | None, container: Container) -> None:
    if header is None:
        raise InvalidInput("the header Stripe-Signature is missing", code="invalid_signature")
    try:
        secrets = container.config.stripe_webhook_secrets
        if container.verify_signature(payload, header, secrets, TOLERANCE_SECONDS):
            return
    except UnicodeDecodeError as error:
        raise InvalidInput("the body is not UTF-8", code="malformed_json") from error
    message = f"the signature does not match, or is older than {TOLERANCE_SECONDS} seconds"
    raise InvalidInput(message, code="invalid_signature")


def _event(body: object, plans: PlanCatalog) -> StripeEvent:
    try:
        return read_stripe_event(body, plans)
    except NotAnEvent as error:
        raise InvalidInput(f"the body is not an event: {error.message}", code="not_an_event") from error


ROUTES = (
    ALIVE,
    Route(
        method="POST",
        path="/",
        summary="Receive a Stripe event",
        handle=_webhook,
        needs=None,
        response=WebhookResponse,
        max_body_bytes=MAX_BODY_BYTES,
    ),
)
