"""Messages on the tick's topic: fold what is new or the tenants that are named, or reconcile their billing."""

import base64
import logging
from collections.abc import Iterable
from typing import Literal

from cloudevents.http import CloudEvent
from pydantic import BaseModel, ConfigDict

from shared.domain.stripe_fields import InvalidStripeObject
from shared.http.app import Container
from shared.usecases.fold_usage import fold_all, fold_tenants
from shared.usecases.reconcile_billing import reconcile_tenant

LOGGER = logging.getLogger("gwi_usage")


class TickMessage(BaseModel):
    """The data of a message on the tick's topic; without tenants it means all of them."""

    model_config = ConfigDict(extra="forbid")

    job: Literal["fold", "reconcile"] = "fold"
    tenants: list[str] | None = None


def handle_tick(event: CloudEvent, container: Container) -> None:
    """Do the job. An error leaves the message unacknowledged, so Pub/Sub sends it again."""
    message = _message(event)
    if message is None:
        return
    if message.job == "reconcile":
        _reconcile(container, message.tenants)
    else:
        _fold(container, message.tenants)


def _fold(container: Container, tenant_ids: list[str] | None) -> None:
    now = container.clock()
    if tenant_ids is None:
        fold_all(container.usage, container.publisher, now)
    else:
        fold_tenants(container.usage, tenant_ids, now)


def _reconcile(container: Container, tenant_ids: Iterable[str] | None) -> None:
    """Let Stripe's word count for each tenant, and log what was otherwise."""
    if container.config.stripe_api_key is None:
        # Asked again it would be missing again.
        LOGGER.error("billing is not reconciled: STRIPE_API_KEY is missing")
        return
    for tenant_id in container.billing.store.list_tenants() if tenant_ids is None else tenant_ids:
        _reconcile_tenant(container, tenant_id)


def _reconcile_tenant(container: Container, tenant_id: str) -> None:
    try:
        drift = reconcile_tenant(container.billing, tenant_id, repair=True, now=container.clock())
    except InvalidStripeObject:
        # One object that nobody understands must not leave the other tenants unreconciled, today and every day.
        LOGGER.exception("billing of tenant %s is not reconciled", tenant_id)
        return
    for what in drift:
        LOGGER.warning("billing of tenant %s: %s", tenant_id, what)


def _message(event: CloudEvent) -> TickMessage | None:
    """The message, or None for one that is malformed: sent again it would be malformed again."""
    try:
        # A message that has only attributes comes without a data key.
        encoded = (event.data or {}).get("message", {}).get("data") or ""
        return TickMessage.model_validate_json(base64.b64decode(encoded) or b"{}")
    except (ValueError, TypeError, AttributeError):
        LOGGER.exception("a malformed tick message was dropped")
        return None
